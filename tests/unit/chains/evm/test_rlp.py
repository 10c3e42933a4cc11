from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.evm.rlp import encode_list, encode_number, encode_text, number_of, spans
from tests.fakes import tries


@given(st.lists(st.binary(max_size=80), max_size=30))
def test_what_is_encoded_is_decoded(texts: list[bytes]) -> None:
    encoded = encode_list([encode_text(text) for text in texts])
    assert encoded == tries.rlp([*texts])
    assert [encoded[start:end] for start, end, _ in spans(encoded)] == texts


@given(st.integers(0, 2**256 - 1))
def test_numbers_come_back(number: int) -> None:
    encoded = encode_list([encode_number(number)])
    ((start, end, nested),) = spans(encoded)
    assert number_of(encoded[start:end]) == number
    assert not nested


def test_vectors_of_the_yellow_paper() -> None:
    assert encode_text(b"dog") == b"\x83dog"
    assert encode_list([encode_text(b"cat"), encode_text(b"dog")]) == b"\xc8\x83cat\x83dog"
    assert encode_number(0) == b"\x80"
    assert encode_number(1024) == b"\x82\x04\x00"
    lorem = b"Lorem ipsum dolor sit amet, consectetur adipisicing elit"
    assert encode_text(lorem) == b"\xb8\x38" + lorem


def test_a_nested_list_is_given_whole() -> None:
    encoded = tries.rlp([b"a", [b"b", b"c"]])
    assert [(encoded[start:end], nested) for start, end, nested in spans(encoded)] == [
        (b"a", False),
        (b"\xc2bc", True),
    ]


@pytest.mark.parametrize(
    "damaged",
    [
        b"", b"\x80", b"\xc1", b"\xc2\x80", b"\xc0\x80", b"\xc2\x81\x05", b"\xf8\x01\x80",
        b"\xc3\xb8\x01\x80", b"\xf9\x00\x38" + bytes(56), b"\xc3\x82ab\x80", b"\xc1\xb9",
        b"\xc2\x82a", b"\xc1\xc1",
    ],
)  # fmt: skip
def test_damage_is_refused(damaged: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        spans(damaged)


def test_numbers_have_no_leading_zeros() -> None:
    with pytest.raises(MalformedAnswer):
        number_of(b"\0\1")


@given(st.binary(max_size=200))
def test_no_bytes_at_all_make_it_do_anything_else(octets: bytes) -> None:
    try:
        found = spans(octets)
    except MalformedAnswer:
        return
    assert all(0 < start <= end <= len(octets) for start, end, _ in found)
