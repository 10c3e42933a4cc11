"""One pass over the full tree of OKX Merkle V2, in flat memory. Pure.

One node a line, ``hash,height,{"BTC":"..","ETH":"..","USDT":".."}``, level by level from the root
(greatest height) to the leaves (height 1), each level from right to left. What must hold:

1. Heights go down by one from level to level, and the first level is one root.
2. Below each level stand exactly two children for each of its nodes, without its padding node.
3. A padding node is the first line of its level, repeats the hash of the second and has zero
   balances; it is no parent.
4. parent = sha256(left + right + BTC + ETH + USDT + height), sums in plain text, height that of
   the parent; the line of every inner node is exactly that.
5. No balance is negative; the root's sums are those of all leaves together.

The children of a level follow it in the order of their parents, so two readers of one file, one a
level behind the other, meet every parent when its two children have just been read.
"""

from __future__ import annotations

import decimal
import re
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from itertools import islice

from crawler.liabilities.blocks import Duplicates, all_hex, text_blocks
from crawler.liabilities.interface import Check, LiabilitiesError, ProofFile, failed

COINS = ("BTC", "ETH", "USDT")
HIGHEST = 64
SHOWN = 3
"""Wrong lines that are quoted; the rest is counted."""

_DECIMAL = r"([0-9]{1,40}+(?:\.[0-9]{1,8}+)?+)"
_BALANCES = rf'\{{"BTC":"{_DECIMAL}","ETH":"{_DECIMAL}","USDT":"{_DECIMAL}"\}}'
LINE = re.compile(f"([0-9a-f]{{64}}),([1-9][0-9]?),{_BALANCES}", re.ASCII)
LINES = re.compile(f"^(.{{64}}),([1-9][0-9]?),{_BALANCES}\n", re.ASCII | re.MULTILINE)
"""Every line of a block; `all_hex` looks at the hashes."""
SIGNED_LINE = re.compile(r'[0-9a-f]{64},[1-9][0-9]?,\{"BTC":"[^{}]*"\}', re.ASCII)
"""What a line looks like, whatever its balances are."""
NEGATIVE = re.compile(r'"-[0-9.]+"', re.ASCII)

ZERO = ("0", "0", "0")
Line = tuple[str, str, str, str, str]
"""Hash, height, BTC, ETH, USDT."""

EXACT = decimal.Context(prec=100, traps=[decimal.Inexact, decimal.InvalidOperation])
"""Sums of 50 million amounts of at most 48 digits, without loss."""


def plain(amount: Decimal) -> str:
    """Return a decimal without exponent and trailing zeros.

    >>> plain(Decimal("1.500")), plain(Decimal("0E-8")), plain(Decimal("100"))
    ('1.5', '0', '100')
    """
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(slots=True)
class Level:
    """What was seen of one level, in file order (from right to left)."""

    height: int
    lines: int = 0
    has_padding: bool = False
    first: tuple[Line, Line] | None = None
    """The first two lines; None while there is only one."""


class BrokenTreeError(Exception):
    """The tree cannot be followed further; carries the check that failed."""

    def __init__(self, check: Check) -> None:
        super().__init__(check.detail)
        self.check = check


@dataclass(slots=True)
class Tree:
    """What one pass over a full tree found."""

    levels: list[Level] = field(default_factory=list)
    root: Line | None = None
    nodes: int = 0
    wrong: list[str] = field(default_factory=list)
    """Inner nodes that are not what their children make, the first few."""
    wrong_count: int = 0
    sums: list[Decimal] = field(default_factory=lambda: [Decimal(0)] * len(COINS))
    """Of the leaves."""
    places: dict[str, tuple[int, Line]] = field(default_factory=dict)
    """Wanted leaf hash -> its place in the leaf level in file order, and its line."""
    duplicates: Duplicates = field(default_factory=Duplicates)


def _rows(block: str, file: ProofFile, before: int) -> list[Line]:
    """Return the parsed lines of a block; `before` lines stand above it."""
    rows: list[Line] = LINES.findall(block)
    if len(rows) == block.count("\n") and all_hex([row[0] for row in rows]):
        return rows
    for number, line in enumerate(block.splitlines(), start=before + 1):
        if LINE.fullmatch(line) is None:
            _refuse(line, number, file)
    raise LiabilitiesError(f"{file.name}: lines after {before} cannot be split")


def _refuse(line: str, number: int, file: ProofFile) -> None:
    if SIGNED_LINE.fullmatch(line) is not None and NEGATIVE.search(line) is not None:
        detail = f"line {number} has a negative balance; it would lower the total"
        raise BrokenTreeError(failed("no negative balance", detail))
    raise LiabilitiesError(
        f"{file.name}: line {number} is not hash,height,balances",
        hint='64 hex digits, the height, {"BTC":"..","ETH":"..","USDT":".."} with plain decimals',
    )


class ParentReader:
    """The second reader of the file, a level behind: hands out the lines of inner nodes."""

    def __init__(self, file: ProofFile) -> None:
        self._lines = (line for block in text_blocks(file) for line in block.splitlines())
        self.taken = 0

    def take(self, count: int) -> list[str]:
        """Return the next lines; fewer at the end of the file."""
        lines = list(islice(self._lines, count))
        self.taken += len(lines)
        return lines


class TreeReader:
    """One pass over a full tree."""

    def __init__(self, file: ProofFile, wanted: frozenset[str] = frozenset()) -> None:
        self._file = file
        self._wanted = wanted
        self._parents = ParentReader(file)
        self._odd: list[Line] = []
        self.tree = Tree()

    def read(self) -> Tree:
        """Return what was found. Raises LiabilitiesError for lines of another form.

        Raises BrokenTreeError when the levels do not fit together or a balance is negative.
        """
        with decimal.localcontext(EXACT):
            for block in text_blocks(self._file):
                rows = _rows(block, self._file, self.tree.nodes)
                self.tree.nodes += len(rows)
                self._split(rows)
            self._end_level(is_last=True)
        return self.tree

    def _split(self, rows: list[Line]) -> None:
        """Hand the rows of a block to their levels."""
        while rows:
            height = rows[0][1]
            heights = [row[1] for row in rows]
            if heights.count(height) == len(rows):
                run, rows = rows, []
            else:
                end = next(place for place, other in enumerate(heights) if other != height)
                run, rows = rows[:end], rows[end:]
            self._begin_level(int(height))
            self._add(run)

    def _begin_level(self, height: int) -> None:
        levels = self.tree.levels
        if levels and levels[-1].height == height:
            return
        if not levels and height > HIGHEST:
            raise LiabilitiesError(f"{self._file.name}: no tree has {height} levels")
        if levels:
            self._end_level()
            if levels[-1].height != height + 1:
                detail = f"level {height} follows level {levels[-1].height}"
                raise BrokenTreeError(failed("levels", detail))
        levels.append(Level(height))

    def _end_level(self, *, is_last: bool = False) -> None:
        """Check the count of the level that ends against the level above it."""
        levels = self.tree.levels
        if not levels:
            raise LiabilitiesError(f"{self._file.name} is empty")
        level = levels[-1]
        if self._odd:
            detail = f"level {level.height} has {level.lines} nodes: one has no neighbour"
            raise BrokenTreeError(failed("levels", detail))
        if len(levels) > 1 and self._parents.taken != self._above(len(levels) - 1):
            above = levels[-2]
            detail = (
                f"{above.lines - above.has_padding} nodes at height {above.height} need twice as "
                f"many children, not {level.lines}"
            )
            raise BrokenTreeError(failed("levels", detail))
        if is_last and level.height != 1:
            detail = f"the file ends at height {level.height}, the leaves are at height 1"
            raise BrokenTreeError(failed("levels", detail))

    def _above(self, count: int) -> int:
        return sum(level.lines for level in self.tree.levels[:count])

    def _add(self, rows: list[Line]) -> None:
        level = self.tree.levels[-1]
        if len(self.tree.levels) == 1:
            if level.lines or len(rows) > 1:
                raise BrokenTreeError(failed("levels", "there is more than one root"))
            self.tree.root = rows[0]
            level.lines = 1
            if level.height == 1:
                self._leaves(rows, 0)
            return
        place = level.lines
        level.lines += len(rows)
        if self._odd:
            rows = self._odd + rows
            place -= 1
        if len(rows) % 2:
            self._odd, rows = rows[-1:], rows[:-1]
        else:
            self._odd = []
        if not rows:
            return
        if place == 0:
            level.has_padding = _is_padding(rows[0], rows[1])
            self._skip_padding()
        self._pairs(rows, level.height)
        if level.height == 1:
            self._leaves(rows[1:] if place == 0 and level.has_padding else rows, place)

    def _skip_padding(self) -> None:
        """Move the reader of parents past the padding node of its level: it has no children."""
        if self.tree.levels[-2].has_padding:
            self._parents.take(1)

    def _pairs(self, rows: list[Line], height: int) -> None:
        """Compare the parents of these nodes, right and left in turn, with the file's lines."""
        parent = height + 1
        expected = [
            _parent_line(right, left, parent)
            for right, left in zip(rows[::2], rows[1::2], strict=True)
        ]
        stated = self._parents.take(len(expected))
        if stated == expected:
            return
        if len(stated) != len(expected):
            raise BrokenTreeError(failed("levels", f"level {height} has children without parents"))
        tree = self.tree
        for computed, said in zip(expected, stated, strict=True):
            if computed != said:
                tree.wrong_count += 1
                if len(tree.wrong) < SHOWN:
                    tree.wrong.append(f"the file says {said}, its children make {computed}")

    def _leaves(self, rows: list[Line], place: int) -> None:
        tree = self.tree
        hashes = [row[0] for row in rows]
        tree.duplicates.note(hashes)
        for coin in range(len(COINS)):
            tree.sums[coin] += sum([Decimal(row[2 + coin]) for row in rows], Decimal(0))
        for found in self._wanted.intersection(hashes):
            offset = hashes.index(found)
            skipped = place == 0 and tree.levels[-1].has_padding
            tree.places[found] = (place + offset + skipped, rows[offset])


def _is_padding(first: Line, second: Line) -> bool:
    return first[0] == second[0] and first[2:] == ZERO


def _parent_line(right: Line, left: Line, height: int) -> str:
    btc = plain(Decimal(left[2]) + Decimal(right[2]))
    eth = plain(Decimal(left[3]) + Decimal(right[3]))
    usdt = plain(Decimal(left[4]) + Decimal(right[4]))
    text = f"{left[0]}{right[0]}{btc}{eth}{usdt}{height}"
    digest = sha256(text.encode()).hexdigest()
    return f'{digest},{height},{{"BTC":"{btc}","ETH":"{eth}","USDT":"{usdt}"}}'
