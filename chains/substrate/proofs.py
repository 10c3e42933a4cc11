"""State proofs of Substrate: what a state holds at a key, and that it holds nothing there. Pure.

The state is a radix trie over nibbles, both versions of it. What must hold:

1. The root's bytes hash (BLAKE2b-256) to the state root of the header.
2. Every node on the way is either inside its parent (shorter than 32 bytes) or hashes to what the
   parent names. Version 1 also keeps values of more than 32 bytes outside, by hash.
3. Every node is used up to its last byte, and the padding of a path is zero.
4. The way ends at the key's value, or at a place where the key would have to be and is not.

A node's first byte says what it is, and how many nibbles of path follow::

    00000000  nothing        01nnnnnn  leaf               10nnnnnn  branch
    0001nnnn  branch, hashed value        001nnnnn  leaf, hashed value
    11nnnnnn  branch with a value

Source: the Polkadot specification, "State storage and the storage trie".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chains.errors import MalformedAnswer, UnresolvedReason
from chains.substrate.headers import HASH_SIZE, blake2_256
from chains.substrate.scale import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LONGEST_PATH = 1 << 12
"""Nibbles; keys of balances have fewer than 200."""
_MORE = 255
_CHILDREN = 16


class _Kind(NamedTuple):
    """What the first byte of a node says."""

    bits: int
    """How many of its low bits count nibbles."""
    is_branch: bool
    has_value: bool
    is_hashed: bool


class _Value(NamedTuple):
    data: bytes
    is_hashed: bool


class _Node(NamedTuple):
    path: str
    """Nibbles as hex digits."""
    value: _Value | None
    children: Mapping[str, bytes]
    """Nibble -> a node's hash, or the node itself when it is shorter."""


class StateProof:
    """What is known of one state from the nodes that a server sent."""

    def __init__(self, state_root: bytes, nodes: Iterable[bytes]) -> None:
        """Keep `nodes`, in any order, and surplus ones too; nothing is checked yet."""
        self._root = state_root
        self._nodes = {blake2_256(node): node for node in nodes}
        self._read: dict[bytes, _Node] = {}

    def value(self, key: bytes) -> bytes | None:
        """Return what the state holds at `key`, or None when it is shown to hold nothing.

        Raises MalformedAnswer when the nodes show neither.
        """
        left = key.hex()
        node = self._node(self._root)
        while True:
            if not left.startswith(node.path):
                return None
            left = left[len(node.path) :]
            if not left:
                return None if node.value is None else self._resolved(node.value)
            child = node.children.get(left[0])
            if child is None:
                return None
            left = left[1:]
            node = self._node(child)

    def _resolved(self, value: _Value) -> bytes:
        return self._part(value.data) if value.is_hashed else value.data

    def _part(self, hashed: bytes) -> bytes:
        found = self._nodes.get(hashed)
        if found is None:
            raise MalformedAnswer(
                "the proof does not lead from the state root to the key",
                reason=UnresolvedReason.MISSING_ANSWER,
            )
        return found

    def _node(self, reference: bytes) -> _Node:
        found = self._read.get(reference)
        if found is None:
            is_hash = len(reference) == HASH_SIZE
            found = _decoded(self._part(reference) if is_hash else reference)
            self._read[reference] = found
        return found


def _kind(first: int) -> _Kind:
    match first >> 6:
        case 0b01:
            return _Kind(6, is_branch=False, has_value=True, is_hashed=False)
        case 0b10:
            return _Kind(6, is_branch=True, has_value=False, is_hashed=False)
        case 0b11:
            return _Kind(6, is_branch=True, has_value=True, is_hashed=False)
        case _ if first >> 5 == 1:
            return _Kind(5, is_branch=False, has_value=True, is_hashed=True)
        case _ if first >> 4 == 1:
            return _Kind(4, is_branch=True, has_value=True, is_hashed=True)
        case _:
            raise MalformedAnswer("a node of the proof is of no known kind")


def _decoded(data: bytes) -> _Node:
    if data == b"\0":
        return _Node("", None, {})
    read = Reader(data)
    first = read.number(1)
    kind = _kind(first)
    path = _path(read, first & (1 << kind.bits) - 1, (1 << kind.bits) - 1)
    present = read.number(2) if kind.is_branch else 0
    value = None
    if kind.has_value:
        value = _Value(read.take(HASH_SIZE) if kind.is_hashed else read.sized(), kind.is_hashed)
    children = {
        f"{nibble:x}": _reference(read) for nibble in range(_CHILDREN) if present >> nibble & 1
    }
    read.end()
    return _Node(path, value, children)


def _reference(read: Reader) -> bytes:
    found = read.sized()
    if not 0 < len(found) <= HASH_SIZE:
        raise MalformedAnswer("a node of the proof names a child in an unknown way")
    return found


def _path(read: Reader, count: int, most: int) -> str:
    if count == most:
        more = _MORE
        while more == _MORE and count < _LONGEST_PATH:
            more = read.number(1)
            count += more
    if count > _LONGEST_PATH:
        raise MalformedAnswer("a node of the proof has too long a path")
    nibbles = read.take((count + 1) // 2).hex()
    if count % 2 and nibbles[0] != "0":
        raise MalformedAnswer("the path in a node of the proof is not padded with zero")
    return nibbles[count % 2 :]
