"""A customer's file of OKX's zk V1: strict parsing, and what it commits to. Pure.

The customer's row is a leaf of a batch's tree, and the batch's sums are a leaf of the trunk's.
Source: liabilities spec, sections 3.8 and 3.9.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chains.signatures import keccak256
from crawler.liabilities.documents import Node
from crawler.liabilities.starks import field, tree
from crawler.liabilities.starks.constraints import Trace
from crawler.liabilities.starks.field import BLOW_UP, HASH, P
from crawler.liabilities.starks.sum_proof import (
    BLOCK_ROWS,
    LONGEST_BRANCH,
    Config,
    parse_config,
)

TRUNK_ROWS = 32
MOST_INDEX = 2**20
_SIGNED = re.compile(r"0|-?[1-9][0-9]{0,80}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf of a tree, with the path to the root that the file names."""

    root: bytes
    identity: bytes
    total: int
    coins: tuple[int, ...]
    """May be negative."""
    random: bytes
    path: tuple[bytes, ...]
    """The leaf, then the siblings."""
    place: int
    """Number of the user's block, without the empty first one."""
    rows: int

    @property
    def leaves(self) -> int:
        """Return how many leaves a tree with this path has."""
        return 1 << (len(self.path) - 1)

    @property
    def position(self) -> int:
        """Return where the leaf stands in the evaluation domain."""
        return BLOW_UP * (self.rows * (self.place + 1) + self.rows - 2)

    def leaf(self) -> bytes:
        """Return the leaf that the entry's values make."""
        coins = keccak256(b"".join(field.word(coin % P) for coin in self.coins))
        return keccak256(field.word(self.total % P) + coins + self.identity + self.random)

    def faults(self, name: str, trace: Trace | None) -> list[str]:
        """Return what is wrong with the entry by itself, or in a tree of those sizes."""
        found = []
        if trace is not None and (self.leaves, self.rows) != (trace.points, trace.rows):
            found.append(f"{name}: path length or rows are not those of the sum proof")
        # a block behind the last one would be another's row, or none
        if BLOW_UP * self.rows * (self.place + 2) > self.leaves:
            return [*found, f"{name}: index {self.place} is not in a tree of {self.leaves} leaves"]
        if self.path[0] != self.leaf():
            found.append(f"{name}: the values do not make the leaf of the path")
        if tree.climb(self.path, self.position, self.leaves) != self.root:
            found.append(f"{name}: the path leads to another root")
        return found


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A customer's file."""

    user: Entry
    batch: Entry
    """The user's batch, as a leaf of the trunk."""
    config: Config


def _signed(node: Node) -> int:
    text = node.text(longest=100)
    if _SIGNED.fullmatch(text) is None or abs(int(text)) >= P:
        node.refuse("the text of a whole number of the field's size was expected")
    return int(text)


def _hash(node: Node) -> bytes:
    return bytes.fromhex(node.hex(2 * HASH))


def _entry(node: Node, names: tuple[str, str], config: Config, place: int, rows: int) -> Entry:
    path = node.member("merkle_path").items(least=3, most=LONGEST_BRANCH)
    return Entry(
        root=_hash(node.member(names[0])),
        identity=_hash(node.member(names[1])),
        total=_signed(node.member("total_value")),
        coins=tuple(_signed(node.member(coin)) for coin in config.coins),
        random=_hash(node.member("random_number")),
        path=tuple(_hash(item) for item in path),
        place=place,
        rows=rows,
    )


_ENTRY = ("total_value", "random_number", "merkle_path")
_USER = ("batch_mtree_root", "user_id")
_BATCH = ("trunk_mtree_root", "batch_id")
_PLACES = ("user_index", "batch_index", "uts")


def parse(top: Node) -> Inclusion:
    """Return the customer's proof. Raises LiabilitiesError with the place of the fault."""
    top.only("batch_inclusion_proof", "trunk_inclusion_proof", "config")
    config = parse_config(top.member("config"))
    user, batch = top.member("batch_inclusion_proof"), top.member("trunk_inclusion_proof")
    reserved = {*_ENTRY, *_USER, *_BATCH, *_PLACES}
    if reserved & set(config.coins):
        top.refuse("a coin has the name of another member")
    user.only(*_ENTRY, *_USER, *_PLACES, *config.coins)
    batch.only(*_ENTRY, *_BATCH, *config.coins)
    user_place, batch_place = (
        user.member(name).integer(0, MOST_INDEX) for name in ("user_index", "batch_index")
    )
    rows = user.member("uts").integer(1, max(BLOCK_ROWS))
    if rows not in BLOCK_ROWS:
        user.refuse("uts must be 16, 32 or 64")
    return Inclusion(
        user=_entry(user, _USER, config, user_place, rows),
        batch=_entry(batch, _BATCH, config, batch_place, TRUNK_ROWS),
        config=config,
    )
