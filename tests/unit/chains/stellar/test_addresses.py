from __future__ import annotations

import pytest
from bip_utils import XlmAddrEncoder, XlmAddrTypes
from hypothesis import given

from chains.errors import AddressError
from chains.stellar.addresses import canonical, encode
from tests.unit.chains.keys import ed25519_keys

ZERO = "GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF"


@given(ed25519_keys)
def test_an_address_is_the_key(key: bytes) -> None:
    text = XlmAddrEncoder.EncodeKey(key, addr_type=XlmAddrTypes.PUB_KEY)
    assert canonical(text, {}) == b"\x30" + key
    assert encode(b"\x30" + key) == text


def test_the_secret_seed_form_is_no_address() -> None:
    text = XlmAddrEncoder.EncodeKey(bytes(32), addr_type=XlmAddrTypes.PRIV_KEY)
    with pytest.raises(AddressError):
        canonical(text, {})


@pytest.mark.parametrize("text", ["", "G", ZERO.lower(), ZERO[:-1], ZERO[:-1] + "G", "\u017f" * 56])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
