"""ICS-23 proofs of a value in a store of a Cosmos SDK ledger, or of its absence. Pure.

A proof of the SDK is two steps: the key in the store's IAVL tree, and the tree's root as the value
of the store's name in the simple Merkle tree whose root is the application hash. What must hold:

1. The proof is ICS-23 and of the key that was asked: existence with the value that was answered,
   or absence with the neighbours of the key.
2. Every node has the shape of its tree (ICS-23, "ProofSpec": IavlSpec and TendermintSpec): hash
   functions, the leaf's prefix 0, lengths of prefixes, one child beside.
3. Leaf and path hash to the root that the next step proves, and the last one to the app hash.
4. Of an absent key: the left neighbour's key is smaller, the right one's larger, and no leaf fits
   between them: they part at one node, the left one keeps to the right below it, and the right one
   to the left. With one neighbour only, it is the outermost leaf.

Source: github.com/cosmos/ics23 (specification and `proofs.proto`); Cosmos SDK, store/rootmulti.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from chains.errors import MalformedAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHA256, _NO_HASH, _VAR_PROTO = 1, 0, 1
_HASH_SIZE = 32
_VARINT_BYTES = 10
_MOST_STEPS = 256
"""Inner nodes of a path; a balanced tree of all atoms of the world has fewer."""


class Shape(NamedTuple):
    """The nodes of one kind of tree."""

    prefix: tuple[int, int]
    """Shortest and longest inner prefix without a child."""
    child: int
    """Bytes of a child's hash, with its length where the tree writes one."""


IAVL = Shape((4, 12), 1 + _HASH_SIZE)
SIMPLE = Shape((1, 1), _HASH_SIZE)


class Step(NamedTuple):
    """One inner node, as a path goes through it."""

    prefix: bytes
    suffix: bytes
    """Not empty where the path comes from the left child."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A key with its value, and the way up."""

    key: bytes
    value: bytes
    prefix: bytes
    path: tuple[Step, ...]


class Absence(NamedTuple):
    """The neighbours of an absent key."""

    left: Leaf | None
    right: Leaf | None


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    r"""Yield number and value of each field of a protobuf message: an integer, or bytes.

    Raises MalformedAnswer.

    >>> list(fields(bytes.fromhex("08011202abcd")))
    [(1, 1), (2, b'\xab\xcd')]
    """
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        value, at = _varint(data, at)
        if tag & 7 == 0:
            yield tag >> 3, value
        elif tag & 7 == 2:  # noqa: PLR2004 (length-delimited)
            if at + value > len(data):
                raise MalformedAnswer("a protobuf message ends too early")
            yield tag >> 3, data[at : at + value]
            at += value
        else:
            raise MalformedAnswer("a protobuf message has a field of another kind")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(data[at : at + _VARINT_BYTES]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:  # noqa: PLR2004 (the last byte of a varint)
            return value, at + place + 1
    raise MalformedAnswer("a protobuf message ends too early")


def _message(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise MalformedAnswer("a proof has a number where a message belongs")
    return value


def parse(data: bytes) -> Leaf | Absence:
    """Return the proof in a `CommitmentProof`. Raises MalformedAnswer, for batches too."""
    parts = list(fields(data))
    match parts:
        case [(1, inner)]:
            return _leaf(_message(inner))
        case [(2, inner)]:
            found = dict(fields(_message(inner)))
            left, right = found.get(2), found.get(3)
            return Absence(
                None if left is None else _leaf(_message(left)),
                None if right is None else _leaf(_message(right)),
            )
        case _:
            raise MalformedAnswer("not a single ICS-23 proof")


def _leaf(data: bytes) -> Leaf:
    key = value = prefix = b""
    path: list[Step] = []
    for number, inner in fields(data):
        match number:
            case 1:
                key = _message(inner)
            case 2:
                value = _message(inner)
            case 3:
                prefix = _leaf_prefix(dict(fields(_message(inner))))
            case 4:
                path.append(_step(dict(fields(_message(inner)))))
            case _:
                continue
    if not key or not value or not prefix or len(path) > _MOST_STEPS:
        raise MalformedAnswer("a proof of a key lacks a part")
    return Leaf(key, value, prefix, tuple(path))


def _leaf_prefix(op: dict[int, int | bytes]) -> bytes:
    prefix = op.get(5)
    kinds = op.get(1), op.get(2, _NO_HASH), op.get(3), op.get(4)
    if kinds != (_SHA256, _NO_HASH, _SHA256, _VAR_PROTO) or not isinstance(prefix, bytes):
        raise MalformedAnswer("a leaf is hashed in another way than its tree does")
    return prefix


def _step(op: dict[int, int | bytes]) -> Step:
    prefix, suffix = op.get(2, b""), op.get(3, b"")
    if op.get(1) != _SHA256 or not isinstance(prefix, bytes) or not isinstance(suffix, bytes):
        raise MalformedAnswer("an inner node is hashed in another way than its tree does")
    return Step(prefix, suffix)


def root(leaf: Leaf, shape: Shape) -> bytes:
    """Return the root that a leaf and its path hash to. Raises MalformedAnswer; rule 2."""
    if leaf.prefix[:1] != b"\0" or (shape is SIMPLE and leaf.prefix != b"\0"):
        raise MalformedAnswer("a leaf has not the prefix of its tree")
    inner = leaf.prefix + _sized(leaf.key) + _sized(hashlib.sha256(leaf.value).digest())
    found = hashlib.sha256(inner).digest()
    low, high = shape.prefix
    for prefix, suffix in leaf.path:
        beside = 0 if suffix else shape.child
        if (
            prefix[:1] == b"\0"
            or len(suffix) not in {0, shape.child}
            or not low + beside <= len(prefix) <= high + beside
        ):
            raise MalformedAnswer("an inner node has not the shape of its tree")
        found = hashlib.sha256(prefix + found + suffix).digest()
    return found


def _sized(data: bytes) -> bytes:
    size, written = len(data), bytearray()
    while size > 0x7F:  # noqa: PLR2004 (seven bits a byte)
        written.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*written, size]) + data


def require_value(proof: bytes, shape: Shape, key: bytes, value: bytes) -> bytes:
    """Return the root of a tree that a proof shows to have `value` at `key`, which is not empty.

    Raises MalformedAnswer.
    """
    leaf = parse(proof)
    if not isinstance(leaf, Leaf) or leaf.key != key or leaf.value != value:
        raise MalformedAnswer("a proof is of another key or value than was answered")
    return root(leaf, shape)


def require_absence(proof: bytes, shape: Shape, key: bytes) -> bytes:
    """Return the root of a tree that a proof shows to have nothing at `key`. Rule 4.

    Raises MalformedAnswer.
    """
    absent = parse(proof)
    if not isinstance(absent, Absence):
        raise MalformedAnswer("a proof of a value was given where there is none")
    left, right = absent
    if left is not None and right is not None:
        if not left.key < key < right.key or not _is_next(left.path, right.path):
            raise MalformedAnswer("a proof's neighbours leave room between them")
        found = root(left, shape)
        if root(right, shape) != found:
            raise MalformedAnswer("a proof's neighbours are of two trees")
        return found
    if right is not None and key < right.key and all(step.suffix for step in right.path):
        return root(right, shape)
    if left is not None and left.key < key and not any(step.suffix for step in left.path):
        return root(left, shape)
    raise MalformedAnswer("a proof's neighbour is not the outermost leaf")


def _is_next(left: Sequence[Step], right: Sequence[Step]) -> bool:
    """Return whether the leaf at the end of `right` follows that of `left`."""
    shared = 0
    while shared < min(len(left), len(right)) and left[-1 - shared] == right[-1 - shared]:
        shared += 1
    lower, upper = left[: len(left) - shared], right[: len(right) - shared]
    return (
        bool(lower and upper)
        and bool(lower[-1].suffix)
        and not upper[-1].suffix
        and not any(step.suffix for step in lower[:-1])
        and all(step.suffix for step in upper[:-1])
    )
