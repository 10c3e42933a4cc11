"""A Merkle-Patricia trie built from its definition (yellow paper, appendix D), with proofs.

Written apart from the packages under test: recursive, over the whole set of keys, no updates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sha3

if TYPE_CHECKING:
    from collections.abc import Mapping

Rlp = bytes | list["Rlp"]


def keccak(octets: bytes) -> bytes:
    digest: bytes = sha3.keccak_256(octets).digest()
    return digest


def rlp(item: Rlp) -> bytes:
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _length(len(item), 0x80) + item
    payload = b"".join(map(rlp, item))
    return _length(len(payload), 0xC0) + payload


def _length(size: int, offset: int) -> bytes:
    if size < 56:
        return bytes([offset + size])
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(digits)]) + digits


def number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _compact(nibbles: str, flag: int) -> bytes:
    odd = len(nibbles) % 2
    head = f"{flag + odd:x}" + ("" if odd else "0")
    return bytes.fromhex(head + nibbles)


@dataclass
class Trie:
    """The trie of `entries`; `secure` hashes the keys, as state and storage tries do."""

    entries: Mapping[bytes, bytes]
    secure: bool = True
    nodes: dict[bytes, bytes] = field(default_factory=dict)
    root: bytes = b""

    def __post_init__(self) -> None:
        keyed = {self.path(key): value for key, value in self.entries.items()}
        top = rlp(self._node(keyed) if keyed else b"")
        self.root = keccak(top)
        self.nodes[self.root] = top

    def path(self, key: bytes) -> str:
        return (keccak(key) if self.secure else key).hex()

    def _node(self, entries: dict[str, bytes]) -> Rlp:
        if len(entries) == 1:
            ((path, value),) = entries.items()
            return [_compact(path, 2), value]
        shared = _shared(list(entries))
        if shared:
            rest = {path[len(shared) :]: value for path, value in entries.items()}
            return [_compact(shared, 0), self._reference(rest)]
        places: list[Rlp] = []
        for digit in "0123456789abcdef":
            below = {path[1:]: value for path, value in entries.items() if path[0] == digit}
            places.append(self._reference(below) if below else b"")
        return [*places, b""]

    def _reference(self, entries: dict[str, bytes]) -> Rlp:
        node = self._node(entries)
        raw = rlp(node)
        if len(raw) < 32:
            return node
        digest = keccak(raw)
        self.nodes[digest] = raw
        return digest

    def proof(self, key: bytes) -> list[bytes]:
        """The nodes on the path of `key`, as eth_getProof gives them."""
        if not self.entries:
            return []
        proof = [self.nodes[self.root]]
        self._descend({self.path(k): v for k, v in self.entries.items()}, self.path(key), proof)
        return proof

    def _descend(self, entries: dict[str, bytes], path: str, proof: list[bytes]) -> None:
        if len(entries) == 1:
            return
        shared = _shared(list(entries))
        if not path.startswith(shared):
            return
        step = shared or path[0]
        below = {p[len(step) :]: v for p, v in entries.items() if p.startswith(step)}
        if not below:
            return
        raw = rlp(self._node(below))
        if len(raw) >= 32:
            proof.append(raw)
        self._descend(below, path[len(step) :], proof)


def _shared(paths: list[str]) -> str:
    first, last = min(paths), max(paths)
    count = 0
    while first[count] == last[count]:
        count += 1
    return first[:count]


def account_leaf(
    balance: int, *, nonce: int = 0, storage_root: bytes = b"", code_hash: bytes = b""
) -> bytes:
    return rlp(
        [
            number(nonce),
            number(balance),
            storage_root or keccak(rlp(b"")),
            code_hash or keccak(b""),
        ]
    )
