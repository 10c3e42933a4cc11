"""Blocks as a node describes them: the members that pin a state, checked for shape. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from chains.adapter import SnapshotPoint
from chains.errors import Incapable, MalformedAnswer, UnresolvedReason, WrongState
from chains.evm.hexadecimal import data, quantity, written

_HASH_LENGTH = 32
_LATEST_TIME = 253_402_300_799
"""The last second of the year 9999: what a datetime can hold."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of one network, as far as balances need it."""

    height: int
    hash: bytes
    parent_hash: bytes
    time: int
    """Seconds since 1970, UTC, as in the header."""

    def point(self, network: str) -> SnapshotPoint:
        """Return the snapshot point of this block on `network`."""
        return SnapshotPoint(
            network=network,
            height=self.height,
            block_hash=written(self.hash),
            block_time=datetime.fromtimestamp(self.time, UTC),
        )


def parse_block(value: object) -> Block:
    """Return the block that a node describes with `value`.

    Raises Incapable (`no-block`) for null, which is how a node says that it has no such block,
    and MalformedAnswer when a member is missing or ill-typed.
    """
    if value is None:
        raise Incapable("the node has no such block", reason=UnresolvedReason.NO_BLOCK)
    if not isinstance(value, dict):
        raise MalformedAnswer("a block is not an object")
    block = Block(
        height=quantity(value.get("number")),
        hash=data(value.get("hash"), _HASH_LENGTH),
        parent_hash=data(value.get("parentHash"), _HASH_LENGTH),
        time=quantity(value.get("timestamp")),
    )
    if block.time > _LATEST_TIME:
        raise MalformedAnswer("a block's timestamp is not a time in seconds")
    return block


def require_height(block: Block, height: int) -> Block:
    """Return `block`; raises WrongState when it is not the block at `height`."""
    if block.height != height:
        raise WrongState(f"block {block.height} was answered where {height} was asked")
    return block


def require_same(block: Block, pinned: Block) -> None:
    """Raise WrongState unless `block`, asked for by hash, is `pinned` in every member."""
    if block != pinned:
        raise WrongState(f"another block than {written(pinned.hash)} was answered for this hash")


class Reference(StrEnum):
    """How a node is told which block is meant."""

    HASH = "hash"
    """EIP-1898: the hash, and only if it is canonical."""
    NUMBER = "number"


def block_reference(block: Block, reference: Reference) -> object:
    """Return the block argument of a request."""
    match reference:
        case Reference.HASH:
            return {"blockHash": written(block.hash), "requireCanonical": True}
        case Reference.NUMBER:
            return hex(block.height)
