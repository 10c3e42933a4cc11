"""The file that `dumptxoutset` writes: the whole UTXO set at one block. Headers and rules. Pure.

Two formats are read (Bitcoin Core, src/node/utxo_snapshot.h):

* **version 2** (Bitcoin Core 28 and later): ``utxo`` ff, version, network magic, block hash,
  number of coins (51 bytes); then one group per transaction: txid, CompactSize number of coins,
  and for each coin CompactSize output number and the coin;
* **the old one** (before 28; Litecoin, Dash, eCash): block hash, number of coins (40 bytes; from
  0.20 to 22 four bytes more, a number of transactions); then for each coin txid, output number in
  4 bytes, and the coin. Nothing in it says which network it is of.

A coin is VARINT(height * 2 + coinbase), VARINT(compressed amount), compressed script. Groups, and
the coins in them, stand in the order of the node's database: ascending by txid, then by the bytes
of VARINT(output number). A file in which any of this does not hold is refused as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from chains.utxo.compression import (
    MAX_SCRIPT,
    SPECIAL_SCRIPTS,
    Malformed,
    Truncated,
    decompress_amount,
    read_varint,
    special_size,
    write_varint,
)

MARK = b"utxo\xff"
VERSION = 2
HASH_SIZE = 32
V2_HEADER, OLD_HEADER, OLD_LONG_HEADER = 51, 40, 44
LONGEST_RECORD = 10_240
"""Bytes, more than one coin and the head of its group ever take."""
PROBED = 64
"""Coins that are read to tell the two old headers apart."""
PROBE_SIZE = 64 * 1024
"""Bytes of a file that are read for its header."""
FIRST_UNORDERED = 16_512
"""From this output number on, the order of the database is not that of the numbers."""
MAX_HEIGHT = 2**31 - 1


class Layout(StrEnum):
    """How the coins of a file are laid out."""

    V2 = "version 2"
    OLD = "old"


class Fault(IntEnum):
    """What is wrong with a file; `SENTENCES` says it in words. Shared by both scanners."""

    TRUNCATED = 1
    VARINT = 2
    COMPACT_SIZE = 3
    AMOUNT = 4
    TOTAL = 5
    SCRIPT_SIZE = 6
    HEIGHT = 7
    TXID_ORDER = 8
    VOUT_ORDER = 9
    GROUP_SIZE = 10
    VOUT = 11
    TRAILING = 12
    KEY = 13
    SCRIPT_FORM = 14


SENTENCES = {
    Fault.TRUNCATED: "the file ends before all its coins were read",
    Fault.VARINT: "a VARINT overflows 64 bits",
    Fault.COMPACT_SIZE: "a CompactSize is not in its shortest form",
    Fault.AMOUNT: "an amount overflows",
    Fault.TOTAL: "the amounts of all coins together overflow",
    Fault.SCRIPT_SIZE: f"a script is longer than {MAX_SCRIPT:,} bytes",
    Fault.HEIGHT: "the height of a coin is no block height",
    Fault.TXID_ORDER: "the transactions are not in ascending order, or one is there twice",
    Fault.VOUT_ORDER: "the outputs of a transaction are out of order, or one is there twice",
    Fault.GROUP_SIZE: "a transaction has no coins, or more than the file has left",
    Fault.VOUT: "an output number has more than 32 bits",
    Fault.TRAILING: "there are bytes after the last coin",
    Fault.KEY: "a coin pays to a public key that is not a point",
    Fault.SCRIPT_FORM: "a script is written out that a node stores in a short form",
}


def refuse(fault: Fault, at: int) -> Malformed:
    """Return the error for a fault found at byte `at` of the file."""
    kind = Truncated if fault is Fault.TRUNCATED else Malformed
    return kind(f"{SENTENCES[fault]} (near byte {at:,})")


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself."""

    layout: Layout
    magic: bytes
    """The network's 4 bytes; empty in the old format."""
    block_hash: bytes
    """Of the block after which this was the UTXO set; in the byte order of the file."""
    coins: int
    size: int
    """Bytes before the first coin."""

    @property
    def block_hash_hex(self) -> str:
        """The block hash as nodes write it."""
        return self.block_hash[::-1].hex()


def parse_header(start: bytes) -> Header:
    """Return the header of a file by its first PROBE_SIZE bytes, or all of it.

    Raises Malformed for a file that is not of a known format.
    """
    if start[: len(MARK)] == MARK:
        return _parse_v2(start)
    if len(start) < OLD_HEADER:
        raise Truncated("the file is too short for a UTXO snapshot")
    coins = int.from_bytes(start[32:40], "little")
    fitting = [size for size in (OLD_HEADER, OLD_LONG_HEADER) if _fits_old(start, size, coins)]
    if len(fitting) != 1:
        raise Malformed("the file is not a UTXO snapshot of a known format")
    return Header(Layout.OLD, b"", start[:32], coins, fitting[0])


def _parse_v2(start: bytes) -> Header:
    if len(start) < V2_HEADER:
        raise Truncated("the file ends inside its header")
    version = int.from_bytes(start[5:7], "little")
    if version != VERSION:
        raise Malformed(f"the snapshot is of version {version}; version {VERSION} can be read")
    coins = int.from_bytes(start[43:51], "little")
    return Header(Layout.V2, start[7:11], start[11:43], coins, V2_HEADER)


def _fits_old(start: bytes, at: int, coins: int) -> bool:
    """Return whether the first coins, or all if there are few, can be read from `at` on."""
    last = (b"", b"")
    for read in range(min(coins, PROBED)):
        if len(start) == PROBE_SIZE and at + LONGEST_RECORD > len(start):
            return read > 0
        vout = int.from_bytes(start[at + 32 : at + 36], "little")
        key = (start[at : at + HASH_SIZE], write_varint(vout))
        if key <= last:
            return False
        last = key
        try:
            at = _skip_coin(start, at + 36)
        except Malformed:
            return False
    return coins > PROBED or at == len(start)


def _skip_coin(data: bytes, at: int) -> int:
    """Return the position after the coin at `at`."""
    code, at = read_varint(data, at)
    if code >> 1 > MAX_HEIGHT:
        raise refuse(Fault.HEIGHT, at)
    amount, at = read_varint(data, at)
    decompress_amount(amount)
    script, at = read_varint(data, at)
    size = special_size(script) if script < SPECIAL_SCRIPTS else script - SPECIAL_SCRIPTS
    if size > MAX_SCRIPT:
        raise refuse(Fault.SCRIPT_SIZE, at)
    if at + size > len(data):
        raise refuse(Fault.TRUNCATED, at)
    return at + size


def database_order(vout: int) -> int:
    """Return a number that orders output numbers as the node's database does.

    >>> sorted([0, 127, 128, 255, 256, 16511, 16512, 20000], key=database_order)
    [0, 127, 128, 255, 16512, 20000, 256, 16511]
    """
    return int.from_bytes(write_varint(vout).ljust(5, b"\0"), "big")
