"""Physical lines to rows of cells: which lines belong together, and which are blank. Pure.

Only a quoted cell may span lines. A quote that is never closed must not swallow what follows, so
lines are joined only when all of this holds; otherwise the first line alone is malformed and
reading goes on with the very next line:

1. a detail header was seen, so that it is known how many cells a row must have;
2. none of the further lines has the commas of a whole row (a valid row can never be swallowed);
3. the quotes close within `CONTINUATION_LIMIT` lines and `LINE_LIMIT` characters;
4. the joined text splits into a row that fits the header.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from crawler.lists.cells import CELL_LIMIT, split_cells
from crawler.lists.lines import LINE_LIMIT, RowError, decode_line, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crawler.lists.interface import Census

CONTINUATION_LIMIT = 32
"""Further lines that one row may take."""

_NOT_PLAIN = bytes({*range(0x20), *range(0x7F, 0x100), *b'"[{'})
"""A line without any of these bytes is split at its commas, and that is all."""

_NOT_PLAIN_TEXT = _NOT_PLAIN.replace(b"\n", b"")
_BLANKS_AROUND_CELLS = (b" ,", b", ", b" \n", b"\n ")


@dataclass(slots=True)
class Shape:
    """What the latest header says of the rows below it. Set by the format while it reads."""

    minimum: int = 0
    """Cells that a row must have; 0 outside a detail section."""
    width: int = 0
    """Cells of the header."""
    may_go_on: bool = False
    """Whether the file has lines beyond those that are read here."""
    is_cut: bool = False
    """Set when reading stopped at a row that those lines may belong to."""


def read_rows(
    lines: Iterable[bytes], census: Census, shape: Shape, lines_before: int = 0
) -> Iterator[tuple[int, list[str] | RowError]]:
    """Yield line number and cells (or the problem) of each row that is not blank.

    Counts `lines`, `blank` and `continuation`; every yielded row is one line still to be
    counted by the caller. `lines_before` is the number of the line before the first one.
    """
    source = iter(lines)
    waiting: deque[bytes] = deque()
    # A census may add up several files; line numbers start at 1 in each.
    before = census.lines - lines_before
    while True:
        raw = waiting.popleft() if waiting else next(source, None)
        if raw is None:
            return
        census.lines += 1
        number = census.lines - before
        body = raw.strip()
        if len(body.translate(None, _NOT_PLAIN)) == len(body) <= LINE_LIMIT:
            if not body.strip(b", "):
                census.blank += 1
                continue
            cells = body.decode("ascii").split(",", CELL_LIMIT)
            if b" ," in body or b", " in body:
                cells = [cell.strip() for cell in cells]
            yield number, cells
            continue
        row, further = _read_careful(raw, source, waiting, shape)
        if shape.is_cut:
            census.lines -= 1
            return
        census.lines += further
        census.continuation += further
        if isinstance(row, list) and not any(row):
            census.blank += 1
        else:
            yield number, row


def read_rows_of_text(
    pieces: Iterable[bytes], census: Census, shape: Shape, lines_before: int
) -> Iterator[tuple[int, list[str] | RowError]]:
    """Yield what `read_rows` yields for the lines of a text, much sooner for an ordinary one."""
    source = iter(pieces)
    first, second = next(source, b""), next(source, b"")
    if not second and len(first) <= LINE_LIMIT:
        plain = first.replace(b"\r\n", b"\n")
        if len(plain.translate(None, _NOT_PLAIN_TEXT)) == len(plain):
            return _read_plain(plain, census, lines_before)
    return read_rows(split_lines(chain((first, second), source)), census, shape, lines_before)


def _read_plain(
    text: bytes, census: Census, lines_before: int
) -> Iterator[tuple[int, list[str] | RowError]]:
    """Yield the rows of a text of which every line is plain, with LF as its line ends."""
    has_blanks = text.startswith(b" ") or text.endswith(b" ")
    has_blanks = has_blanks or any(blanks in text for blanks in _BLANKS_AROUND_CELLS)
    lines = text.decode("ascii").split("\n")
    if not lines[-1]:
        del lines[-1]  # what follows the last line end
    census.lines += len(lines)
    for number, line in enumerate(lines, lines_before + 1):
        body = line.strip() if has_blanks else line
        cells = body.split(",", CELL_LIMIT)
        if has_blanks:
            cells = [cell.strip() for cell in cells]
        if not cells[0] and not body.strip(", "):
            census.blank += 1
        else:
            yield number, cells


def _read_careful(
    raw: bytes, source: Iterator[bytes], waiting: deque[bytes], shape: Shape
) -> tuple[list[str] | RowError, int]:
    """Return the row that begins with `raw`, and how many further lines it takes."""
    text = ""
    try:
        text = decode_line(raw)
        return split_cells(text), 0
    except RowError as error:
        if not error.is_open or shape.minimum == 0:
            return error, 0
        taken = _read_to_closing_quote(len(raw), source, waiting, shape)
        try:
            cells = split_cells(text + "".join(map(decode_line, taken)))
        except RowError:
            cells = []
        if len(cells) >= shape.minimum and not any(cells[shape.width :]):
            return cells, len(taken)
        waiting.extendleft(reversed(taken))
        return error, 0


def _read_to_closing_quote(
    length: int, source: Iterator[bytes], waiting: deque[bytes], shape: Shape
) -> list[bytes]:
    """Return the further lines that may belong to a row, as far as the one that closes it.

    Quotes come in pairs, so that line is the first one with an odd number of them.
    """
    taken: list[bytes] = []
    while len(taken) < CONTINUATION_LIMIT and length <= LINE_LIMIT:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            shape.is_cut = shape.may_go_on
            break
        if line.count(b",") >= shape.minimum - 1:
            waiting.appendleft(line)
            break
        taken.append(line)
        length += len(line)
        if line.count(b'"') % 2 == 1:
            break
    return taken
