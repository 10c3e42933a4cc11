from __future__ import annotations

import pytest
from bip_utils import AlgoAddrEncoder
from hypothesis import given

from chains.algorand.addresses import canonical, sha512_256
from chains.errors import AddressError
from tests.unit.chains.keys import ed25519_keys

ZERO = "A" * 52 + "Y5HFKQ"


@given(ed25519_keys)
def test_an_address_is_the_key(key: bytes) -> None:
    assert canonical(AlgoAddrEncoder.EncodeKey(key), {}) == key


def test_the_hash_is_not_a_cut_off_sha_512() -> None:
    # FIPS 180-4, example of SHA-512/256 for "abc"
    assert sha512_256(b"abc").hex().startswith("53048e2681941ef99b2e29b76b4c7dab")


@pytest.mark.parametrize("text", ["", "x", ZERO.lower(), ZERO[:-1], ZERO + "A", "B" + ZERO[1:]])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
