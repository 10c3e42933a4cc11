from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import AddressError
from chains.solana.addresses import canonical, encode


@given(st.binary(min_size=32, max_size=32))
def test_round_trip(address: bytes) -> None:
    assert canonical(encode(address), {}) == address


@given(st.binary(min_size=1, max_size=50).filter(lambda data: len(data) != 32))
def test_other_lengths_are_no_addresses(data: bytes) -> None:
    with pytest.raises(AddressError):
        canonical(encode(data), {})


@pytest.mark.parametrize("text", ["", "1" * 31, "1" * 33, "0" * 44, "\0", "\ud800", "é" * 44])
def test_refusals(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})
