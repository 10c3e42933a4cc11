from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.substrate.scale import Reader, compact, from_hex


@given(st.integers(0, 2**536 - 1))
def test_a_compact_number_is_read_back_and_nothing_is_left(number: int) -> None:
    read = Reader(compact(number))
    assert read.compact() == number
    read.end()


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "00"), (63, "fc"), (64, "0101"), (16383, "fdff"), (16384, "02000100"),
     (2**30 - 1, "feffffff"), (2**30, "0300000040"), (2**32, "070000000001")],
)  # fmt: skip
def test_compact_numbers_of_the_specification(number: int, written: str) -> None:
    assert compact(number).hex() == written


@given(st.binary(max_size=40), st.integers(0, 50))
def test_bytes_are_taken_or_the_end_is_told(data: bytes, size: int) -> None:
    read = Reader(data)
    if size > len(data):
        with pytest.raises(MalformedAnswer, match="too early"):
            read.take(size)
        return
    assert read.take(size) == data[:size]
    if size < len(data):
        with pytest.raises(MalformedAnswer, match="go on"):
            read.end()


def test_bytes_behind_their_length() -> None:
    assert Reader(compact(3) + b"abcd").sized() == b"abc"


@given(st.binary(max_size=40))
def test_hex_is_read_back(data: bytes) -> None:
    assert from_hex(f"0x{data.hex()}") == data


@pytest.mark.parametrize("value", [None, 7, "", "00", "0x0", "0xzz", "0x00 00", "0x 00", ["0x00"]])
def test_other_values_are_no_hex(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        from_hex(value)


def test_a_wrong_length_is_refused() -> None:
    with pytest.raises(MalformedAnswer, match="length"):
        from_hex("0x0000", 3)
