"""The contract of a list format: text lines in, classified lines out. Pure; reads no files.

Every input line ends in exactly one class of `Census`; their sum is the line count.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from crawler.models import Claim, MalformedRow, SummaryRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from crawler.entities import CoinMapping

Entry = Claim | MalformedRow | SummaryRow
"""What a parser yields. Headers and blank lines are only counted."""

NULL_TOKENS = frozenset({"", "null", "NULL", "Null", "\\N", "-"})
"""Cells that mean "no value" (specs/wallet-lists: III.5)."""


class MalformedReason(StrEnum):
    """Why a line is not a claim. Stable codes: they appear in reports."""

    CELLS = "cells"
    """Too few cells for the layout, or more than it has."""
    COIN = "coin"
    ADDRESS = "address"
    AMOUNT = "amount"
    HEIGHT = "height"
    TYPE = "type"
    ENCODING = "encoding"
    """Bytes that are not UTF-8, or characters that cannot be seen."""
    QUOTE = "quote"
    BRACKETS = "brackets"
    LENGTH = "length"
    """A line longer than `crawler.lists.lines.LINE_LIMIT`."""
    SPREADSHEET = "spreadsheet"
    """A cell that a spreadsheet has rewritten; the detail names the damage."""
    SUMMARY = "summary"
    """A line outside the detail section that is neither summary, header nor blank."""
    NO_HEADER = "no-header"
    """A line that looks like a detail row, but no header says what its cells mean."""


@dataclass(slots=True)
class Census:
    """How many lines of each class were seen; complete when the iterator is exhausted."""

    lines: int = 0
    summary: int = 0
    header: int = 0
    blank: int = 0
    claims: int = 0
    malformed: int = 0
    continuation: int = 0
    """Further physical lines of a quoted row that spans several."""
    outside_detail: int = 0
    """Those of `malformed` that stand outside a detail section. Not a class of its own."""
    unknown_columns: list[str] = field(default_factory=list)
    """Header cells that no rule knows; kept and reported."""

    def is_complete(self) -> bool:
        """Return whether every line is accounted for in exactly one class."""
        classes = (
            self.summary, self.header, self.blank, self.claims, self.malformed, self.continuation,
        )  # fmt: skip
        return sum(classes) == self.lines

    def detail_rows(self) -> int:
        """Return the number of rows below a detail header, claims or not."""
        return self.claims + self.malformed - self.outside_detail


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a parser needs to know of the entity. Lookup of coins ignores case and blanks."""

    entity: str
    coins: Mapping[str, CoinMapping]
    """Keyed by the published name, upper case."""
    heights: Mapping[str, int] = field(default_factory=dict)
    """Network -> height that replaces the list's own (``--height``)."""


class ListFormat(Protocol):
    """One published format. Stateless; `parse` may be called several times on one list."""

    @property
    def name(self) -> str:
        """Short and stable, for example ``okx``."""
        ...

    @property
    def example_header(self) -> str:
        """A header of this format, to show to somebody whose list has another one."""
        ...

    def recognises(self, head: Sequence[str]) -> bool:
        """Return whether one of these lines (without line ends) is a header of this format."""
        ...

    def parse(
        self, lines: Iterable[bytes], *, file: str, vocabulary: Vocabulary, census: Census
    ) -> Iterator[Entry]:
        """Yield the entries in file order, counting into `census`.

        `lines` are raw physical lines with their ends, as `crawler.lists.lines.split_lines`
        makes them. Raises ListError, after the last line, only when there is no detail
        header at all. `file` becomes the `file` of every entry; rows count from 1.
        """
        ...
