"""The frame that the formats share: sections, headers at any line, one class for each line. Pure.

A list may have a summary section, then a detail section; concatenated files have several of both.
A header is found by its content, wherever it stands, and says what the rows below it mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chains.errors import plain_text
from crawler.errors import ListError
from crawler.lists.columns import is_summary_header, read_layout
from crawler.lists.interface import NULL_TOKENS, MalformedReason
from crawler.lists.lines import RowError
from crawler.lists.rows import Shape, read_rows
from crawler.models import Claim, MalformedRow, SummaryRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crawler.lists.columns import Column, Layout
    from crawler.lists.interface import Census, Entry

UNKNOWN_COLUMNS_KEPT = 100
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

    def read_summary(self, row: int, cells: list[str]) -> SummaryRow:
        """Return the line of a summary section; `cells` are three. Raises RowError."""
        ...


def read_sections(
    lines: Iterable[bytes], *, file: str, census: Census, reader: RowReader
) -> Iterator[Entry]:
    """Yield the entries of a list in file order; see `ListFormat.parse`."""
    return _Pass(file, census, reader).entries(lines)


class _Pass:
    """Where one pass over one file stands."""

    def __init__(self, file: str, census: Census, reader: RowReader) -> None:
        self._file = file
        self._census = census
        self._reader = reader
        self._shape = Shape()
        self._layout: Layout | None = None
        """The latest detail header."""
        self._section: Layout | None = None
        """The same inside a detail section; None outside."""

    def entries(self, lines: Iterable[bytes]) -> Iterator[Entry]:
        for row, cells in read_rows(lines, self._census, self._shape):
            if isinstance(cells, RowError):
                yield self._malformed(row, cells.text.split(",", 100), cells)
            elif (entry := self._read(row, cells)) is not None:
                yield entry
        if self._layout is None:
            raise ListError(
                f"{self._file} has no header that names the columns of its rows",
                hint="the header line must stand in the file, above the rows it describes",
            )

    def _read(self, row: int, cells: list[str]) -> Entry | None:
        """Return the entry that a row is, or None for a header; counted."""
        entry: Claim | SummaryRow | RowError
        try:
            if self._section is not None:
                entry = self._reader.read_claim(row, cells, self._section)
                if entry.mapping is not None:  # nearly all rows
                    self._census.claims += 1
                    return entry
            else:
                entry = self._reader.read_summary(row, _summary_cells(cells))
        except RowError as error:
            entry = error
        # Headers get here: their amount is no number, or their coin is in no table.
        if self._starts_section(cells):
            self._census.header += 1
            return None
        if not isinstance(entry, Claim) and is_summary_header(cells):
            self._section = None
            self._shape.minimum = 0
            self._census.header += 1
            return None
        if isinstance(entry, RowError):
            return self._malformed(row, cells, entry)
        if isinstance(entry, Claim):
            self._census.claims += 1
        else:
            self._census.summary += 1
        return entry

    def _starts_section(self, cells: list[str]) -> bool:
        """Return whether the row is a detail header; then the rows to come stand below it."""
        layout = read_layout(cells, self._reader.columns)
        if layout is None:
            return False
        self._layout = self._section = layout
        self._shape.minimum, self._shape.width = layout.minimum, layout.width
        self._reader.start_section(layout)
        _keep_unknown(layout, self._census)
        return True

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
