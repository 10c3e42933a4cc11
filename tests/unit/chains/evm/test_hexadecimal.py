from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer, UnresolvedReason
from chains.evm.hexadecimal import data, quantity, written

NEITHER: list[object] = [
    None,
    "",
    "0x",
    "17",
    1,
    1.0,
    True,
    "0X1",
    " 0x1",
    "0x1 ",
    "0x1\n",
    "-0x1",
    "0xg",
    [],
    {},
]


@given(number=st.integers(0, 2**256 - 1))
def test_quantity_reads_what_nodes_write(number: int) -> None:
    assert quantity(hex(number)) == number
    assert quantity(f"0x{number:064X}") == number


@pytest.mark.parametrize("value", [*NEITHER, "0x" + "1" * 65, "0x" + "\u0661"])
def test_what_is_no_quantity_is_never_a_zero(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        quantity(value)


@given(octets=st.binary(max_size=200))
def test_data_is_the_inverse_of_written(octets: bytes) -> None:
    assert data(written(octets)) == octets
    assert data(written(octets), len(octets)) == octets


@pytest.mark.parametrize("value", [v for v in NEITHER if v != "0x"] + ["0x1", "0x123"])
def test_what_is_no_data_is_refused(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        data(value)


@given(octets=st.binary(max_size=64), length=st.integers(0, 64))
def test_length_is_exact(octets: bytes, length: int) -> None:
    if len(octets) == length:
        assert data(written(octets), length) == octets
        return
    with pytest.raises(MalformedAnswer, match=f"where {length} are due"):
        data(written(octets), length)


@pytest.mark.parametrize("read", [quantity, data])
def test_null_is_a_missing_answer(read: object) -> None:
    assert callable(read)
    with pytest.raises(MalformedAnswer) as caught:
        read(None)
    assert caught.value.reason is UnresolvedReason.MISSING_ANSWER
