r"""Merkle-Patricia proofs of accounts and storage words (EIP-1186), checked against a root. Pure.

What must hold of a proof (yellow paper, appendix D):

1. The first node hashes to the root, each next node to the reference that its parent keeps.
2. The references lie on the path of the key: the nibbles of Keccak-256 of the address or slot.
3. The path ends in a leaf with exactly the rest of the key (the value is proven), or in an empty
   branch place, or in a leaf or extension of another key (the absence is proven).
4. Every node that was supplied is used: one that is not, or that differs from the one with the same
   hash, is a reason to refuse the proof.

An absent account has nothing, and an absent storage word is 0: both are positive evidence. So is a
word of 0 that stands in a leaf: Ethereum takes such leaves out, anvil and its like leave them in.
A node near the root is checked once: the `TrieMemo` keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sha3 import keccak_256

from chains.errors import ChainsError, MalformedAnswer
from chains.evm.rlp import number_of, spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
"""Keccak-256 of the RLP of nothing: the root of a trie without entries."""

EMPTY_CODE = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
"""Keccak-256 of nothing: the code hash of an account without code."""

MEMO_DEPTH = 5
"""Nibbles below the root down to which nodes are kept: of a million accounts' paths, almost all
nodes above are shared and almost none below, so the memory stays below 50 MB."""

_HASH_SIZE = 32
_BRANCH_ITEMS = 17
_SHORT_ITEMS = 2
_ACCOUNT_ITEMS = 4
_FULL_BRANCH_SIZE = 532
_FULL_BRANCH_MARKS = b"\xa0" * 16
_NIBBLES = {digit: value for value, digit in enumerate("0123456789abcdef")}


class ProofError(ChainsError):
    """The proof does not show what it should; it says nothing about the balance."""


class Account(NamedTuple):
    """What the state trie holds of an account; of an absent one, `ABSENT`."""

    nonce: int
    balance: int
    storage_root: bytes
    code_hash: bytes


ABSENT = Account(0, 0, EMPTY_ROOT, EMPTY_CODE)

_Items = tuple[tuple[bytes, bool], ...]
"""(content, whether it is a list) of each item of a node that is not a full branch."""


class _Node(NamedTuple):
    raw: bytes
    items: _Items | None
    """None for a branch of 16 hashes, whose places need no search."""


class TrieMemo:
    """Nodes whose hash was checked before, by hash. Shared by all proofs of one state or more."""

    __slots__ = ("_nodes",)

    def __init__(self) -> None:
        self._nodes: dict[bytes, _Node] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def add(self, raw: bytes) -> None:
        """Keep a node, whatever its depth: for proofs whose nodes come in one heap."""
        self._nodes[keccak_256(raw).digest()] = _parse(raw)

    def supplied(self, nodes: Iterable[bytes]) -> Callable[[bytes, int], _Node]:
        """Return what gives the node of a hash at a depth, from a list in the order of a path."""
        following = iter(nodes)
        known = self._nodes

        def step(expected: bytes, depth: int) -> _Node:
            raw = next(following, None)
            if raw is None:
                raise ProofError("the proof ends before its path does")
            node = known.get(expected)
            if node is not None:
                if node.raw != raw:
                    raise ProofError("a node does not hash to what its parent says")
                return node
            if keccak_256(raw).digest() != expected:
                raise ProofError("a node does not hash to what its parent says")
            node = _parse(raw)
            if depth < MEMO_DEPTH:
                known[expected] = node
            return node

        return step

    def kept(self, expected: bytes, _depth: int) -> _Node:
        """Return a node from the heap; raises ProofError when it is not there."""
        node = self._nodes.get(expected)
        if node is None:
            raise ProofError("a node of the path is missing")
        return node


def account_at(
    state_root: bytes, address: bytes, nodes: Sequence[bytes] | None, memo: TrieMemo
) -> Account:
    """Return the account at `address` in the state of `state_root`; `ABSENT` if it has none.

    `nodes` are those of the path from the root, or None when `memo` holds them all. Raises
    ProofError.
    """
    value = value_at(state_root, address, nodes, memo)
    if value is None:
        return ABSENT
    try:
        items = spans(value)
        if len(items) != _ACCOUNT_ITEMS or any(nested for _, _, nested in items):
            raise ProofError("the leaf is no account")
        nonce, balance, storage_root, code_hash = (value[start:end] for start, end, _ in items)
        if len(storage_root) != _HASH_SIZE or len(code_hash) != _HASH_SIZE:
            raise ProofError("the leaf is no account")
        return Account(number_of(nonce), number_of(balance), storage_root, code_hash)
    except MalformedAnswer as error:
        raise ProofError(f"the leaf is no account: {error}") from error


def storage_at(
    storage_root: bytes, slot: bytes, nodes: Sequence[bytes] | None, memo: TrieMemo
) -> int:
    """Return the word at `slot` (32 bytes) below `storage_root`; 0 if it is absent, or written so.

    Raises ProofError.
    """
    value = value_at(storage_root, slot, nodes, memo)
    if value is None:
        return 0
    if not 0 < len(value) <= _HASH_SIZE + 1:
        raise ProofError("the leaf is no storage word")
    try:
        # Read as the only item of a list, and so strictly.
        ((start, end, nested),) = spans(listed := bytes((0xC0 + len(value),)) + value)
        word = number_of(listed[start:end])
    except (MalformedAnswer, ValueError) as error:
        raise ProofError("the leaf is no storage word") from error
    if nested:
        raise ProofError("the leaf is no storage word")
    return word


def value_at(
    root: bytes, key: bytes, nodes: Sequence[bytes] | None, memo: TrieMemo
) -> bytes | None:
    """Return the bytes that the trie of `root` holds for `key`, or None if it holds none.

    `key` is what is hashed to the path. Raises ProofError when neither is shown.
    """
    if root == EMPTY_ROOT:
        # Clients show an empty trie by no node, or by the RLP of nothing.
        if nodes is not None and list(nodes) not in ([], [b"\x80"]):
            raise ProofError("nodes are supplied for an empty trie")
        return None
    following = iter(()) if nodes is None else iter(nodes)
    fetch = memo.kept if nodes is None else memo.supplied(following)
    found = _walk(root, keccak_256(key).hexdigest(), fetch)
    if next(following, None) is not None:
        raise ProofError("the proof has more nodes than its path")
    return found


def _walk(root: bytes, path: str, fetch: Callable[[bytes, int], _Node]) -> bytes | None:
    depth = 0
    node = fetch(root, 0)
    while True:
        if node.items is None:
            at = 4 + 33 * _nibble(path, depth)
            depth += 1
            node = fetch(node.raw[at : at + _HASH_SIZE], depth)
            continue
        if len(node.items) == _BRANCH_ITEMS:
            reference, nested = node.items[_nibble(path, depth)]
            depth += 1
            if not reference:
                return None
        else:
            (compact, _), (reference, nested) = node.items
            digits = compact.hex()
            is_leaf = digits[0] in "23"
            part = digits[1:] if digits[0] in "13" else digits[2:]
            if is_leaf:
                if nested:
                    raise ProofError("a leaf holds a list in place of its value")
                return reference if part == path[depth:] else None
            if path[depth : depth + len(part)] != part:
                return None
            depth += len(part)
        if nested:
            # A child of fewer than 32 bytes stands inside its parent.
            node = _parse(reference)
        elif len(reference) == _HASH_SIZE:
            node = fetch(reference, depth)
        else:
            raise ProofError("a reference is no hash")


def _nibble(path: str, depth: int) -> int:
    if depth >= len(path):
        raise ProofError("the path is longer than its key")
    return _NIBBLES[path[depth]]


def _parse(raw: bytes) -> _Node:
    if (
        len(raw) == _FULL_BRANCH_SIZE
        and raw[:3] == b"\xf9\x02\x11"
        and raw[3:531:33] == _FULL_BRANCH_MARKS
        and raw[531] == 0x80  # noqa: PLR2004 (no value)
    ):
        return _Node(raw, None)
    try:
        items = tuple((raw[start:end], nested) for start, end, nested in spans(raw))
    except MalformedAnswer as error:
        raise ProofError(f"a node is damaged: {error}") from error
    if len(items) == _BRANCH_ITEMS:
        if items[-1] != (b"", False):
            raise ProofError("a branch holds a value, where all keys are of one length")
    elif len(items) == _SHORT_ITEMS:
        _require_compact(*items[0])
    else:
        raise ProofError("a node has neither 2 nor 17 items")
    return _Node(raw, items)


def _require_compact(compact: bytes, nested: bool) -> None:  # noqa: FBT001 (a member of an item)
    """Raise unless this is a hex-prefix path: a flag of 0 to 3, and 0 where nothing stands."""
    flag = compact[:1].hex()
    if nested or not flag or flag[0] not in "0123" or (flag[0] in "02" and flag[1] != "0"):
        raise ProofError("a node has no proper path")
