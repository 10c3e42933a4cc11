"""Findings and verdicts as CSV for a spreadsheet, with nothing in it that one would run."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from crawler.reports.findings import FindingLine, OwnershipLine
from crawler.reports.visible import visible

COLUMNS = tuple(FindingLine.__annotations__)
VERDICT_COLUMNS = tuple(OwnershipLine.__annotations__)

TRIGGERS = ("=", "+", "-", "@", "\t", "\r", *"\uff1d\uff0b\uff0d\uff20")
"""A cell that begins with one of these is taken for a formula (OWASP, CSV injection); the last four
are the first four in full width."""

NUMBERS = frozenset({"row", "height", "claimed", "observed"})

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def csv_lines(
    lines: Iterable[Mapping[str, object]], columns: Sequence[str] = COLUMNS
) -> Iterator[str]:
    """Yield the header and one record per line, ending in CR LF (RFC 4180)."""
    held = io.StringIO(newline="")
    writer = csv.writer(held)
    for cells in _records(lines, columns):
        writer.writerow(cells)
        yield held.getvalue()
        held.seek(0)
        held.truncate()


def verdict_records(text: bytes) -> bytes:
    """Return the header, and the JSON lines of `text`, verdicts, as records."""
    lines = map(_verdict_decoder.decode, text.splitlines())
    return "".join(csv_lines(lines, VERDICT_COLUMNS)).encode()


_verdict_decoder = msgspec.json.Decoder(OwnershipLine)


def _records(
    lines: Iterable[Mapping[str, object]], columns: Sequence[str]
) -> Iterator[Iterable[str]]:
    yield columns
    for line in lines:
        yield [_cell(name, line.get(name)) for name in columns]


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if name in NUMBERS and _NUMBER.fullmatch(text) else harmless(text)


def harmless(text: str) -> str:
    r"""Return a cell that no spreadsheet takes for a formula, with hidden characters written out.

    >>> harmless("=1+1"), harmless("-"), harmless("bc1q"), harmless("\t=1")
    ("'=1+1", "'-", 'bc1q', "'\\u{9}=1")
    """
    defused = f"'{visible(text)}" if text.startswith(TRIGGERS) else visible(text)
    # A blank before a trigger is trimmed by some programs on the way in.
    return f"'{defused}" if defused.lstrip(" ").startswith(TRIGGERS) else defused
