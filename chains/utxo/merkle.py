"""Merkle branches: that a transaction is in the block whose header states a root. Pure.

What must hold of a proof:

1. The branch has at most 32 nodes of 32 bytes each: no block holds 2^32 transactions.
2. The position fits a tree of that depth; a larger one would have its upper bits ignored, so one
   transaction would have several positions.
3. Folding the branch onto the id, left or right by the position's bits, gives the root.

That the id is one of a transaction and not of an inner node is for the reader of the raw
transaction to check (`transactions.parse` refuses 64 bytes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.errors import MalformedAnswer, WrongState
from chains.signatures import sha256d
from chains.utxo.transactions import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEEPEST = 32
_NODE = 32


def hash_bytes(text: object) -> bytes:
    """Return the hash that `text` writes as servers do, in the order it is computed.

    Raises MalformedAnswer for what is no lower- or upper-case hex of 32 bytes.
    """
    try:
        digest = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        digest = b""
    if len(digest) != _NODE:
        raise MalformedAnswer("not a hash of 32 bytes in hex")
    return digest[::-1]


def root(txid: str, position: int, branch: Sequence[str]) -> str:
    """Return the root that `branch`, from the leaf up, gives for a transaction at `position`.

    Raises MalformedAnswer when rule 1 or 2 is broken.

    >>> alone = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"
    >>> root(alone, 0, []) == alone
    True
    """
    if len(branch) > _DEEPEST:
        raise MalformedAnswer("a Merkle branch is deeper than any block")
    if not 0 <= position < 1 << len(branch):
        raise MalformedAnswer("a Merkle branch is too short for its position")
    node = hash_bytes(txid)
    for level, text in enumerate(branch):
        other = hash_bytes(text)
        node = sha256d(other + node if position >> level & 1 else node + other)
    return shown(node)


def require_in_block(txid: str, position: int, branch: Sequence[str], merkle_root: str) -> None:
    """Check that the transaction is in the block with `merkle_root`; raises WrongState."""
    if root(txid, position, branch) != merkle_root:
        raise WrongState(f"transaction {txid} is not in the block that the server names")
