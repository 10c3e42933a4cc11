from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import AddressError
from chains.sui.addresses import canonical, encode


@given(st.binary(min_size=32, max_size=32))
def test_addresses_are_written_and_read(address: bytes) -> None:
    assert canonical(encode(address), {}) == address


@pytest.mark.parametrize("text", ["", "0x2", "0x" + "ab" * 31, "0x" + "ab" * 33, "0x" + "gg" * 32])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
