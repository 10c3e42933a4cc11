"""Where a Substrate runtime keeps balances, and how it writes them. Pure.

A key is the XXH64-based hash of the pallet's name and of the item's name, 16 bytes each, and behind
them, for each key of a map, BLAKE2b-128 of it and the key itself (``Blake2_128Concat``). Values are
SCALE. Layouts: the pallets `system`, `balances`, `assets` and `timestamp` of the Polkadot SDK.

What counts as held: free and reserved together. What is frozen (staked before the time of holds,
vesting, locked by a vote) is a part of the free balance and is not added. Holds are a part of the
reserved balance.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from chains.errors import MalformedAnswer
from chains.substrate.scale import Reader

_SYSTEM = bytes.fromhex("26aa394eea5630e07c48ae0c9558cef7")
_ASSETS = bytes.fromhex("682a59d51ab9e48a8c8cc418ff9708d2")
_ACCOUNT = bytes.fromhex("b99d880ec681799c0cf30e8886371da9")
_METADATA = bytes.fromhex("b5f3822e35ca2f31ce3526eab1363fd2")

SYSTEM_NUMBER = _SYSTEM + bytes.fromhex("02a5c1b19ab7a04f536c519aca4983ac")
"""The number of the block whose state it is, four bytes: tells which state has answered."""
TIMESTAMP_NOW = bytes.fromhex("f0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb")

ACCOUNT_SIZE = 80
"""Four counters of four bytes; free, reserved, frozen and flags of sixteen."""
_COUNTERS = 16
_AMOUNT = 16
_ASSET_ID = 4
_STATUSES = 3
_REASON_SIZES = (0, 0, 16, 0, 48)
"""Of why an account of an asset exists: consumer, sufficient, deposit held, refunded, from."""
_LARGEST_ID = 2**32 - 1


class Metadata(NamedTuple):
    """What the chain says of an asset."""

    symbol: str
    decimals: int


def account_key(account: bytes) -> bytes:
    """Return the key of the native balance of an account of 32 bytes."""
    return _SYSTEM + _ACCOUNT + _concat(account)


def asset_account_key(asset: int, account: bytes) -> bytes:
    """Return the key of an account's balance of an asset."""
    return _ASSETS + _ACCOUNT + _concat(asset.to_bytes(_ASSET_ID, "little")) + _concat(account)


def metadata_key(asset: int) -> bytes:
    """Return the key of an asset's name, symbol and decimals."""
    return _ASSETS + _METADATA + _concat(asset.to_bytes(_ASSET_ID, "little"))


def asset_number(contract: str) -> int | None:
    """Return the number of an asset, or None for other text.

    >>> asset_number("1984"), asset_number("0x7c0"), asset_number("4294967296")
    (1984, None, None)
    """
    if not contract.isascii() or not contract.isdecimal():
        return None
    number = int(contract[: len(str(_LARGEST_ID)) + 1])
    return number if number <= _LARGEST_ID else None


def native_total(value: bytes | None) -> int:
    """Return free and reserved balance; 0 for an account that the state does not have.

    Raises MalformedAnswer for another layout than that of accounts with four counters.
    """
    if value is None:
        return 0
    if len(value) != ACCOUNT_SIZE:
        raise MalformedAnswer(f"an account takes {len(value)} bytes, not {ACCOUNT_SIZE}")
    read = Reader(value[_COUNTERS:])
    return read.number(_AMOUNT) + read.number(_AMOUNT)


def asset_total(value: bytes | None) -> int:
    """Return an account's balance of an asset; 0 for an account that the state does not have.

    Raises MalformedAnswer for another layout.
    """
    if value is None:
        return 0
    read = Reader(value)
    amount, status, reason = read.number(_AMOUNT), read.number(1), read.number(1)
    if status >= _STATUSES or reason >= len(_REASON_SIZES):
        raise MalformedAnswer("an account of an asset is written in an unknown way")
    read.take(_REASON_SIZES[reason])
    read.end()
    return amount


def metadata(value: bytes) -> Metadata:
    """Return what the chain says of an asset. Raises MalformedAnswer."""
    read = Reader(value)
    read.take(_AMOUNT)
    read.sized()
    symbol, decimals = read.sized(), read.number(1)
    read.take(1)
    read.end()
    try:
        return Metadata(symbol.decode(), decimals)
    except UnicodeDecodeError:
        raise MalformedAnswer("the symbol of an asset is not text") from None


def _concat(key: bytes) -> bytes:
    return blake2b(key, digest_size=16).digest() + key
