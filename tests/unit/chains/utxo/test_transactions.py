from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.utxo.transactions import Cursor, Outpoint, Output, parse, skip
from tests.fakes.utxo_ledger import (
    ANYONE,
    entry,
    hash160,
    key_hash_unlocking,
    push,
    write_transaction,
)
from tests.fakes.utxo_scene import key, p2pkh, p2wpkh

# Block 0 of Bitcoin: its only transaction.
GENESIS = bytes.fromhex(
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d"
    "0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66"
    "207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe55"
    "48271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba"
    "0b8d578a4c702b6bf11d5fac00000000"
)
GENESIS_ID = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"

scripts = st.binary(max_size=80)
unlockings = st.tuples(scripts, st.lists(st.binary(max_size=80), max_size=3).map(tuple))
inputs = st.tuples(
    st.binary(min_size=32, max_size=32).map(bytes.hex), st.integers(0, 9), unlockings
)
outputs = st.tuples(st.integers(0, 21 * 10**14), scripts)


def test_the_first_transaction_of_bitcoin() -> None:
    found = parse(GENESIS)
    assert found.txid == GENESIS_ID
    assert found.spends == (Outpoint("00" * 32, 0xFFFFFFFF),)
    assert [output.value for output in found.outputs] == [50 * 10**8]


@given(st.lists(inputs, min_size=1, max_size=4), st.lists(outputs, max_size=4))
def test_what_is_written_is_read(
    spends: list[tuple[str, int, tuple[bytes, tuple[bytes, ...]]]],
    paid: list[tuple[int, bytes]],
) -> None:
    raw, txid = write_transaction(spends, paid)
    if len(raw) == 64:
        return
    found = parse(raw)
    assert found.txid == txid
    assert found.spends == tuple(Outpoint(one, index) for one, index, _ in spends)
    assert found.outputs == tuple(Output(value, script) for value, script in paid)
    for number, (_, script) in enumerate(paid):
        assert number in found.paid[script]


@given(st.data())
def test_a_shortened_transaction_is_never_the_same_one(data: st.DataObject) -> None:
    whole = entry([("ab" * 32, 1)], [(5, ANYONE), (7, p2pkh(1))])
    cut = whole.raw[: data.draw(st.integers(0, len(whole.raw) - 1))]
    try:
        assert parse(cut).txid != whole.txid
    except MalformedAnswer:
        return


@given(st.binary(max_size=300))
def test_any_bytes_are_a_transaction_or_malformed(raw: bytes) -> None:
    try:
        parse(raw)
    except MalformedAnswer:
        return


def test_bytes_of_two_hashes_are_refused() -> None:
    # Version, one input without script, one output with a script of 4 bytes: 64 bytes together.
    raw = entry([("ab" * 32, 0)], [(1, b"abcd")], unlocking=[(b"", ())]).raw
    assert len(raw) == 64
    with pytest.raises(MalformedAnswer, match="64 bytes"):
        parse(raw)


def test_a_promise_of_more_than_there_is_ends_at_once() -> None:
    raw = entry([("ab" * 32, 0)], [(1, ANYONE)]).raw
    with pytest.raises(MalformedAnswer, match="promises more"):
        parse(raw[:4] + b"\xff" * 9 + raw[5:])


@pytest.mark.parametrize("segwit", [False, True])
def test_an_input_shows_whose_it_is(segwit: bool) -> None:
    mine = p2wpkh(3) if segwit else p2pkh(3)
    raw = entry(
        [("ab" * 32, 4), ("cd" * 32, 1)],
        [(1, ANYONE)],
        unlocking=[key_hash_unlocking(key(3), segwit=segwit), (b"\x01\x51", ())],
    ).raw
    found = parse(raw)
    assert found.unlocked[mine] == [Outpoint("ab" * 32, 4)]
    assert found.unlocked[ANYONE] == [Outpoint("cd" * 32, 1)]


@pytest.mark.parametrize(
    "script",
    [
        push(b"a" * 70) + push(b"redeem"),
        b"\x4c\x06redeem",
        b"\x00\x4d\x06\x00redeem",
        b"\x4e\x06\x00\x00\x00redeem",
    ],
)
def test_every_way_to_push_is_known(script: bytes) -> None:
    raw = entry([("ab" * 32, 0)], [(1, ANYONE)], unlocking=[(script, ())]).raw
    behind = b"\xa9\x14" + hash160(b"redeem") + b"\x87"
    assert parse(raw).unlocked[behind] == [Outpoint("ab" * 32, 0)]


def test_litecoins_flag_for_its_extension_blocks_changes_no_id() -> None:
    plain = entry([("ab" * 32, 0)], [(1, ANYONE)])
    marked = plain.raw[:4] + b"\x00\x08" + plain.raw[4:-4] + b"\x00" + plain.raw[-4:]
    assert parse(marked).txid == plain.txid


def test_bytes_after_the_lock_time_are_part_of_the_id() -> None:
    plain = entry([("ab" * 32, 0)], [(1, ANYONE)])
    assert parse(plain.raw + b"\x02\x01\x02").txid != plain.txid
    assert parse(plain.raw + b"\x02\x01\x02").outputs == parse(plain.raw).outputs


@pytest.mark.parametrize("segwit", [False, True])
def test_a_transaction_can_be_skipped(segwit: bool) -> None:
    unlocking = [key_hash_unlocking(key(1), segwit=segwit)]
    raw = entry([("ab" * 32, 0)], [(1, ANYONE)], unlocking=unlocking).raw
    cursor = Cursor(raw + b"rest")
    skip(cursor)
    assert cursor.data[cursor.at :] == b"rest"
