"""Bitcoin transactions, as far as message proofs need them: text, ids, what is signed. Pure.

Sources: the protocol's serialisation (BIP-144), the original signature hash, BIP-143 for segwit
version 0 and BIP-341 for taproot key paths, all for SIGHASH_ALL (or taproot's default).
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from chains.messages import sized
from chains.signatures import sha256d

SIGHASH_ALL = 1
SIGHASH_DEFAULT = 0
MAX_SIZE = 100_000
"""Bytes of a transaction or witness that is read: 400,000 weight units are standard."""


class TransactionError(ValueError):
    """The bytes are no transaction, or no witness."""


class Input(NamedTuple):
    """One input."""

    previous: bytes
    """Transaction id in wire order and output number, 36 bytes."""
    script: bytes
    sequence: int
    witness: tuple[bytes, ...] = ()


class Output(NamedTuple):
    """One output."""

    value: int
    script: bytes

    def encode(self) -> bytes:
        """Return the wire form."""
        return self.value.to_bytes(8, "little") + sized(self.script)


class Transaction(NamedTuple):
    """One transaction."""

    version: int
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    lock_time: int

    def id(self) -> bytes:
        """Return the transaction id in wire order."""
        return sha256d(self.encode())

    def encode(self) -> bytes:
        """Return the wire form without witnesses."""
        inputs = b"".join(
            entry.previous + sized(entry.script) + entry.sequence.to_bytes(4, "little")
            for entry in self.inputs
        )
        return (
            self.version.to_bytes(4, "little", signed=True)
            + _count(len(self.inputs)) + inputs
            + _count(len(self.outputs)) + b"".join(output.encode() for output in self.outputs)
            + self.lock_time.to_bytes(4, "little")
        )  # fmt: skip


def legacy_hash(spending: Transaction, script_code: bytes) -> bytes:
    """Return what the first input signs without segwit."""
    inputs = tuple(
        entry._replace(script=b"" if place else script_code)
        for place, entry in enumerate(spending.inputs)
    )
    signed = spending._replace(inputs=inputs).encode() + SIGHASH_ALL.to_bytes(4, "little")
    return sha256d(signed)


def segwit_hash(spending: Transaction, script_code: bytes, value: int) -> bytes:
    """Return what the first input signs in segwit version 0 (BIP-143)."""
    first = spending.inputs[0]
    sequences = (entry.sequence.to_bytes(4, "little") for entry in spending.inputs)
    return sha256d(
        spending.version.to_bytes(4, "little", signed=True)
        + sha256d(b"".join(entry.previous for entry in spending.inputs))
        + sha256d(b"".join(sequences))
        + first.previous
        + sized(script_code)
        + value.to_bytes(8, "little")
        + first.sequence.to_bytes(4, "little")
        + sha256d(b"".join(output.encode() for output in spending.outputs))
        + spending.lock_time.to_bytes(4, "little")
        + SIGHASH_ALL.to_bytes(4, "little")
    )


def taproot_hash(spending: Transaction, spent: Output, hash_type: int, leaf: bytes = b"") -> bytes:
    """Return what the only input signs on a taproot key path (BIP-341, without an annex).

    With the hash of a `leaf`, on its script path (BIP-342, without a code separator).
    """
    (only,) = spending.inputs
    message = (
        bytes([0, hash_type])  # the epoch, then the type
        + spending.version.to_bytes(4, "little", signed=True)
        + spending.lock_time.to_bytes(4, "little")
        + sha256(only.previous).digest()
        + sha256(spent.value.to_bytes(8, "little")).digest()
        + sha256(sized(spent.script)).digest()
        + sha256(only.sequence.to_bytes(4, "little")).digest()
        + sha256(b"".join(output.encode() for output in spending.outputs)).digest()
        + bytes([2 if leaf else 0])  # script or key path, no annex
        + (0).to_bytes(4, "little")
        + (leaf + b"\x00\xff\xff\xff\xff" if leaf else b"")
    )
    return tagged_hash("TapSighash", message)


def tagged_hash(tag: str, message: bytes) -> bytes:
    """Return the tagged hash of BIP-340.

    >>> tagged_hash("BIP0322-signed-message", b"").hex()[:16]
    'c90c269c4f8fcbe6'
    """
    mark = sha256(tag.encode()).digest()
    return sha256(mark + mark + message).digest()


class _Bytes:
    """Reads the wire form from its beginning."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def take(self, size: int) -> bytes:
        taken = self._data[self._place : self._place + size]
        if len(taken) != size:
            raise TransactionError("the bytes end too early")
        self._place += size
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def count(self) -> int:
        first = self.number(1)
        size = {0xFD: 2, 0xFE: 4, 0xFF: 8}.get(first)
        if size is None:
            return first
        found = self.number(size)
        if sized_length(found) != 1 + size:
            raise TransactionError("a length is not written in its shortest form")
        if found > MAX_SIZE:
            raise TransactionError("a length is beyond the end")
        return found

    def sized(self) -> bytes:
        return self.take(self.count())

    def end(self) -> None:
        if self._place != len(self._data):
            raise TransactionError("bytes are left over")

    def stack(self) -> tuple[bytes, ...]:
        return tuple(self.sized() for _ in range(self.count()))


def sized_length(number: int) -> int:
    """Return how many bytes the CompactSize of a number has."""
    return next(
        size for size, end in ((1, 0xFD), (3, 1 << 16), (5, 1 << 32), (9, 1 << 64)) if number < end
    )


def _count(number: int) -> bytes:
    # The counts of these transactions, and of their scripts, are read with `MAX_SIZE` in mind.
    return sized(bytes(number))[: sized_length(number)]


def decode_witness(data: bytes) -> tuple[bytes, ...]:
    """Return the stack that a serialised witness holds; raises TransactionError."""
    reader = _Bytes(data)
    stack = reader.stack()
    reader.end()
    return stack


def decode(data: bytes) -> Transaction:
    """Return the transaction that `data` holds, with or without witnesses.

    Raises TransactionError when it is none, or when anything is left over.
    """
    reader = _Bytes(data)
    version = int.from_bytes(reader.take(4), "little", signed=True)
    inputs = reader.count()
    has_witness = inputs == 0
    if has_witness:
        if reader.number(1) != 1:
            raise TransactionError("no inputs, and not the mark of a segwit transaction")
        inputs = reader.count()
    found = [Input(reader.take(36), reader.sized(), reader.number(4)) for _ in range(inputs)]
    outputs = tuple(Output(reader.number(8), reader.sized()) for _ in range(reader.count()))
    if has_witness:
        found = [entry._replace(witness=reader.stack()) for entry in found]
    lock_time = reader.number(4)
    reader.end()
    return Transaction(version, tuple(found), outputs, lock_time)
