from __future__ import annotations

from hashlib import blake2b

import pytest
from bip_utils import (
    AdaByronIcarusAddrEncoder,
    AdaShelleyAddrEncoder,
    AdaShelleyAddrNetworkTags,
    AdaShelleyRewardAddrEncoder,
)
from hypothesis import given

from chains.cardano.addresses import canonical
from chains.cardano.ownership import fits, verifier
from chains.errors import AddressError, ForeignAddress
from tests.unit.chains.keys import ed25519_keys, rule
from tests.unit.chains.rules import row
from tests.vectors.listed_key_rows import enterprise
from tests.vectors.text_forms import bech32

# CIP-19's test vectors of main network addresses.
CIP19 = {
    "addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8": 6,
    "addr1w8phkx6acpnf78fuvxn0mkew3l0fd058hzquvz7w36x4gtcyjy7wx": 7,
    "addr1gx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer5pnz75xxcrzqf96k": 4,
}


@pytest.mark.parametrize(("text", "kind"), CIP19.items())
def test_the_examples_of_cip_19(text: str, kind: int) -> None:
    assert canonical(text, {})[0] == kind << 4 | 1
    judge = verifier(rule("cardano", "okx-raw"))
    assert judge(row(text)).reason == ("no-signature" if kind == 6 else "address-form")


@given(ed25519_keys, ed25519_keys)
def test_the_payment_part_decides(key: bytes, stake: bytes) -> None:
    digest = blake2b(key, digest_size=28).digest()
    base = canonical(AdaShelleyAddrEncoder.EncodeKey(key, pub_skey=stake), {})
    assert (base[0], base[1:29]) == (0x01, digest)
    assert fits(key, base)
    assert fits(key, canonical(enterprise(key), {}))
    assert fits(stake, base) == (stake == key)
    test = AdaShelleyAddrNetworkTags.TESTNET
    with pytest.raises(ForeignAddress):
        canonical(AdaShelleyAddrEncoder.EncodeKey(key, pub_skey=stake, net_tag=test), {})
    with pytest.raises(ForeignAddress):
        canonical(AdaShelleyRewardAddrEncoder.EncodeKey(key), {})


def test_byron_is_read_and_not_judged() -> None:
    text = AdaByronIcarusAddrEncoder.EncodeKey(bytes(32), chain_code=bytes(32))
    assert verifier(rule("cardano", "okx-raw"))(row(text)).reason == "address-form"


@pytest.mark.parametrize(
    "text",
    ["", "addr1", "Ae2\0", bech32("addr", b""), bech32("addr", b"\x61"),
     bech32("addr", b"\x91" * 29),
     bech32("addr", b"\x61" + bytes(27)), bech32("addr", b"\x61" + bytes(28), 0x2BC830A3)],
)  # fmt: skip
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
