"""One row of text to its cells. Pure.

What must hold, in this order, at the start of each cell (blanks skipped):

1. ``"``: an RFC 4180 cell up to the closing quote, ``""`` meaning one quote; nothing but blanks
   may follow before the next comma.
2. Otherwise the cell ends at the next comma that is not protected: commas (and quotes) between
   ``[`` and its ``]``, and between ``{`` and its ``}``, belong to the cell. So a list, and raw
   JSON, need no quotes. An opening bracket without its partner makes the row malformed.
3. Blanks around a cell, quoted or not, do not count.
"""

from __future__ import annotations

import re

from crawler.lists.interface import MalformedReason
from crawler.lists.lines import RowError

CELL_LIMIT = 20_000
"""Cells of one row; spreadsheets end at 16,384 columns."""

_STOP = re.compile(r"[,\[{]")
_PARTNERS = {"[": (re.compile(r"[\[\]]"), "]"), "{": (re.compile(r"[{}]"), "}")}


def split_cells(text: str) -> list[str]:
    r"""Return the cells of a row, blanks trimmed. Raises RowError when it cannot be split.

    >>> split_cells('BTC, "a ""b"", c" ,[1,2],{"x":"1","y":"2"},\r\n')
    ['BTC', 'a "b", c', '[1,2]', '{"x":"1","y":"2"}', '']
    >>> split_cells("BTC,[a,b")
    Traceback (most recent call last):
    crawler.lists.lines.RowError: a bracket that opens in cell 2 is never closed
    """
    cells: list[str] = []
    position, end = 0, len(text)
    while len(cells) <= CELL_LIMIT:
        while position < end and text[position].isspace():
            position += 1
        if text.startswith('"', position):
            closing = _closing_quote(text, position + 1)
            if closing is None:
                detail = f"the quote that opens cell {len(cells) + 1} is never closed"
                raise RowError(MalformedReason.QUOTE, detail, text=text, is_open=True)
            value = text[position + 1 : closing].replace('""', '"')
            position = closing + 1
            while position < end and text[position].isspace():
                position += 1
            if position < end and text[position] != ",":
                detail = f"cell {len(cells) + 1} goes on after its closing quote"
                raise RowError(MalformedReason.QUOTE, detail, text=text)
        else:
            comma = _end_of_plain(text, position)
            if comma is None:
                detail = f"a bracket that opens in cell {len(cells) + 1} is never closed"
                raise RowError(MalformedReason.BRACKETS, detail, text=text)
            value = text[position:comma]
            position = comma
        cells.append(value.strip())
        if position >= end:
            return cells
        position += 1
    detail = f"the row has over {CELL_LIMIT} cells"
    raise RowError(MalformedReason.CELLS, detail, text=text[:4096])


def _closing_quote(text: str, position: int) -> int | None:
    """Return where the quoted cell that starts at `position` is closed."""
    while (found := text.find('"', position)) >= 0:
        if not text.startswith('"', found + 1):
            return found
        position = found + 2
    return None


def _end_of_plain(text: str, position: int) -> int | None:
    """Return the place of the comma, or of the end, that closes the cell; None: open bracket."""
    while (stop := _STOP.search(text, position)) is not None:
        if stop.group() == ",":
            return stop.start()
        pattern, partner = _PARTNERS[stop.group()]
        depth = 0
        for bracket in pattern.finditer(text, stop.start()):
            depth += -1 if bracket.group() == partner else 1
            if depth == 0:
                position = bracket.end()
                break
        else:
            return None
    return len(text)
