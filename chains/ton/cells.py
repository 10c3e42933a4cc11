"""Cells of TON, and bags of them (BoC) as bytes. Pure.

What must hold of a bag, and is checked here:

1. Its sizes add up, to the last byte; its checksum (CRC-32C), where it has one, is right.
2. A cell refers to later cells only, to four at most: there are no circles.
3. A cell has at most 1023 bits; bits that fill up its last byte are a one and zeros.

Of the exotic cells only those that name a library make a `Cell`: such a tree is complete. Trees
with parts left out are read by `merkle`.
Source: the TON whitepaper on TVM, 3.1 and 5.3; crypto/tl/boc.tlb.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple, Protocol

from chains.errors import MalformedAnswer
from chains.ton.wallets import Code, cell_hash

MAGIC = bytes.fromhex("b5ee9c72")
MOST_CELLS = 1 << 16
"""Of one bag; a contract has a few hundred."""
MOST_BITS = 1023
MOST_REFERENCES = 4
EXOTIC, _WITH_HASHES = 0x08, 0x10
_INTERNAL = 0b100
"""An address of the usual kind, without anycast."""
_HASH_BITS = 256
_LIBRARY, _LIBRARY_BITS = 2, 8 + _HASH_BITS
_HAS_INDEX, _HAS_CHECKSUM = 0x80, 0x40
_CHECKSUM_SIZE = 4
DEEPEST = 1_024
_CASTAGNOLI = 0x82F63B78


@dataclass(frozen=True)
class Cell:
    """Up to 1023 bits, as a number, and up to four other cells."""

    value: int
    bits: int
    references: tuple[Cell, ...] = ()
    is_library: bool = False
    """It stands for the cell whose hash it holds behind a byte 2."""

    @cached_property
    def depth(self) -> int:
        """Return how many steps it is to the farthest cell."""
        return 1 + max(one.depth for one in self.references) if self.references else 0

    @cached_property
    def hash(self) -> bytes:
        """Return the representation hash, 32 bytes."""
        references = tuple(one.named for one in self.references)
        return cell_hash(self.value, self.bits, references, kind=EXOTIC * self.is_library)

    @property
    def named(self) -> Code:
        """Return hash and depth."""
        return Code(self.hash, self.depth)


class _Bits(Protocol):
    @property
    def value(self) -> int: ...

    @property
    def bits(self) -> int: ...


class Slice:
    """Reads a cell from its first bit. Every method raises MalformedAnswer when it ends."""

    def __init__(self, cell: _Bits) -> None:
        """Read `cell`."""
        self._value = cell.value
        self.left = cell.bits
        """Bits not yet read."""

    def number(self, bits: int) -> int:
        """Return the next bits as an unsigned number."""
        if bits > self.left:
            raise MalformedAnswer("a cell ends too early")
        self.left -= bits
        found = self._value >> self.left
        self._value &= (1 << self.left) - 1
        return found

    def coins(self) -> int:
        """Return an amount (VarUInteger 16): four bits say how many bytes follow."""
        return self.number(8 * self.number(4))

    def address(self) -> bytes | None:
        """Return 33 bytes of an internal address, or None for another kind.

        After None nothing more can be read.
        """
        if self.number(3) != _INTERNAL:
            return None
        return self.number(8 * 33).to_bytes(33, "big")


def address_cell(address: bytes) -> Cell:
    """Return a cell that holds an internal address of 33 bytes and nothing else."""
    bits = 8 * len(address)
    return Cell(0b100 << bits | int.from_bytes(address, "big"), 3 + bits)


def bag(cell: Cell) -> bytes:
    """Return a bag of one cell without references, with neither index nor checksum.

    >>> bag(Cell(0b101, 3)).hex()
    'b5ee9c72010101010003000001b0'
    """
    if cell.references:
        raise ValueError("only a single cell is written")
    body = bytes([0, _descriptor(cell.bits)]) + _padded(cell)
    return MAGIC + bytes([1, 1, 1, 1, 0, len(body), 0]) + body


class Shape(NamedTuple):
    """One cell as a bag holds it."""

    is_exotic: bool
    mask: int
    """Of levels on which parts below are left out."""
    value: int
    bits: int
    references: list[int]


def root(data: bytes) -> Cell:
    """Return the only root of a bag. Raises MalformedAnswer."""
    roots, shapes = opened(data)
    if len(roots) != 1:
        raise MalformedAnswer("a bag does not hold one tree of cells")
    cells: dict[int, Cell] = {}
    for at in reversed(range(len(shapes))):
        one = shapes[at]
        if one.mask or (
            one.is_exotic and (one.bits != _LIBRARY_BITS or one.value >> _HASH_BITS != _LIBRARY)
        ):
            raise MalformedAnswer("a cell is of a kind that does not belong here")
        below = tuple(cells[reference] for reference in one.references)
        cells[at] = Cell(one.value, one.bits, below, one.is_exotic)
        # From the bottom up, and not when they are asked for: a deep tree would be too deep a call.
        if cells[at].named.depth > DEEPEST:
            raise MalformedAnswer("a tree of cells is too deep")
    return cells[roots[0]]


def opened(data: bytes) -> tuple[list[int], list[Shape]]:
    """Return the places of the roots, and every cell: it refers only to later ones.

    Raises MalformedAnswer.
    """
    if data[:4] != MAGIC or len(data) < len(MAGIC) + 2:
        raise MalformedAnswer("not a bag of cells")
    flags, wide = data[4], data[5]
    size = flags & 0b111
    if not 1 <= size <= 4 or not 1 <= wide <= 8:  # noqa: PLR2004 (bytes of its numbers)
        raise MalformedAnswer("a bag of cells has odd sizes")
    if flags & _HAS_CHECKSUM:
        data, stated = data[:-_CHECKSUM_SIZE], data[-_CHECKSUM_SIZE:]
        if crc32c(data).to_bytes(_CHECKSUM_SIZE, "little") != stated:
            raise MalformedAnswer("the checksum of a bag of cells does not match")
    read = _Bytes(data, 6)
    count, roots, absent = read.number(size), read.number(size), read.number(size)
    total = read.number(wide)
    if not 1 <= roots <= count <= MOST_CELLS or absent:
        raise MalformedAnswer("a bag does not hold the trees of cells that it says")
    places = [read.number(size) for _ in range(roots)]
    if flags & _HAS_INDEX:
        read.take(count * wide)
    if total != len(data) - read.at:
        raise MalformedAnswer("a bag of cells has another size than it says")
    shapes = [_shape(read, size) for _ in range(count)]
    if read.at != len(read.data) or any(one >= count for one in places):
        raise MalformedAnswer("a bag of cells goes on where it should end")
    if any(not at < to < count for at, one in enumerate(shapes) for to in one.references):
        raise MalformedAnswer("a cell refers to an earlier one, or to none")
    return places, shapes


def _shape(read: _Bytes, size: int) -> Shape:
    kind, length = read.number(1), read.number(1)
    references = kind & 0b111
    if kind & _WITH_HASHES or references > MOST_REFERENCES:
        raise MalformedAnswer("a cell is of a kind that does not belong here")
    data = read.take((length + 1) // 2)
    value, bits = int.from_bytes(data, "big"), 8 * len(data)
    if length % 2:
        spare = (value & -value).bit_length() if value else 0
        if not 0 < spare < 8 or bits - spare > MOST_BITS:  # noqa: PLR2004 (inside the last byte)
            raise MalformedAnswer("the last bits of a cell are not filled up as they should be")
        value, bits = value >> spare, bits - spare
    below = [read.number(size) for _ in range(references)]
    return Shape(bool(kind & EXOTIC), kind >> 5, value, bits, below)


def _descriptor(bits: int) -> int:
    return bits // 8 + (bits + 7) // 8


def _padded(cell: Cell) -> bytes:
    spare = -cell.bits % 8
    value = cell.value if not spare else (cell.value << 1 | 1) << spare - 1
    return value.to_bytes((cell.bits + spare) // 8, "big")


class _Bytes:
    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def take(self, size: int) -> bytes:
        found = self.data[self.at : self.at + size]
        if len(found) != size:
            raise MalformedAnswer("a bag of cells ends too early")
        self.at += size
        return found

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")


def crc32c(data: bytes) -> int:
    """Return the Castagnoli checksum.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    state = 0xFFFFFFFF
    table = _table()
    for byte in data:
        state = state >> 8 ^ table[(state ^ byte) & 0xFF]
    return state ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    found = []
    for byte in range(256):
        state = byte
        for _ in range(8):
            state = state >> 1 ^ (_CASTAGNOLI if state & 1 else 0)
        found.append(state)
    return tuple(found)
