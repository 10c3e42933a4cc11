r"""A published CSV of hashed customer ids and their balances, read in flat memory. Pure.

The first row names the columns: the first is the id (its name contains "hash" or "client"), every
other a currency. Blank lines, a byte order mark and ``\r\n`` are tolerated; thousands separators
are, inside quotes; scientific notation only when the user says so (`lenient`).
"""

from __future__ import annotations

import csv
import decimal
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from chains.errors import plain_text
from crawler.liabilities.blocks import Duplicates, all_hex, text_blocks
from crawler.liabilities.interface import DOCUMENT_BYTES, LiabilitiesError, ProofFile

CURRENCIES = 500
EXACT = decimal.Context(prec=200, traps=[decimal.Inexact, decimal.InvalidOperation])

ID_COLUMN = re.compile(r"hash|client", re.IGNORECASE)
_PLAIN = re.compile(r"-?[0-9]{1,40}+(?:\.[0-9]{1,30}+)?+", re.ASCII)
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,30})?", re.ASCII)
_SCIENTIFIC = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?[eE][+-]?[0-9]{1,2}", re.ASCII)
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.$ ()/-]{0,39}", re.ASCII)
_ID = re.compile(r"[0-9A-Za-z_.=+/-]{1,256}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """One customer, as it is written."""

    number: int
    """From 1, without the header and blank lines."""
    id: str
    amounts: tuple[str, ...]
    """Plain decimals, in the order of the columns."""
    line: str
    """The whole line without its end."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, column by column."""

    before: int
    """Rows above them."""
    ids: list[str]
    columns: list[list[str]]
    """One for each currency, plain decimals."""
    lines: str
    """Their lines, each with its end, without blank ones."""
    irregular: int = 0
    """Ids that are not of the form of the first one of the table."""
    scales: tuple[int, ...] = ()
    """When given, the decimals of each column, whose amounts then have no point."""

    def rows(self) -> Iterator[Row]:
        """Yield the rows one by one; not of a scaled batch."""
        lines = self.lines.split("\n")
        amounts = zip(*self.columns, strict=True)
        for place, (name, texts) in enumerate(zip(self.ids, amounts, strict=True)):
            yield Row(self.before + place + 1, name, texts, lines[place])

    def add_up(self, place: int, column: Iterable[str]) -> Decimal:
        """Return the exact sum of amounts of one of the columns."""
        if self.scales:
            return Decimal(sum(map(int, column))).scaleb(-self.scales[place])
        return sum(map(Decimal, column), Decimal(0))


@dataclass(slots=True)
class Sums:
    """What one pass over the table found."""

    rows: int = 0
    totals: list[Decimal] = field(default_factory=list)
    negative_count: list[int] = field(default_factory=list)
    negative_sums: list[Decimal] = field(default_factory=list)
    irregular: int = 0
    first_id: str = ""
    digest: str = ""
    """SHA-256 of the file as it lies there."""


class Table:
    """A table of ids that can be read again and again."""

    def __init__(self, file: ProofFile, *, lenient: bool = False) -> None:
        """Read the header and the first row. Raises LiabilitiesError when there are none."""
        self.file = file
        self._lenient = lenient
        lines = (line for block in text_blocks(file) for line in block.split("\n") if line.strip())
        header, first = next(lines, ""), next(lines, "")
        cells = _cells(header, 1, file)
        self.currencies = _currencies(cells, file)
        if not first:
            raise LiabilitiesError(f"{file.name} has a header but no rows below it")
        cells = [cell.strip() for cell in _cells(first, 2, file)]
        form = _id_form(cells[0])
        self._id_length = len(cells[0])
        self._form = re.compile(form, re.ASCII)
        self._is_hex = form.startswith("[0-9a-f]") and self._id_length % 2 == 0
        if self._is_hex:  # `all_hex` looks at these characters, three times as fast
            form = f".{{{self._id_length}}}"
        count = len(self.currencies)
        self._plain_rows = re.compile(f"(?:{form}(?:,{_PLAIN.pattern}){{{count}}}\\n)*+", re.ASCII)
        self._decimals = _decimals_of(cells[1:]) if self._is_hex else ()
        fixed = "".join(rf",-?[0-9]{{1,40}}+\.[0-9]{{{digits}}}" for digits in self._decimals)
        self._fixed_rows = re.compile(f"(?:{form}{fixed}\\n)*+", re.ASCII)

    def batches(self, file: ProofFile | None = None, *, scaled: bool = False) -> Iterator[Batch]:
        """Yield all rows in order. Raises LiabilitiesError for a line that is no row.

        `file` stands in for the table's own, to watch what is read. With `scaled`, amounts may
        come without their points, as `Batch.scales` says: that is how most tables are added up.
        """
        before = 0
        for block, line_number in self._bodies(file or self.file):
            batch = self._fixed(block, before) if scaled and self._decimals else None
            batch = batch or self._plain(block, before) or self._any(block, before, line_number)
            before += len(batch.ids)
            if batch.ids:
                yield batch

    def rows(self) -> Iterator[Row]:
        """Yield all rows one by one."""
        for batch in self.batches():
            yield from batch.rows()

    def sums(self, duplicates: Duplicates) -> Sums:
        """Return totals, negatives and the file's digest, noting the ids in `duplicates`."""
        count = len(self.currencies)
        zero = Decimal(0)
        sums = Sums(totals=[zero] * count, negative_count=[0] * count, negative_sums=[zero] * count)
        watched = Watched(self.file, hashlib.sha256())
        with decimal.localcontext(EXACT):
            for batch in self.batches(watched, scaled=True):
                sums.rows += len(batch.ids)
                sums.first_id = sums.first_id or batch.ids[0]
                sums.irregular += batch.irregular
                duplicates.note(batch.ids)
                may_be_negative = "-" in batch.lines
                for place, column in enumerate(batch.columns):
                    sums.totals[place] += batch.add_up(place, column)
                    if may_be_negative:
                        negative = [text for text in column if text[0] == "-" and text.strip("-0.")]
                        sums.negative_count[place] += len(negative)
                        sums.negative_sums[place] += batch.add_up(place, negative)
        sums.digest = watched.digest.hexdigest()
        return sums

    def repeated(self, duplicates: Duplicates, sums: Sums) -> dict[str, int]:
        """Return the ids that stand in the table more than once, after `sums` has noted them."""
        if not duplicates.has_suspects:
            return {}
        length = self._id_length
        for block, line_number in self._bodies(self.file):
            if sums.irregular or any(mark in block for mark in '"\t '):
                duplicates.count(self._any(block, 0, line_number).ids)
            else:  # every line is known to begin with an id of this length
                duplicates.count([line[:length] for line in block.split("\n")])
        return duplicates.repeated()

    def _bodies(self, file: ProofFile) -> Iterator[tuple[str, int]]:
        """Yield the blocks below the header, with the number of the first line of each."""
        number, has_header = 1, False
        for text in text_blocks(file):
            block = text
            if not has_header:
                lines = text.split("\n")
                blank = next((place for place, line in enumerate(lines) if line.strip()), -1)
                if blank < 0:
                    number += len(lines) - 1
                    continue
                block = "\n".join(lines[blank + 1 :])
                number += blank + 1
                has_header = True
            if block:
                yield block, number
                number += block.count("\n")

    def _fixed(self, block: str, before: int) -> Batch | None:
        """Return a block whose amounts have as many decimals as the first row's, or None."""
        if self._fixed_rows.fullmatch(block) is None:
            return None
        return self._batch(block, block.replace(".", ""), before, self._decimals)

    def _plain(self, block: str, before: int) -> Batch | None:
        """Return a block all of whose rows are of the plainest form, or None."""
        if self._plain_rows.fullmatch(block) is None:
            return None
        return self._batch(block, block, before, ())

    def _batch(self, block: str, text: str, before: int, scales: tuple[int, ...]) -> Batch | None:
        """Return the rows of `text`, or None when ids are not what they were taken for."""
        width = len(self.currencies) + 1
        cells = text.replace("\n", ",").split(",")
        cells.pop()
        ids = cells[::width]
        if len(cells) != block.count("\n") * width or (self._is_hex and not all_hex(ids)):
            return None
        columns = [cells[place::width] for place in range(1, width)]
        return Batch(before, ids, columns, block, scales=scales)

    def _any(self, block: str, before: int, line_number: int) -> Batch:
        ids: list[str] = []
        rows: list[list[str]] = []
        kept: list[str] = []
        irregular = 0
        for number, line in enumerate(block.split("\n")[:-1], start=line_number):
            if not line.strip():
                continue
            name, *amounts = _cells(line, number, self.file)
            name = name.strip()
            if len(amounts) != len(self.currencies):
                raise LiabilitiesError(
                    f"{self.file.name}: line {number} has {len(amounts) + 1} cells, "
                    f"the header {len(self.currencies) + 1}"
                )
            if _ID.fullmatch(name) is None:
                raise LiabilitiesError(f"{self.file.name}: line {number} has no usable id")
            irregular += self._form.fullmatch(name) is None
            ids.append(name)
            rows.append([self._amount(text.strip(), number) for text in amounts])
            kept.append(line)
        columns = [list(column) for column in zip(*rows, strict=True)]
        return Batch(before, ids, columns, "".join(f"{line}\n" for line in kept), irregular)

    def _amount(self, text: str, number: int) -> str:
        """Return a balance as a plain decimal."""
        if _PLAIN.fullmatch(text) is not None:
            return text
        if _GROUPED.fullmatch(text) is not None:
            return text.replace(",", "")
        if _SCIENTIFIC.fullmatch(text) is not None:
            if self._lenient:
                return format(Decimal(text), "f")
            raise LiabilitiesError(
                f"{self.file.name}: line {number} writes a balance as {text}",
                hint="scientific notation is taken with --lenient",
            )
        shown = plain_text(text)[:40]
        raise LiabilitiesError(f"{self.file.name}: line {number}: {shown!r} is no balance")


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Watched:
    """A file whose bytes are digested while they are read."""

    file: ProofFile
    digest: _Digest

    @property
    def name(self) -> str:
        """Return the name of the file."""
        return self.file.name

    @property
    def head(self) -> bytes:
        """Return the head of the file."""
        return self.file.head

    def read(self, limit: int = DOCUMENT_BYTES) -> bytes:
        """Return the whole file."""
        return self.file.read(limit)

    def chunks(self) -> Iterator[bytes]:
        """Yield the file, digesting it."""
        for chunk in self.file.chunks():
            self.digest.update(chunk)
            yield chunk


def _cells(line: str, number: int, file: ProofFile) -> list[str]:
    try:
        rows = list(csv.reader([line], strict=True))
    except csv.Error as error:
        raise LiabilitiesError(f"{file.name}: line {number} cannot be split: {error}") from error
    return rows[0] if rows else []


def _currencies(header: list[str], file: ProofFile) -> list[str]:
    """Return the names of the columns after the first, having checked them."""
    names = [cell.strip() for cell in header]
    if not names or ID_COLUMN.search(names[0]) is None:
        raise LiabilitiesError(
            f"{file.name}: the first column is not an id",
            hint="its name in the first line should contain 'hash' or 'client'",
        )
    currencies = names[1:]
    if not 1 <= len(currencies) <= CURRENCIES:
        raise LiabilitiesError(f"{file.name}: 1 to {CURRENCIES} currencies were expected")
    if len(set(currencies)) != len(currencies) or not all(
        _NAME.fullmatch(currency) for currency in currencies
    ):
        raise LiabilitiesError(f"{file.name}: the currencies of the header are not usable")
    return currencies


def _id_form(first: str) -> str:
    """Return the pattern that all ids should have, made of the first.

    >>> _id_form("00ff"), _id_form("A-17")
    ('[0-9a-f]{4}', '[0-9A-Za-z_.=+/-]{4}')
    """
    if re.fullmatch("[0-9a-f]+", first):
        return f"[0-9a-f]{{{len(first)}}}"
    if re.fullmatch("[0-9A-F]+", first):
        return f"[0-9A-F]{{{len(first)}}}"
    return f"[0-9A-Za-z_.=+/-]{{{max(1, len(first))}}}"


def _decimals_of(amounts: list[str]) -> tuple[int, ...]:
    """Return the decimals of each amount, or none when one has no point or is no plain decimal."""
    if not all(_PLAIN.fullmatch(text) and "." in text for text in amounts):
        return ()
    return tuple(len(text.partition(".")[2]) for text in amounts)
