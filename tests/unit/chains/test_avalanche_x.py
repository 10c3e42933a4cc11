from __future__ import annotations

import pytest
from bip_utils import AvaxPChainAddrEncoder, AvaxXChainAddrEncoder
from hypothesis import given

from chains.avalanche_x import canonical
from chains.errors import AddressError, ForeignAddress
from chains.signatures import hash160
from tests.unit.chains.keys import secp256k1_keys, short

PUBLISHED = "X-avax1v88xtvkfmas5467c0zcdhsdxv42nm8d0gjmp5q"


@given(secp256k1_keys)
def test_an_address_is_the_hash_of_the_short_key(key: bytes) -> None:
    assert canonical(AvaxXChainAddrEncoder.EncodeKey(short(key)), {}) == hash160(short(key))
    with pytest.raises(ForeignAddress):
        canonical(AvaxPChainAddrEncoder.EncodeKey(short(key)), {})


@pytest.mark.parametrize("text", ["", "X-", PUBLISHED[2:], PUBLISHED[:-1] + "p", "X" + PUBLISHED])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})


def test_the_published_row() -> None:
    assert len(canonical(PUBLISHED, {"bech32_hrp": "avax"})) == 20
