from __future__ import annotations

import pytest
from bip_utils import EgldAddrEncoder
from hypothesis import given

from chains.errors import AddressError, ForeignAddress
from chains.multiversx import canonical
from tests.unit.chains.keys import ed25519_keys
from tests.vectors.text_forms import bech32


@given(ed25519_keys)
def test_an_address_is_the_key(key: bytes) -> None:
    text = EgldAddrEncoder.EncodeKey(key)
    assert canonical(text, {"bech32_hrp": "erd"}) == key
    with pytest.raises(ForeignAddress):
        canonical(text, {"bech32_hrp": "vibe"})


@pytest.mark.parametrize("text", ["", "foreign address", bech32("erd", bytes(31)), "erd1"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
