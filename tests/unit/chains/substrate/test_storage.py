from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.substrate import storage
from tests.fakes import substrate_node
from tests.fakes.substrate_node import account_value

amounts = st.integers(0, 2**128 - 1)
MASK = 2**64 - 1
PRIMES = (
    11400714785074694791, 14029467366897019727, 1609587929392839161, 9650029242287828579,
    2870177450012600261,
)  # fmt: skip


def xxh64(data: bytes, seed: int) -> bytes:
    """XXH64 of fewer than 32 bytes, from its specification (Cyan4973/xxHash, doc)."""
    assert len(data) < 32
    one, two, three, four, five = PRIMES

    def turned(value: int, bits: int) -> int:
        return (value << bits | value >> 64 - bits) & MASK

    state, at = (seed + five + len(data)) & MASK, 0
    while at + 8 <= len(data):
        lane = turned(int.from_bytes(data[at : at + 8], "little") * two & MASK, 31) * one & MASK
        state = (turned(state ^ lane, 27) * one + four) & MASK
        at += 8
    if at + 4 <= len(data):
        lane = int.from_bytes(data[at : at + 4], "little") * one & MASK
        state = (turned(state ^ lane, 23) * two + three) & MASK
        at += 4
    for byte in data[at:]:
        state = turned(state ^ byte * five & MASK, 11) * one & MASK
    for shift, factor in ((33, two), (29, three), (32, 1)):
        state = (state ^ state >> shift) * factor & MASK
    return state.to_bytes(8, "little")


def twox128(name: str) -> bytes:
    return xxh64(name.encode(), 0) + xxh64(name.encode(), 1)


def test_the_constants_are_the_hashes_of_the_names() -> None:
    account = bytes(32)
    assert twox128("System") + twox128("Number") == storage.SYSTEM_NUMBER
    assert twox128("Timestamp") + twox128("Now") == storage.TIMESTAMP_NOW
    assert storage.account_key(account)[:32] == twox128("System") + twox128("Account")
    assert storage.asset_account_key(7, account)[:32] == twox128("Assets") + twox128("Account")
    assert storage.metadata_key(7)[:32] == twox128("Assets") + twox128("Metadata")


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**32 - 1))
def test_keys_are_those_that_the_simulator_writes(account: bytes, asset: int) -> None:
    assert storage.account_key(account) == substrate_node.account_key(account)
    assert storage.asset_account_key(asset, account) == substrate_node.asset_key(asset, account)
    assert storage.account_key(account).endswith(account)


@given(amounts, amounts, amounts)
def test_held_is_free_and_reserved_and_what_is_frozen_is_part_of_it(
    free: int, reserved: int, frozen: int
) -> None:
    assert storage.native_total(account_value(free, reserved, frozen)) == free + reserved


def test_no_account_is_zero() -> None:
    assert storage.native_total(None) == 0
    assert storage.asset_total(None) == 0


@pytest.mark.parametrize("size", [0, 16, 69, 72, 76, 79, 81])
def test_another_layout_is_no_number(size: int) -> None:
    with pytest.raises(MalformedAnswer, match="bytes"):
        storage.native_total(bytes(size))


@given(amounts, st.integers(0, 2), st.sampled_from([(0, 0), (1, 0), (2, 16), (3, 0), (4, 48)]))
def test_accounts_of_assets(amount: int, status: int, reason: tuple[int, int]) -> None:
    value = amount.to_bytes(16, "little") + bytes([status, reason[0]]) + bytes(reason[1])
    assert storage.asset_total(value) == amount
    for bad in (value + b"\0", value[:-1]):
        with pytest.raises(MalformedAnswer):
            storage.asset_total(bad)


@pytest.mark.parametrize("tail", ["0301", "0005", "ff00"])
def test_unknown_statuses_and_reasons_are_refused(tail: str) -> None:
    with pytest.raises(MalformedAnswer, match="unknown"):
        storage.asset_total(bytes(16) + bytes.fromhex(tail) + bytes(48))


def test_metadata() -> None:
    value = bytes(16) + b"\x10Name" + b"\x10USDt" + b"\x06\x00"
    assert storage.metadata(value) == ("USDt", 6)
    with pytest.raises(MalformedAnswer, match="text"):
        storage.metadata(bytes(16) + b"\x10Name" + b"\x04\xff" + b"\x06\x00")


@pytest.mark.parametrize("text", ["", "-1", "1.0", "²", "٣", "4294967296", "9" * 5000, "0x1", " 1"])
def test_other_text_is_no_asset(text: str) -> None:
    assert storage.asset_number(text) is None
