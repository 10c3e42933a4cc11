"""Merkle proofs of TON: trees of cells in which parts are left out. Pure.

A proof is an exotic cell with the hash and the depth of a whole tree, and that tree, parts of which
are pruned: an exotic cell stands for each, with hash and depth of what it replaces. The tree is the
one that was promised if its root, hashed over what pruned cells say, has that hash. What was pruned
cannot be read, and is never taken for empty.

Source: the TON whitepaper on TVM, 3.1.7 (exotic cells; level masks).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Self

from chains.errors import MalformedAnswer, UnresolvedReason
from chains.ton.cells import DEEPEST, EXOTIC, Shape, Slice, opened
from chains.ton.wallets import Code, cell_hash

_HASH, _DEPTH = 256, 16
_TYPE = 8
_LEVELS = 3


class Kind(Enum):
    """What a cell is: the first byte of an exotic one."""

    ORDINARY = 0
    PRUNED = 1
    LIBRARY = 2
    PROOF = 3
    UPDATE = 4


@dataclass(frozen=True)
class Branch:
    """A cell of a tree, parts of which may be left out."""

    shape: Shape
    references: tuple[Self, ...]
    kind: Kind

    @property
    def value(self) -> int:
        """Return the bits, as a number."""
        return self.shape.value

    @property
    def bits(self) -> int:
        """Return how many bits there are."""
        return self.shape.bits

    @cached_property
    def named(self) -> Code:
        """Return hash and depth of the whole tree that begins here, pruned parts included."""
        if self.kind is Kind.PRUNED:
            return self.replaced(0)
        if self.kind is Kind.UPDATE:
            # What is below an update was pruned once already: there the next level counts.
            below = tuple(one.replaced(1) for one in self.references)
        else:
            below = tuple(one.named for one in self.references)
        depth = 1 + max(one.depth for one in below) if below else 0
        kind = 0 if self.kind is Kind.ORDINARY else EXOTIC
        return Code(cell_hash(self.value, self.bits, below, kind=kind), depth)

    def replaced(self, level: int) -> Code:
        """Return what a pruned cell stands for, seen from `level`: itself, if nothing deeper.

        It has one hash and one depth for each bit of its mask. Raises MalformedAnswer.
        """
        if self.kind is not Kind.PRUNED:
            raise MalformedAnswer("a proof holds a part that should be left out")
        mask = self.value >> self.bits - 2 * _TYPE & 0xFF
        count, index = mask.bit_count(), (mask & (1 << level) - 1).bit_count()
        if not count or mask >= 1 << _LEVELS or (self.bits != 2 * _TYPE + count * (_HASH + _DEPTH)):
            raise MalformedAnswer("a pruned cell does not say what it stands for")
        if index == count:
            return Code(cell_hash(self.value, self.bits, kind=EXOTIC | mask << 5), 0)
        read = Slice(self)
        read.number(2 * _TYPE + index * _HASH)
        found = read.number(_HASH).to_bytes(_HASH // 8, "big")
        read.number((count - index - 1) * _HASH + index * _DEPTH)
        return Code(found, read.number(_DEPTH))

    def read(self) -> Slice:
        """Return what reads an ordinary cell. Raises MalformedAnswer for one that was left out."""
        if self.kind is not Kind.ORDINARY:
            raise MalformedAnswer(
                "the proof leaves out a part that is needed", reason=UnresolvedReason.MISSING_ANSWER
            )
        return Slice(self)

    def below(self, at: int) -> Self:
        """Return a cell that is referred to. Raises MalformedAnswer when there is none."""
        if at >= len(self.references):
            raise MalformedAnswer("a cell of the proof lacks a reference")
        return self.references[at]


def proven(data: bytes) -> list[Branch]:
    """Return, for each root of a bag, the tree that it proves. Raises MalformedAnswer."""
    places, shapes = opened(data)
    cells: dict[int, Branch] = {}
    for at in reversed(range(len(shapes))):
        shape = shapes[at]
        cells[at] = Branch(shape, tuple(cells[one] for one in shape.references), _kind(shape))
        # From the bottom up, and not when they are asked for: a deep tree would be too deep a call.
        if cells[at].named.depth > DEEPEST:
            raise MalformedAnswer("a tree of cells is too deep")
    return [_root(cells[place]) for place in places]


def _kind(shape: Shape) -> Kind:
    if not shape.is_exotic:
        return Kind.ORDINARY
    first = shape.value >> shape.bits - _TYPE if shape.bits >= _TYPE else 0
    sizes = {
        Kind.LIBRARY.value: (_TYPE + _HASH, 0),
        Kind.PROOF.value: (_TYPE + _HASH + _DEPTH, 1),
        Kind.UPDATE.value: (_TYPE + 2 * (_HASH + _DEPTH), 2),
    }
    if first == Kind.PRUNED.value and not shape.references and shape.bits >= 2 * _TYPE:
        return Kind.PRUNED
    if sizes.get(first) != (shape.bits, len(shape.references)):
        raise MalformedAnswer("an exotic cell is of no known kind")
    return Kind(first)


def _root(cell: Branch) -> Branch:
    if cell.kind is not Kind.PROOF:
        raise MalformedAnswer("a root is not a Merkle proof")
    read, tree = Slice(cell), cell.below(0)
    read.number(_TYPE)
    promised = Code(read.number(_HASH).to_bytes(_HASH // 8, "big"), read.number(_DEPTH))
    if tree.named != promised:
        raise MalformedAnswer("a Merkle proof does not have the hash that it promises")
    return tree


def updated(cell: Branch) -> bytes:
    """Return the hash of the state after a block, from its state update. Raises MalformedAnswer."""
    if cell.kind is not Kind.UPDATE:
        raise MalformedAnswer("a block of the proof does not hold a state update")
    read = Slice(cell)
    read.number(_TYPE + _HASH)
    found = read.number(_HASH).to_bytes(_HASH // 8, "big")
    if cell.below(1).replaced(0) != Code(found, cell.value & (1 << _DEPTH) - 1):
        raise MalformedAnswer("a state update does not name the state that it holds")
    return found
