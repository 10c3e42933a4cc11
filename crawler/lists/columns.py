"""Header rows: which cell means what. Pure.

Columns are found by name, never by count. Names are compared after lower-casing and dropping
everything but letters and digits, so ``redeem script/ public key`` and ``Redeem Script/Public
Key`` are one name (specs/wallet-lists: Part I.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from crawler.lists.cells import split_cells
from crawler.lists.lines import BYTE_ORDER_MARK, RowError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAME_LIMIT = 60
"""Characters of a header cell; a longer cell is no column name."""

COIN_NAMES = ("coin", "asset", "digitalasset", "token")
AMOUNT_NAMES = ("amount", "balance", "claimed")
HEIGHT_NAMES = ("snapshotheight", "height", "blockheight", "block")


@dataclass(frozen=True, slots=True)
class Column:
    """One column that a format knows."""

    field: str
    names: tuple[str, ...]
    """Normalised spellings; when a header has several of them, the first one is meant."""
    is_required: bool = False
    is_droppable: bool = False
    """Rows may end before this column."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What one header says of the rows below it."""

    fields: frozenset[str]
    """Fields that the header has."""
    width: int
    """Cells of the header, without empty ones at its end."""
    minimum: int
    """Cells that a row must have: up to the last known column that may not be dropped."""
    pick: Callable[[Sequence[str]], tuple[str, ...]]
    """The cells of all fields, in the order of the format's columns, from a row that was padded
    to `width` and then by one empty cell, which stands for every column the header lacks."""
    coin: int
    address: int
    unknown: tuple[str, ...]
    """Names of columns that the format does not know, as published."""


def normalise(name: str) -> str:
    """Return the spelling under which a column name is compared.

    >>> normalise(" redeem script/ public key"), normalise("EOA1")
    ('redeemscriptpublickey', 'eoa1')
    """
    return "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())


def read_layout(cells: Sequence[str], columns: Sequence[Column]) -> Layout | None:
    """Return the layout when `cells` are a header of a format with these columns, else None.

    None as well when a required column is missing, or a column that would be used is there
    twice: then nobody knows which one is meant.
    """
    if not _may_be_header(cells):
        return None
    names = [normalise(cell) if len(cell) <= NAME_LIMIT else "" for cell in cells]
    width = max((place + 1 for place, cell in enumerate(cells) if cell), default=0)
    places: dict[str, int] = {}
    minimum = 0
    for column in columns:
        name = next((name for name in column.names if name in names), None)
        if name is None:
            if column.is_required:
                return None
            continue
        if names.count(name) > 1:
            return None
        places[column.field] = names.index(name)
        if not column.is_droppable:
            minimum = max(minimum, places[column.field] + 1)
    known = set(places.values())
    return Layout(
        fields=frozenset(places),
        width=width,
        minimum=minimum,
        pick=itemgetter(*(places.get(column.field, -1) for column in columns)),
        coin=places["coin"],
        address=places["address"],
        unknown=tuple(
            cells[place][:NAME_LIMIT] or f"(column {place + 1}, no name)"
            for place in range(width)
            if place not in known
        ),
    )


def has_header(head: Sequence[str], columns: Sequence[Column]) -> bool:
    """Return whether one of these lines is a header of a format with these columns."""
    for line in head:
        if "ddress" not in line.lower():
            continue
        try:
            cells = split_cells(line.removeprefix(BYTE_ORDER_MARK))
        except RowError:
            continue
        if read_layout(cells, columns) is not None:
            return True
    return False


def is_summary_header(cells: Sequence[str]) -> bool:
    """Return whether `cells` name the columns of a summary section: coin, height, amount.

    >>> is_summary_header(["coin", "snapshot height", "amount"]), is_summary_header(["ETH"])
    (True, False)
    """
    names = {normalise(cell) for cell in cells if len(cell) <= NAME_LIMIT}
    return (
        not names.isdisjoint(COIN_NAMES)
        and not names.isdisjoint(AMOUNT_NAMES)
        and "address" not in names
    )


def _may_be_header(cells: Sequence[str]) -> bool:
    """Return False, quickly, for rows that have no cell like "address"."""
    return any("ddress" in cell.lower() for cell in cells if len(cell) < len("an OKX address"))
