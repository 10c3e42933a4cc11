"""OKX zk V2: from an account to the root. Pure.

1. The leaf is the hash of the id (five elements), the sum of equity and the sum of debt.
2. Within the batch, a binary tree; above it, levels of `branching` children each.
3. Every level has exactly the number of siblings that the shape demands, and the place among
   them is the one that the account's index gives; otherwise an inner node could be a leaf.

Source: liabilities spec, sections 4.2 and 4.3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.liabilities.documents import Node
from crawler.liabilities.interface import PathStep
from crawler.liabilities.plonky2.goldilocks import P
from crawler.liabilities.plonky2.poseidon import Digest, hash_no_pad, two_to_one

MOST_TOTAL = 2**62 - 1
"""Largest sum that the circuit's range checks are made for."""
MOST_LEVELS = 16
MOST_TOKENS = 10_000
_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ID_PIECE = 14
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Level:
    """The other children of one node of a recursive level, on either side."""

    left: tuple[Digest, ...]
    right: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class AccountProof:
    """A customer's file; the sizes are not checked against any tree yet."""

    account_id: str
    equity: tuple[int, ...]
    debt: tuple[int, ...]
    index: int
    batch_siblings: tuple[Digest, ...]
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The tree that a round has, as its general part says."""

    batch_size: int
    """A power of two."""
    branching: int
    levels: int
    tokens: int

    @property
    def accounts(self) -> int:
        """Return how many accounts the tree has room for."""
        room: int = self.batch_size * self.branching**self.levels
        return room


def hex_of(digest: Digest) -> str:
    """Return a digest as the files write it: four numbers of 64 bits, little-endian.

    >>> hex_of((1, 0, 0, 255))[:18], hex_of((1, 0, 0, 255))[-16:]
    ('010000000000000000', 'ff00000000000000')
    """
    return b"".join(limb.to_bytes(8, "little") for limb in digest).hex()


def _digest(node: Node) -> Digest:
    raw = bytes.fromhex(node.hex(64))
    limbs = tuple(int.from_bytes(raw[at : at + 8], "little") for at in range(0, 32, 8))
    if max(limbs) >= P:
        node.refuse("it is not four elements of the field")
    return limbs


def _amounts(node: Node) -> tuple[int, ...]:
    found = []
    for item in node.items(most=MOST_TOKENS):
        text = item.text()
        if _DECIMAL.fullmatch(text) is None or int(text) >= 2**64:
            item.refuse("the text of a whole number of 64 bits was expected")
        found.append(int(text))
    return tuple(found)


def parse(top: Node) -> AccountProof:
    """Return the customer's proof. Raises LiabilitiesError."""
    top.only("account", "index", "sum_tree_siblings", "recursive_tree_siblings")
    account = top.member("account")
    account.only("id", "equity", "debt")
    account_id = account.member("id")
    if _ID.fullmatch(account_id.text()) is None:
        account_id.refuse("64 lowercase hex digits were expected")
    levels = []
    for level in top.member("recursive_tree_siblings").items(most=MOST_LEVELS):
        level.only("left_hashes", "right_hashes")
        sides = (level.member(name).items(most=1024) for name in ("left_hashes", "right_hashes"))
        levels.append(Level(*(tuple(_digest(item) for item in side) for side in sides)))
    siblings = top.member("sum_tree_siblings").items(most=32)
    return AccountProof(
        account_id=account_id.text(),
        equity=_amounts(account.member("equity")),
        debt=_amounts(account.member("debt")),
        index=top.member("index").integer(0, 2**63 - 1),
        batch_siblings=tuple(_digest(item) for item in siblings),
        levels=tuple(levels),
    )


def id_elements(account_id: str) -> list[int]:
    """Return the five elements that 64 hex digits are read as.

    >>> id_elements("0" * 13 + "1" + "0" * 49 + "f")
    [1, 0, 0, 0, 15]
    """
    return [int(account_id[at : at + _ID_PIECE], 16) for at in range(0, 64, _ID_PIECE)]


def shape_faults(proof: AccountProof, shape: Shape) -> list[str]:
    """Return how the proof's sizes differ from the tree's; empty when they do not."""
    faults = []
    depth = shape.batch_size.bit_length() - 1
    if len(proof.batch_siblings) != depth:
        faults.append(f"{len(proof.batch_siblings)} siblings in the batch instead of {depth}")
    if len(proof.levels) != shape.levels:
        faults.append(f"{len(proof.levels)} recursive levels instead of {shape.levels}")
    if proof.index >= shape.accounts:
        faults.append(f"index {proof.index} in a tree of {shape.accounts} accounts")
    place = proof.index // shape.batch_size
    for number, level in enumerate(proof.levels):
        found = (len(level.left), len(level.right))
        wanted = (place % shape.branching, shape.branching - 1 - place % shape.branching)
        if found != wanted:
            faults.append(f"level {number} has {found} siblings left and right, not {wanted}")
        place //= shape.branching
    for name, amounts in (("equity", proof.equity), ("debt", proof.debt)):
        if len(amounts) != shape.tokens:
            faults.append(f"{len(amounts)} figures of {name} for {shape.tokens} tokens")
    return faults


def leaf(account_id: str, equity: int, debt: int) -> Digest:
    """Return the leaf of an account with these sums."""
    return hash_no_pad([*id_elements(account_id), equity % P, debt % P])


def climb(proof: AccountProof) -> tuple[Digest, tuple[PathStep, ...]]:
    """Return the root that the proof leads to, and the nodes on the way."""
    node = leaf(proof.account_id, sum(proof.equity), sum(proof.debt))
    index, steps = proof.index, []
    for depth, sibling in enumerate(proof.batch_siblings):
        side = "left" if index & 1 else "right"
        steps.append(PathStep(f"batch height {depth}", hex_of(node), hex_of(sibling), side))
        node = two_to_one(sibling, node) if index & 1 else two_to_one(node, sibling)
        index >>= 1
    for number, level in enumerate(proof.levels):
        count = len(level.left) + len(level.right)
        steps.append(PathStep(f"level {number}", hex_of(node), "", f"among {count}"))
        node = hash_no_pad(_flat([*level.left, node, *level.right]))
    steps.append(PathStep("root", hex_of(node)))
    return node, tuple(steps)


def _flat(digests: Sequence[Digest]) -> list[int]:
    return [limb for digest in digests for limb in digest]
