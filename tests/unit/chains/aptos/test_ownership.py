from __future__ import annotations

from bip_utils import AptosAddrEncoder
from hypothesis import given

from chains.aptos.addresses import canonical
from chains.aptos.ownership import derive, verifier
from tests.unit.chains.keys import ed25519_keys, rule
from tests.unit.chains.rules import row
from tests.vectors.listed_key_rows import KEY, SIGNED


@given(ed25519_keys)
def test_an_address_is_the_hash_of_the_key_and_its_scheme(key: bytes) -> None:
    text = AptosAddrEncoder.EncodeKey(key)
    assert canonical(text, {}) == derive(key) == canonical(text[2:], {})
    assert canonical(AptosAddrEncoder.EncodeKey(key, trim_zeroes=True), {}) == derive(key)


def test_a_rotated_key_names_the_account_record() -> None:
    judge = verifier(rule("aptos", "okx-raw"))
    found = judge(row("0x1", SIGNED, key=KEY.hex(), owner1="0x" + derive(KEY).hex()))
    assert (found.word, found.reason) == ("key-only", "owner-signature")
    assert "authentication_key" in found.detail
