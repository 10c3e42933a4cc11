"""Writes UTXO snapshot files, and computes their hash, sharing no line with the code under test.

Written from the format's description (Bitcoin Core: src/node/utxo_snapshot.h, src/compressor.cpp,
src/serialize.h, src/kernel/coinstats.cpp), the slow and obvious way.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from Crypto.Cipher import ChaCha20

REGTEST_MAGIC = bytes.fromhex("fabfb5da")
MAINNET_MAGIC = bytes.fromhex("f9beb4d9")
PRIME = 2**256 - 2**32 - 977


@dataclass(frozen=True, slots=True)
class Coin:
    """One unspent output."""

    txid: bytes
    """In the byte order in which transactions refer to it."""
    vout: int
    height: int
    is_coinbase: bool
    amount: int
    script: bytes

    @property
    def outpoint(self) -> bytes:
        return self.txid + struct.pack("<I", self.vout)


def varint(number: int) -> bytes:
    groups = [number % 128]
    while number >= 128:
        number = number // 128 - 1
        groups.insert(0, number % 128 + 128)
    return bytes(groups)


def compact(number: int) -> bytes:
    if number < 253:
        return struct.pack("<B", number)
    if number < 2**16:
        return b"\xfd" + struct.pack("<H", number)
    if number < 2**32:
        return b"\xfe" + struct.pack("<I", number)
    return b"\xff" + struct.pack("<Q", number)


def packed_amount(amount: int) -> int:
    if amount == 0:
        return 0
    digits = str(amount)
    zeros = min(9, len(digits) - len(digits.rstrip("0")))
    head = digits[: len(digits) - zeros]
    if zeros == 9:
        return 10 * (int(head) - 1) + 10
    return 10 * (9 * int(head[:-1] or "0") + int(head[-1]) - 1) + zeros + 1


def is_point(x: int, y: int) -> bool:
    return x < PRIME and y < PRIME and (y * y - x**3 - 7) % PRIME == 0


def packed_script(script: bytes) -> bytes:
    head, size = script[:3].hex(), len(script)
    if size == 25 and head == "76a914" and script.endswith(b"\x88\xac"):
        return b"\x00" + script[3:23]
    if size == 23 and head.startswith("a914") and script.endswith(b"\x87"):
        return b"\x01" + script[2:22]
    if size == 35 and head[:4] in {"2102", "2103"} and script.endswith(b"\xac"):
        return script[1:34]
    if size == 67 and head.startswith("4104") and script.endswith(b"\xac"):
        x, y = int.from_bytes(script[2:34], "big"), int.from_bytes(script[34:66], "big")
        if is_point(x, y):
            return bytes([4 + y % 2]) + script[2:34]
    return varint(size + 6) + script


def packed_coin(coin: Coin) -> bytes:
    return (
        varint(coin.height * 2 + coin.is_coinbase)
        + varint(packed_amount(coin.amount))
        + packed_script(coin.script)
    )


def in_database_order(coins: Iterable[Coin]) -> list[Coin]:
    return sorted(coins, key=lambda coin: (coin.txid, varint(coin.vout)))


def body_v2(coins: Sequence[Coin]) -> bytes:
    """`coins` as they stand: a test may hand them over in a wrong order."""
    out = bytearray()
    for txid, members in groupby(coins, key=lambda coin: coin.txid):
        group = list(members)
        out += txid + compact(len(group))
        for coin in group:
            out += compact(coin.vout) + packed_coin(coin)
    return bytes(out)


def header_v2(block_hash: bytes, count: int, *, magic: bytes = REGTEST_MAGIC) -> bytes:
    return b"utxo\xff" + struct.pack("<H", 2) + magic + block_hash + struct.pack("<Q", count)


def snapshot_v2(coins: Iterable[Coin], block_hash: bytes, *, magic: bytes = REGTEST_MAGIC) -> bytes:
    listed = in_database_order(coins)
    return header_v2(block_hash, len(listed), magic=magic) + body_v2(listed)


def snapshot_old(
    coins: Iterable[Coin], block_hash: bytes, *, transactions: int | None = None
) -> bytes:
    """`transactions` is the further number that Core 0.20 to 22 wrote into the header."""
    listed = in_database_order(coins)
    head = block_hash + struct.pack("<Q", len(listed))
    if transactions is not None:
        head += struct.pack("<I", transactions)
    return head + b"".join(coin.outpoint + packed_coin(coin) for coin in listed)


def written_out(coin: Coin) -> bytes:
    """What both hashes of the set take of a coin."""
    return (
        coin.outpoint
        + struct.pack("<Iq", coin.height * 2 + coin.is_coinbase, coin.amount)
        + compact(len(coin.script))
        + coin.script
    )


def hash_serialized(coins: Iterable[Coin]) -> str:
    """Return `hash_serialized_3`, as a node writes it."""
    stream = hashlib.sha256()
    for coin in sorted(coins, key=lambda coin: (coin.txid, coin.vout)):
        stream.update(written_out(coin))
    return hashlib.sha256(stream.digest()).digest()[::-1].hex()


def muhash(coins: Iterable[Coin]) -> str:
    """Return `muhash`, as a node writes it."""
    number = 1
    for coin in coins:
        key = hashlib.sha256(written_out(coin)).digest()
        stream = ChaCha20.new(key=key, nonce=bytes(8)).encrypt(bytes(384))
        number = number * int.from_bytes(stream, "little") % (2**3072 - 1_103_717)
    return hashlib.sha256(number.to_bytes(384, "little")).digest()[::-1].hex()
