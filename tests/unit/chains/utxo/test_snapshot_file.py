from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.utxo.compression import Malformed, Truncated
from chains.utxo.snapshot_file import (
    PROBE_SIZE,
    SENTENCES,
    Fault,
    Header,
    Layout,
    database_order,
    parse_header,
    refuse,
)
from tests.fakes.utxo_snapshot import (
    REGTEST_MAGIC,
    Coin,
    header_v2,
    snapshot_old,
    snapshot_v2,
    varint,
)

BLOCK = bytes(range(32))


def coins(count: int) -> list[Coin]:
    source = random.Random(count)  # noqa: S311 (a sample)
    return [
        Coin(
            source.randbytes(32),
            source.randrange(3),
            100,
            is_coinbase=False,
            amount=source.randrange(10**9),
            script=source.randbytes(22),
        )
        for _ in range(count)
    ]


def test_the_header_of_version_2() -> None:
    header = parse_header(header_v2(BLOCK, 7))
    assert header == Header(Layout.V2, REGTEST_MAGIC, BLOCK, 7, 51)
    assert header.block_hash_hex == BLOCK[::-1].hex()


@pytest.mark.parametrize("count", [0, 1, 2, 10, 64, 65, 3_000])
@pytest.mark.parametrize("transactions", [None, 123_456])
def test_the_old_header_is_told_with_or_without_its_further_number(
    count: int, transactions: int | None
) -> None:
    written = snapshot_old(coins(count), BLOCK, transactions=transactions)
    header = parse_header(written[:PROBE_SIZE])
    assert header == Header(Layout.OLD, b"", BLOCK, count, 40 if transactions is None else 44)


@pytest.mark.parametrize("cut", [0, 4, 6, 20, 50])
def test_a_header_that_is_cut_is_refused(cut: int) -> None:
    with pytest.raises(Truncated):
        parse_header(header_v2(BLOCK, 7)[:cut])


def test_another_version_is_refused_by_its_number() -> None:
    with pytest.raises(Malformed, match="version 3"):
        parse_header(b"utxo\xff\x03\x00" + bytes(60))


@given(st.binary(min_size=200, max_size=400))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(Malformed):
        parse_header(b"\x99" + noise)


def test_a_damaged_old_file_is_refused() -> None:
    written = bytearray(snapshot_old(coins(30), BLOCK))
    written[40 + 36] = written[41 + 36] = 0xFF
    written[42 + 36 : 52 + 36] = b"\xff" * 10
    with pytest.raises(Malformed, match="known format"):
        parse_header(bytes(written))


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_the_order_of_the_database_is_that_of_the_bytes(one: int, other: int) -> None:
    assert (database_order(one) < database_order(other)) == (varint(one) < varint(other))


def test_every_fault_has_its_sentence_and_its_place() -> None:
    assert set(SENTENCES) == set(Fault)
    assert "near byte 1,234" in str(refuse(Fault.AMOUNT, 1234))
    assert isinstance(refuse(Fault.TRUNCATED, 0), Truncated)
    assert v2_is_not_taken_for_old()


def v2_is_not_taken_for_old() -> bool:
    return parse_header(snapshot_v2(coins(3), BLOCK)).layout is Layout.V2
