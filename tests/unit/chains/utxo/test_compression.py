"""How Core writes numbers, amounts (its own vectors, compress_tests.cpp) and scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import UnresolvedReason
from chains.utxo.compression import (
    MAX_AMOUNT,
    Malformed,
    Truncated,
    compress_script,
    decompress_amount,
    decompress_script,
    read_compact_size,
    read_varint,
    special_size,
    write_compact_size,
    write_varint,
)
from tests.fakes import utxo_snapshot as independent
from tests.nodes.regtest import EVERY_SCRIPT, P2PK_FULL, P2PK_NO_POINT, P2PK_SHORT

COIN, CENT = 10**8, 10**6


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (0, 0x0),
        (1, 0x1),
        (CENT, 0x7),
        (COIN, 0x9),
        (50 * COIN, 0x32),
        (21_000_000 * COIN, 0x1406F40),
    ],
)
def test_the_six_amounts_of_core(amount: int, code: int) -> None:
    assert decompress_amount(code) == amount
    assert independent.packed_amount(amount) == code


@given(st.integers(0, MAX_AMOUNT))
def test_an_amount_is_read_as_it_was_written(amount: int) -> None:
    assert decompress_amount(independent.packed_amount(amount)) == amount


@given(st.integers(0, 2**64 - 1))
def test_an_amount_is_right_or_refused(code: int) -> None:
    try:
        amount = decompress_amount(code)
    except Malformed:
        return
    assert 0 <= amount <= MAX_AMOUNT
    assert independent.packed_amount(amount) == code


def test_an_amount_above_63_bits_is_refused() -> None:
    with pytest.raises(Malformed, match="overflow"):
        decompress_amount(2**64 - 1)


@given(st.integers(0, 2**64 - 1), st.binary(max_size=3))
def test_a_varint_comes_back(number: int, rest: bytes) -> None:
    written = write_varint(number)
    assert written == independent.varint(number)
    assert read_varint(written + rest, 0) == (number, len(written))


def test_a_varint_of_more_than_64_bits_is_refused() -> None:
    assert read_varint(independent.varint(2**64 - 1), 0)[0] == 2**64 - 1
    for number in (2**64, 2**70, 2**200):
        with pytest.raises(Malformed, match="overflow") as caught:
            read_varint(independent.varint(number), 0)
        assert caught.value.reason is UnresolvedReason.MALFORMED_ANSWER


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff\xff"])
def test_a_varint_that_is_cut_is_refused(data: bytes) -> None:
    with pytest.raises(Truncated):
        read_varint(data, 0)


@given(st.integers(0, 2**64 - 1), st.binary(max_size=3))
def test_a_compact_size_comes_back(number: int, rest: bytes) -> None:
    written = write_compact_size(number)
    assert written == independent.compact(number)
    assert read_compact_size(written + rest, 0) == (number, len(written))
    with pytest.raises(Truncated):
        read_compact_size(written[:-1], 0)


@pytest.mark.parametrize(
    "data", [b"\xfd\xfc\x00", b"\xfe\xff\xff\x00\x00", b"\xff" + b"\xff" * 4 + b"\x00" * 4]
)
def test_a_compact_size_has_one_form(data: bytes) -> None:
    with pytest.raises(Malformed, match="shortest"):
        read_compact_size(data, 0)


def test_a_compact_size_has_64_bits() -> None:
    with pytest.raises(ValueError, match="64 bits"):
        write_compact_size(2**64)


@pytest.mark.parametrize("kind", sorted(EVERY_SCRIPT))
def test_a_script_comes_back_and_is_written_as_the_other_writer_does(kind: str) -> None:
    script = EVERY_SCRIPT[kind]
    packed = compress_script(script)
    assert packed == independent.packed_script(script)
    code, at = read_varint(packed, 0)
    assert decompress_script(code, packed[at:]) == script
    if code < 6:
        assert special_size(code) == len(packed) - at


def test_only_keys_that_are_points_are_packed() -> None:
    assert (compress_script(P2PK_SHORT)[0], compress_script(P2PK_FULL)[0] & 6) == (
        2 | compress_script(P2PK_SHORT)[0] & 1,
        4,
    )
    assert len(compress_script(P2PK_NO_POINT)) == 68


def test_an_uncompressed_key_that_is_no_point_is_refused() -> None:
    with pytest.raises(Malformed, match="not a point"):
        decompress_script(4, b"\x05" * 32)


@given(st.binary(max_size=80))
def test_any_script_comes_back(script: bytes) -> None:
    packed = compress_script(script)
    code, at = read_varint(packed, 0)
    assert decompress_script(code, packed[at:]) == script
