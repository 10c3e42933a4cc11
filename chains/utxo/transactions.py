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
from chains.signatures import sha256d

_MERKLE_NODE = 64
"""Bytes of two hashes side by side."""
_WITNESSES = 1
"""Flag of BIP-144."""
_WIDEST_PUSH = 0x4B
_PUSH_WIDTHS = {0x4C: 1, 0x4D: 2, 0x4E: 4}
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
    """Script -> numbers of the outputs that pay to it."""
    unlocked: dict[bytes, list[Outpoint]] = field(compare=False)
    """Script -> what the inputs spend that show the key or the script behind it (BIP-16, BIP-141).

    A hint, not a proof: an input may show more than it has to. Key-path spends of P2TR show none.
    """


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
    # BIP-144: no input, then a flag that is not zero. Litecoin's flag 8 works alike (LIP-3).
    extended = raw[4:5] == b"\x00" and raw[5:6] not in {b"", b"\x00"}
    flag = cursor.take(2)[1] if extended else 0
    body_at = cursor.at
    inputs, outputs = _body(cursor)
    body_end = cursor.at
    witnesses = _witnesses(cursor, len(inputs)) if flag & _WITNESSES else [()] * len(inputs)
    cursor.take(4)  # the lock time, at the least
    identity = raw[:4] + raw[body_at:body_end] + raw[-4:] if extended else raw
    paid: dict[bytes, list[int]] = {}
    for number, output in enumerate(outputs):
        paid.setdefault(output.script, []).append(number)
    unlocked: dict[bytes, list[Outpoint]] = {}
    for (outpoint, script), witness in zip(inputs, witnesses, strict=True):
        for candidate in _candidates(script, witness):
            unlocked.setdefault(candidate, []).append(outpoint)
    spends = tuple(outpoint for outpoint, _ in inputs)
    return Transaction(shown(sha256d(identity)), spends, tuple(outputs), paid, unlocked)


def _witnesses(cursor: Cursor, inputs: int) -> list[tuple[bytes, ...]]:
    return [
        tuple(cursor.take(cursor.compact()) for _ in range(cursor.compact())) for _ in range(inputs)
    ]


def _candidates(script: bytes, witness: tuple[bytes, ...]) -> list[bytes]:
    """Return the output scripts that an input, by what it shows last, can be spending."""
    if script:
        last = _last_push(script)
        digest = hash160(last)
        return [b"\x76\xa9\x14" + digest + b"\x88\xac", b"\xa9\x14" + digest + b"\x87"]
    if witness:
        last = witness[-1]
        return [b"\x00\x14" + hash160(last), b"\x00\x20" + hashlib.sha256(last).digest()]
    return []


def hash160(data: bytes) -> bytes:
    """Return RIPEMD-160 of SHA-256 of `data`."""
    return hashlib.new("ripemd160", hashlib.sha256(data).digest()).digest()


def _last_push(script: bytes) -> bytes:
    """Return what the last push of an input script leaves on the stack; empty if unclear."""
    at, last = 0, b""
    while at < len(script):
        code = script[at]
        at += 1
        size = _PUSH_WIDTHS.get(code)
        if size is not None:
            code = int.from_bytes(script[at : at + size], "little")
            at += size
        elif code > _WIDEST_PUSH:
            last = b""
            continue
        last = script[at : at + code]
        at += code
    return last


def skip(cursor: Cursor) -> None:
    """Move past one whole transaction without bytes of its ledger's own (BIP-144)."""
    cursor.take(4)
    extended = cursor.data[cursor.at : cursor.at + 2] == b"\x00\x01"
    if extended:
        cursor.take(2)
    inputs, _ = _body(cursor)
    if extended:
        _witnesses(cursor, len(inputs))
    cursor.take(4)


def _body(cursor: Cursor) -> tuple[list[tuple[Outpoint, bytes]], list[Output]]:
    """Return the inputs, each with its script, and the outputs."""
    inputs = []
    for _ in range(cursor.compact()):
        outpoint = Outpoint(shown(cursor.take(32)), cursor.number(4))
        inputs.append((outpoint, cursor.take(cursor.compact())))
        cursor.take(4)
    outputs = []
    for _ in range(cursor.compact()):
        value = cursor.number(8)
        outputs.append(Output(value, cursor.take(cursor.compact())))
    return inputs, outputs
