from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import AddressError
from chains.starknet.addresses import ADDRESS_LIMIT, canonical, felt


@given(st.integers(1, ADDRESS_LIMIT - 1))
def test_leading_zeros_and_case_play_no_part(number: int) -> None:
    texts = [f"0x{number:x}", f"0x{number:064x}", f"{number:X}", f"0X{number:064X}"]
    assert {canonical(text, {}) for text in texts} == {number.to_bytes(32, "big")}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        "0",
        "0x0",
        hex(ADDRESS_LIMIT),
        "0x" + "0" * 65,
        "0xnothex",
        "-1",
        "1_0",
        " 1",
        "\uff11",
    ],
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        canonical(text, {})


@given(st.text())
def test_a_felt_is_hex_or_nothing(text: str) -> None:
    found = felt(text)
    assert found is None or 0 <= found < 1 << 256
