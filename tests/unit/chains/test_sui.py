from __future__ import annotations

import pytest
from bip_utils import SuiAddrEncoder
from hypothesis import given

from chains.errors import AddressError
from chains.sui import canonical, derive
from tests.unit.chains.keys import ed25519_keys


@given(ed25519_keys)
def test_an_address_is_the_hash_of_scheme_and_key(key: bytes) -> None:
    assert canonical(SuiAddrEncoder.EncodeKey(key), {}) == derive(key)


@pytest.mark.parametrize("text", ["", "0x2", "0x" + "ab" * 31, "0x" + "ab" * 33, "0x" + "gg" * 32])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
