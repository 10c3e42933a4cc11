"""Raw transactions of Bitcoin-like ledgers: what they spend, what they pay, and their id. Pure.

The id is the double SHA-256 of version, inputs, outputs and lock time (BIP-141, BIP-144: without
witnesses). Bytes that a ledger adds after the outputs of a transaction without witnesses (DASH,
DIP-2) are part of the id there. Zcash computes ids in another way since its version 5 (ZIP-244);
its transactions are not read here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import NamedTuple

from chains.errors import MalformedAnswer

_MERKLE_NODE = 64
"""Bytes of two hashes side by side."""
_WIDTHS = {0xFD: 2, 0xFE: 4, 0xFF: 8}


class Outpoint(NamedTuple):
    """One output of one transaction."""

    txid: str
    """As servers write it: the hash with its bytes reversed, in lower-case hex."""
    vout: int


class Output(NamedTuple):
    """What an output pays, in base units, and to which script."""

    value: int
    script: bytes


@dataclass(frozen=True, slots=True)
class Transaction:
    """The parts of a transaction that balances follow from."""

    txid: str
    spends: tuple[Outpoint, ...]
    outputs: tuple[Output, ...]
    paid: dict[bytes, list[int]] = field(compare=False)
    """Script -> indices of the outputs that pay to it."""


def sha256d(data: bytes) -> bytes:
    """Return the double SHA-256 of `data`."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def shown(digest: bytes) -> str:
    """Return a hash as servers and explorers write it: bytes reversed, in hex."""
    return digest[::-1].hex()


class Cursor:
    """Reads fields one after another; raises MalformedAnswer at the end of the bytes."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int = 0) -> None:
        """Begin at byte `at`."""
        self.data = data
        self.at = at

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        end = self.at + size
        if end > len(self.data):
            raise MalformedAnswer("a transaction or block header ends too early")
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def number(self, size: int) -> int:
        """Return the next `size` bytes as an unsigned little-endian number."""
        return int.from_bytes(self.take(size), "little")

    def compact(self) -> int:
        """Return the next CompactSize, which may not promise more than bytes are left."""
        first = self.number(1)
        value = self.number(_WIDTHS[first]) if first in _WIDTHS else first
        if value > len(self.data) - self.at:
            raise MalformedAnswer("a transaction or block header promises more than it holds")
        return value


def parse(raw: bytes) -> Transaction:
    """Return the transaction that `raw` is. Raises MalformedAnswer for anything else.

    Transactions of 64 bytes are refused: an inner node of a block's Merkle tree can pose as one
    (CVE-2017-12842).
    """
    if len(raw) == _MERKLE_NODE:
        raise MalformedAnswer("64 bytes may be two hashes of a Merkle tree")
    cursor = Cursor(raw)
    cursor.take(4)
    body_at = cursor.at
    # BIP-144: no input, then a flag that is not zero. Litecoin's flag 8 works alike (LIP-3).
    extended = raw[4:5] == b"\x00" and raw[5:6] not in {b"", b"\x00"}
    if extended:
        cursor.take(2)
        body_at = cursor.at
    spends, outputs = _body(cursor)
    if extended:
        if len(raw) - cursor.at < 4:  # noqa: PLR2004 (the lock time's bytes)
            raise MalformedAnswer("a transaction ends too early")
        identity = raw[:4] + raw[body_at : cursor.at] + raw[-4:]
    else:
        cursor.take(4)
        identity = raw
    paid: dict[bytes, list[int]] = {}
    for index, output in enumerate(outputs):
        paid.setdefault(output.script, []).append(index)
    return Transaction(shown(sha256d(identity)), tuple(spends), tuple(outputs), paid)


def skip(cursor: Cursor) -> None:
    """Move past one whole transaction without bytes of its ledger's own (BIP-144)."""
    cursor.take(4)
    extended = cursor.data[cursor.at : cursor.at + 2] == b"\x00\x01"
    if extended:
        cursor.take(2)
    spends, _ = _body(cursor)
    if extended:
        for _ in spends:
            for _ in range(cursor.compact()):
                cursor.take(cursor.compact())
    cursor.take(4)


def _body(cursor: Cursor) -> tuple[list[Outpoint], list[Output]]:
    spends = []
    for _ in range(cursor.compact()):
        spends.append(Outpoint(shown(cursor.take(32)), cursor.number(4)))
        cursor.take(cursor.compact())
        cursor.take(4)
    outputs = []
    for _ in range(cursor.compact()):
        value = cursor.number(8)
        outputs.append(Output(value, cursor.take(cursor.compact())))
    return spends, outputs
