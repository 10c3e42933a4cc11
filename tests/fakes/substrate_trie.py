"""Writes the state trie of Substrate, versions 0 and 1, and proofs of it, over plain dictionaries.

Written from the Polkadot specification ("State storage and the storage trie"); it shares no code
with `chains.substrate.proofs`, which reads what stands here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HASHED_FROM = 33
"""Bytes from which version 1 keeps a value outside its node."""


def blake(data: bytes) -> bytes:
    return blake2b(data, digest_size=32).digest()


def length(number: int) -> bytes:
    """A compact number, as SCALE writes it."""
    if number < 64:
        return bytes([number << 2])
    if number < 1 << 14:
        return (number << 2 | 1).to_bytes(2, "little")
    return (number << 2 | 2).to_bytes(4, "little")


@dataclass
class Node:
    path: str
    value: bytes | None = None
    children: dict[int, Node] = field(default_factory=dict)
    code: bytes = b""


def _head(base: int, bits: int, path: str) -> bytes:
    most = (1 << bits) - 1
    count = len(path)
    if count < most:
        head = bytes([base | count])
    else:
        full, rest = divmod(count - most, 255)
        head = bytes([base | most]) + b"\xff" * full + bytes([rest])
    return head + bytes.fromhex(path if count % 2 == 0 else f"0{path}")


class StateTrie:
    """The trie of `values`; `root` is what a header names."""

    def __init__(self, values: Mapping[bytes, bytes], version: int = 1) -> None:
        self.version = version
        items = sorted((key.hex(), value) for key, value in values.items())
        self.top = self._build(items, 0) if items else None
        self.root = blake(self.top.code if self.top else b"\0")

    def proof(self, keys: Iterable[bytes]) -> list[bytes]:
        """The nodes that lead to `keys`, or to where they are not, each once."""
        found: dict[bytes, None] = {}
        for key in keys:
            if self.top is None:
                found[b"\0"] = None
                continue
            node, left = self.top, key.hex()
            found[node.code] = None
            while left.startswith(node.path):
                left = left[len(node.path) :]
                if not left:
                    if node.value is not None and self._is_outside(node.value):
                        found[node.value] = None
                    break
                child = node.children.get(int(left[0], 16))
                if child is None:
                    break
                node, left = child, left[1:]
                if len(node.code) >= 32:
                    found[node.code] = None
        return list(found)

    def _is_outside(self, value: bytes) -> bool:
        return self.version == 1 and len(value) >= HASHED_FROM

    def _build(self, items: list[tuple[str, bytes]], at: int) -> Node:
        first, last = items[0][0], items[-1][0]
        end = at
        while end < len(first) and end < len(last) and first[end] == last[end]:
            end += 1
        node = Node(first[at:end])
        if len(first) == end:
            node.value = items[0][1]
            items = items[1:]
        groups: dict[int, list[tuple[str, bytes]]] = {}
        for key, value in items:
            groups.setdefault(int(key[end], 16), []).append((key, value))
        node.children = {one: self._build(group, end + 1) for one, group in groups.items()}
        node.code = self._encode(node)
        return node

    def _encode(self, node: Node) -> bytes:
        value = node.value
        outside = value is not None and self._is_outside(value)
        shown = b"" if value is None else length(len(value)) + value
        if outside and value is not None:
            shown = blake(value)
        if not node.children:
            return (_head(0x20, 5, node.path) if outside else _head(0x40, 6, node.path)) + shown
        if value is None:
            head = _head(0x80, 6, node.path)
        else:
            head = _head(0x10, 4, node.path) if outside else _head(0xC0, 6, node.path)
        present = sum(1 << one for one in node.children)
        parts = []
        for _, child in sorted(node.children.items()):
            code = child.code if len(child.code) < 32 else blake(child.code)
            parts.append(length(len(code)) + code)
        return head + present.to_bytes(2, "little") + shown + b"".join(parts)
