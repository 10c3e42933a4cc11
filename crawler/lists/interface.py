"""The contract of a list format: text lines in, classified lines out. Pure; reads no files.

Every input line ends in exactly one class of `Census`; their sum is the line count.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from crawler.models import Claim, ClaimKind, MalformedRow, SummaryRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chains.adapter import OwnershipMaterial
    from crawler.entities import CoinMapping

Entry = Claim | MalformedRow | SummaryRow
"""What a parser yields. Headers and blank lines are only counted."""


class Brief(NamedTuple):
    """What judging a claim takes, and no more: a claim whose amount was checked, not kept."""

    row: int
    coin: str
    mapping: CoinMapping | None
    kind: ClaimKind
    network_label: str
    height: int | None
    amount_text: str
    """As published; an amount by the rules of the layout. Empty when the format has none."""
    material: OwnershipMaterial


class Standing(NamedTuple):
    """What the lines before a place say of the lines after it: enough to go on from there."""

    header: tuple[str, ...] | None = None
    """Cells of the latest detail header."""
    is_detail: bool = False
    """Whether the place is inside a detail section."""
    heights: tuple[tuple[str, int], ...] = ()
    """Coin -> height, of the summary lines so far."""


UNKNOWN_COLUMNS_KEPT = 100


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

    def add(self, other: Census) -> None:
        """Count the lines of another part of the same file."""
        self.lines += other.lines
        self.summary += other.summary
        self.header += other.header
        self.blank += other.blank
        self.claims += other.claims
        self.malformed += other.malformed
        self.continuation += other.continuation
        self.outside_detail += other.outside_detail
        self.unknown_columns.extend(
            name for name in other.unknown_columns if name not in self.unknown_columns
        )
        del self.unknown_columns[UNKNOWN_COLUMNS_KEPT:]

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
    fresh: tuple[str, ...] = ()
    """As `Entity.fresh`: which agreed statements name their snapshot."""


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


@runtime_checkable
class DivisibleFormat(ListFormat, Protocol):
    """A format whose lists may be read from the middle, so that several can read one list."""

    def parse_part(
        self,
        pieces: Iterable[bytes],
        *,
        file: str,
        vocabulary: Vocabulary,
        census: Census,
        part: Part,
    ) -> Iterator[Brief | MalformedRow | SummaryRow]:
        """Yield the entries of some lines of a list as `parse` would, claims as briefs.

        `pieces` are their text, cut anywhere. `part` says where the lines stand, and afterwards
        how far they were understood. Never raises ListError: whether there is a header at all,
        only the whole list can tell.
        """
        ...

    def claims_of_part(
        self,
        pieces: Iterable[bytes],
        *,
        file: str,
        vocabulary: Vocabulary,
        census: Census,
        part: Part,
    ) -> Iterator[Entry]:
        """Yield what `parse_part` would, with whole claims in the place of briefs."""
        ...


@dataclass(slots=True)
class Part:
    """Some successive lines of a list: where they begin, and where reading them ended."""

    standing: Standing = field(default_factory=Standing)
    """Before the first line; once the lines are read, after the last one that was understood."""
    lines_before: int = 0
    """Physical lines of the file before the first one."""
    is_last: bool = True
    """Whether the file ends here. If not, a row that the end may cut in two is not read: the
    census then counts the lines before it, and reading must go on with it."""
