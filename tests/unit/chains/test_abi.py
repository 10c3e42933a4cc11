from __future__ import annotations

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from chains.abi import decode_decimals, decode_symbol, read_bytes, read_word
from chains.abi import word as own_word
from chains.errors import MalformedAnswer
from tests.fakes.evm_ledger import abi_string, word


@given(text=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=80))
def test_abi_string_is_read_back(text: str) -> None:
    assert decode_symbol(abi_string(text)) == text


@given(text=st.text(alphabet="ABCxyz.₮0", min_size=1, max_size=10))
def test_padded_32_bytes_are_read(text: str) -> None:
    assert decode_symbol(text.encode().ljust(32, b"\0")) == text


@pytest.mark.parametrize(
    "output",
    [
        b"",
        bytes(31),
        bytes(33),
        b"\xff" * 32,
        b"\xff" * 96,
        word(32),
        word(32) + word(5) + b"USDT",
        word(64) + word(4) + b"USDT".ljust(32, b"\0"),
        word(31) + word(4) + b"USDT".ljust(32, b"\0"),
        word(32) + word(2) + b"\xff\xfe".ljust(32, b"\0"),
        word(2**255) * 3,
    ],
    ids=lambda output: f"{len(output)} bytes {output[:34].hex()[-8:]}",
)
def test_what_is_no_symbol_is_none(output: bytes) -> None:
    assert decode_symbol(output) is None


@given(output=st.binary(max_size=200))
def test_no_output_breaks_the_decoder(output: bytes) -> None:
    assert isinstance(decode_symbol(output), str | None)
    assert isinstance(decode_decimals(output), int | None)


@pytest.mark.parametrize(
    ("output", "decimals"),
    [
        (word(0), 0),
        (word(18), 18),
        (word(255), 255),
        (word(256), None),
        (b"\x12", None),
        (b"", None),
        (word(18) * 2, None),
    ],
)
def test_decimals_are_one_uint8(output: bytes, decimals: int | None) -> None:
    assert decode_decimals(output) == decimals


@given(st.integers(0, 2**256 - 1), st.binary(max_size=100))
def test_words_and_bytes_are_those_of_the_abi(number: int, data: bytes) -> None:
    coded = bytes(encode(["uint256", "bytes"], [number, data]))
    assert own_word(number) == coded[:32]
    assert read_word(coded, 0) == number
    assert read_bytes(coded, read_word(coded, 32)) == data


@pytest.mark.parametrize("output", [b"", bytes(31), word(1), word(33) + bytes(32)])
def test_bytes_that_break_off_are_refused(output: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        read_bytes(output, 0)
