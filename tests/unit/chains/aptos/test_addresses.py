from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.aptos.addresses import canonical, encode
from chains.errors import AddressError


@given(st.binary(min_size=32, max_size=32))
def test_addresses_are_written_and_read(address: bytes) -> None:
    assert canonical(encode(address), {}) == address


def test_zeros_may_be_left_out_behind_0x_only() -> None:
    assert canonical("0x1", {}) == canonical("0x" + "0" * 63 + "1", {})
    for text in ("", "1", "0x", "0x" + "0" * 65, "0xg", "0x 1", "1" * 63):
        with pytest.raises(AddressError):
            canonical(text, {})
