"""The frame that the formats share: sections, headers at any line, one class for each line. Pure.

A list may have a summary section, then a detail section; concatenated files have several of both.
A header is found by its content, wherever it stands, and says what the rows below it mean.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from chains.errors import plain_text
from chains.owners import NULL_TOKENS
from crawler.errors import ListError
from crawler.lists.columns import is_summary_header, read_layout
from crawler.lists.interface import (
    UNKNOWN_COLUMNS_KEPT,
    Brief,
    MalformedReason,
    Part,
    Standing,
)
from crawler.lists.lines import RowError
from crawler.lists.rows import Shape, read_rows, read_rows_of_text
from crawler.models import Claim, MalformedRow, SummaryRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from crawler.lists.columns import Column, Layout
    from crawler.lists.interface import Census, Entry, Vocabulary

SUMMARY_CELLS = 3
TOO_WIDE_FOR_SUMMARY = 6
"""Cells from which a line without a header is taken for a detail row, to say so."""


class RowReader(Protocol):
    """What one format knows: its columns, and what its rows mean. One instance per pass."""

    @property
    def columns(self) -> Sequence[Column]:
        """The columns of the format, in the order in which its layouts pick them."""
        ...

    def start_section(self, layout: Layout) -> None:
        """Remember the header that the rows to come stand below."""
        ...

    def read_claim(self, row: int, cells: list[str], layout: Layout) -> Claim:
        """Return the claim of a detail row. May change `cells`. Raises RowError."""
        ...

    def read_brief(self, row: int, cells: list[str], layout: Layout) -> Brief:
        """Return what `read_claim` would, as a brief; refuse what it refuses."""
        ...

    def read_summary(self, row: int, cells: list[str]) -> SummaryRow:
        """Return the line of a summary section; `cells` are three. Raises RowError."""
        ...

    @property
    def heights(self) -> dict[str, int]:
        """Coin -> height, as the summary lines so far gave them. Set to go on from a place."""
        ...


class SectionedFormat(ABC):
    """A `DivisibleFormat` of sections: what is left to a format is its columns and its rows."""

    @abstractmethod
    def reader(self, file: str, vocabulary: Vocabulary) -> RowReader:
        """Return what reads the rows of one pass over `file`."""

    def parse(
        self, lines: Iterable[bytes], *, file: str, vocabulary: Vocabulary, census: Census
    ) -> Iterator[Entry]:
        """Yield the entries in file order; see `ListFormat.parse`."""
        reader = self.reader(file, vocabulary)
        reading = _Pass(file, census, reader, reader.read_claim)
        yield from reading.entries(read_rows(lines, census, reading.shape))
        if reading.standing().header is None:
            raise no_header(file)

    def parse_part(
        self,
        pieces: Iterable[bytes],
        *,
        file: str,
        vocabulary: Vocabulary,
        census: Census,
        part: Part,
    ) -> Iterator[Brief | MalformedRow | SummaryRow]:
        """Yield the entries of some lines in file order; see `DivisibleFormat.parse_part`."""
        reader = self.reader(file, vocabulary)
        return _Pass(file, census, reader, reader.read_brief).part(pieces, part)

    def claims_of_part(
        self,
        pieces: Iterable[bytes],
        *,
        file: str,
        vocabulary: Vocabulary,
        census: Census,
        part: Part,
    ) -> Iterator[Entry]:
        """Yield the entries of some lines; see `DivisibleFormat.claims_of_part`."""
        reader = self.reader(file, vocabulary)
        return _Pass(file, census, reader, reader.read_claim).part(pieces, part)


def no_header(file: str) -> ListError:
    """Return the error of a list in which no detail header was found."""
    return ListError(
        f"{file} has no header that names the columns of its rows",
        hint="the header line must stand in the file, above the rows it describes",
    )


Detail = TypeVar("Detail", Claim, Brief)


class _Pass(Generic[Detail]):
    """Where one pass over one file stands."""

    def __init__(
        self,
        file: str,
        census: Census,
        reader: RowReader,
        read: Callable[[int, list[str], Layout], Detail],
    ) -> None:
        self._file = file
        self._census = census
        self._reader = reader
        self._read_detail: Callable[[int, list[str], Layout], Detail] = read
        self.shape = Shape()
        self._header: tuple[str, ...] | None = None
        """The latest detail header."""
        self._section: Layout | None = None
        """Its layout inside a detail section; None outside."""

    def go_on(self, standing: Standing, *, is_last: bool) -> None:
        """Begin in the middle of a list; to be called before `entries`, if at all."""
        self.shape.may_go_on = not is_last
        self._reader.heights.update(standing.heights)
        if standing.header is not None:
            self._starts_section(list(standing.header))
            if not standing.is_detail:
                self._leave_section()

    def standing(self) -> Standing:
        """Return what the lines so far say of those that follow."""
        heights = tuple(sorted(self._reader.heights.items()))
        return Standing(self._header, self._section is not None, heights)

    def part(
        self, pieces: Iterable[bytes], part: Part
    ) -> Iterator[Detail | MalformedRow | SummaryRow]:
        """Yield the entries of a part of the file; it then says where reading it ended."""
        self.go_on(part.standing, is_last=part.is_last)
        yield from self.entries(
            read_rows_of_text(pieces, self._census, self.shape, part.lines_before)
        )
        part.standing = self.standing()

    def entries(
        self, rows: Iterable[tuple[int, list[str] | RowError]]
    ) -> Iterator[Detail | MalformedRow | SummaryRow]:
        read, census = self._read_detail, self._census
        for row, cells in rows:
            if self._section is not None and isinstance(cells, list):  # nearly all rows
                try:
                    detail = read(row, cells, self._section)
                    if detail.mapping is not None:
                        census.claims += 1
                        yield detail
                        continue
                except RowError:
                    pass  # raised again below, where it may turn out to be a header
            if isinstance(cells, RowError):
                yield self._malformed(row, cells.text.split(",", 100), cells)
            elif (entry := self._read(row, cells)) is not None:
                yield entry

    def _read(self, row: int, cells: list[str]) -> Detail | MalformedRow | SummaryRow | None:
        """Return the entry that a row is, or None for a header; counted."""
        detail: Detail | None = None
        entry: SummaryRow | RowError | None = None
        try:
            if self._section is not None:
                detail = self._read_detail(row, cells, self._section)
                if detail.mapping is not None:  # nearly all rows
                    self._census.claims += 1
                    return detail
            else:
                entry = self._reader.read_summary(row, _summary_cells(cells))
        except RowError as error:
            entry = error
        # Headers get here: their amount is no number, or their coin is in no table.
        if (layout := self._starts_section(cells)) is not None:
            _keep_unknown(layout, self._census)
            self._census.header += 1
            return None
        if detail is None and is_summary_header(cells):
            self._leave_section()
            self._census.header += 1
            return None
        if isinstance(entry, RowError):
            return self._malformed(row, cells, entry)
        if entry is None:
            self._census.claims += 1
            return detail
        self._census.summary += 1
        return entry

    def _starts_section(self, cells: list[str]) -> Layout | None:
        """Return the layout of a detail header, below which the rows to come stand, or None."""
        layout = read_layout(cells, self._reader.columns)
        if layout is not None:
            self._section = layout
            self._header = tuple(cells)
            self.shape.minimum, self.shape.width = layout.minimum, layout.width
            self._reader.start_section(layout)
        return layout

    def _leave_section(self) -> None:
        self._section = None
        self.shape.minimum = 0

    def _malformed(self, row: int, cells: Sequence[str], error: RowError) -> MalformedRow:
        """Return the row as what it is; its coin and address as far as they can be told."""
        self._census.malformed += 1
        if self._section is None:
            self._census.outside_detail += 1
        return MalformedRow(
            file=self._file,
            row=row,
            coin=_shown(cells, self._section.coin if self._section is not None else 0),
            address=_shown(cells, self._section.address) if self._section is not None else "",
            reason=error.reason,
            detail=error.detail,
        )


def fit_cells(cells: list[str], layout: Layout) -> None:
    """Bring a row to the width of its header plus one empty cell.

    Missing cells at the end are empty; surplus cells must be. Raises RowError when a row is too
    short or too long.
    """
    count = len(cells)
    if count < layout.minimum:
        detail = f"the row has {count} cells, its header asks for at least {layout.minimum}"
        raise RowError(MalformedReason.CELLS, detail)
    if count > layout.width:
        if any(cells[layout.width :]):
            detail = f"the row has {count} cells, its header only {layout.width}"
            raise RowError(MalformedReason.CELLS, detail)
        del cells[layout.width :]
    cells.extend([""] * (layout.width + 1 - len(cells)))


def require_named(text: str, what: str) -> None:
    """Raise RowError when a row's coin, network or address is empty or a null token."""
    if text in NULL_TOKENS:
        is_address = what == "address"
        reason = MalformedReason.ADDRESS if is_address else MalformedReason.COIN
        raise RowError(reason, f"the row names no {what}")


def known_cell(text: str) -> str:
    """Return a cell's text, or nothing when it is a null token."""
    return "" if len(text) <= len("null") and text in NULL_TOKENS else text


def _summary_cells(cells: list[str]) -> list[str]:
    """Return the three cells of a summary line, without empty ones behind them."""
    width = max((place + 1 for place, cell in enumerate(cells) if cell), default=0)
    if len(cells) >= SUMMARY_CELLS >= width:
        return cells[:SUMMARY_CELLS]
    if width >= TOO_WIDE_FOR_SUMMARY:
        detail = f"a row of {width} cells, and no header above it that names them"
        raise RowError(MalformedReason.NO_HEADER, detail)
    detail = f"no row, and no summary line of {SUMMARY_CELLS} cells: {width} cells"
    raise RowError(MalformedReason.SUMMARY, detail)


def _keep_unknown(layout: Layout, census: Census) -> None:
    for name in layout.unknown:
        text = plain_text(name)
        if text not in census.unknown_columns and (
            len(census.unknown_columns) < UNKNOWN_COLUMNS_KEPT
        ):
            census.unknown_columns.append(text)


def _shown(cells: Sequence[str], place: int) -> str:
    return plain_text(cells[place]) if place < len(cells) else ""
