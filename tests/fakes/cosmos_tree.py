"""Merkle trees of Cosmos ledgers that give ICS-23 proofs: a balanced IAVL tree, and a simple one.

Formats: github.com/cosmos/iavl (docs/node) and `proofs.proto` of github.com/cosmos/ics23; the
simple tree splits as RFC 6962 does.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 7


def varint(number: int) -> bytes:
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    return bytes([*written, number])


def part(number: int, value: bytes | int) -> bytes:
    """One field of a protobuf message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


class Tree:
    """Over the keys in order. A path is (prefix, suffix) from the leaf to the root."""

    def __init__(self, content: Mapping[bytes, bytes], *, is_iavl: bool) -> None:
        self.keys = sorted(content)
        self.content = dict(content)
        self._is_iavl = is_iavl
        self.paths: dict[bytes, list[tuple[bytes, bytes]]] = {key: [] for key in self.keys}
        self.root = self._build(self.keys)[0] if self.keys else b""

    def _leaf_prefix(self) -> bytes:
        return b"\0" + varint(2) + varint(2 * VERSION) if self._is_iavl else b"\0"

    def _build(self, keys: list[bytes]) -> tuple[bytes, int]:
        """Hash and height of the subtree over `keys`; their paths grow."""
        if len(keys) == 1:
            value = hashlib.sha256(self.content[keys[0]]).digest()
            inner = self._leaf_prefix() + varint(len(keys[0])) + keys[0] + varint(32) + value
            return hashlib.sha256(inner).digest(), 0
        half = 1 << (len(keys) - 1).bit_length() - 1
        lower, upper = keys[:half], keys[half:]
        left, one = self._build(lower)
        right, other = self._build(upper)
        height = 1 + max(one, other)
        head, mark = b"\1", b""
        if self._is_iavl:
            head = varint(2 * height) + varint(2 * len(keys)) + varint(2 * VERSION)
            mark = varint(32)
        for key in lower:
            self.paths[key].append((head + mark, mark + right))
        for key in upper:
            self.paths[key].append((head + mark + left + mark, b""))
        return hashlib.sha256(head + mark + left + mark + right).digest(), height

    def _exists(self, key: bytes) -> bytes:
        op = part(1, 1) + part(3, 1) + part(4, 1) + part(5, self._leaf_prefix())
        found = part(1, key) + part(2, self.content[key]) + part(3, op)
        for prefix, suffix in self.paths[key]:
            step = part(1, 1) + part(2, prefix) + (part(3, suffix) if suffix else b"")
            found += part(4, step)
        return found

    def present(self, key: bytes) -> bytes:
        return part(1, self._exists(key))

    def absent(self, key: bytes, *, around: bool = False) -> bytes:
        """With `around`, a false proof, from the neighbours of a key that is there."""
        lower = [one for one in self.keys if one < key]
        upper = [one for one in self.keys if one > key]
        assert around or key not in self.content
        found = part(1, key)
        if lower:
            found += part(2, self._exists(lower[-1]))
        if upper:
            found += part(3, self._exists(upper[0]))
        return part(2, found)


def iavl(content: Mapping[bytes, bytes]) -> Tree:
    return Tree(content, is_iavl=True)


def simple(content: Mapping[bytes, bytes]) -> Tree:
    return Tree(content, is_iavl=False)
