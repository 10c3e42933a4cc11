"""The findings in columns: a file to read fast, and the rows inside the HTML report.

JSON lines in gzip. A line is a block of up to `BLOCK` rows: what rows have in common stands once
in the tables of `GROUPS`, and each row names its entries; what is its own stands in `OWN`. Every
block has tables of its own, so memory does not grow with the list.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO, TypedDict

import msgspec

from crawler.reports.findings import FindingLine, encode_line

BLOCK = 4096
"""Rows; a block is a few hundred kilobytes of JSON."""

GROUPS = {
    "claim": ("file", "coin", "asset", "network", "kind", "custodian", "holding"),
    "reading": ("height", "block_hash", "assurance", "sources"),
    "finding": ("finding", "reason", "detail"),
    "ownership": ("ownership", "ownership_reason", "ownership_detail", "digest", "message"),
}
"""Table -> the members of an entry, in order."""

OWN = ("row", "address", "claimed", "observed")
"""Members of every row, as columns."""

_LEVEL = 1
_GZIP = 31
"""wbits of zlib for a gzip wrapper; its header then carries no time."""


class Block(TypedDict):
    """One line of the file."""

    rows: int
    tables: dict[str, list[list[object]]]
    entries: dict[str, list[int]]
    """Table -> for each row its entry."""
    columns: dict[str, list[object]]


class RowsWriter:
    """Writes findings in columns. Feed every finding, then `finish`."""

    def __init__(self, stream: BinaryIO | IO[bytes]) -> None:
        """`stream` stays open; it is complete after `finish`."""
        self._stream = stream
        self._gzip = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        self.rows = 0
        self._start()

    def _start(self) -> None:
        self._claims: dict[tuple[object, ...], int] = {}
        self._readings: dict[tuple[object, ...], int] = {}
        self._findings: dict[tuple[object, ...], int] = {}
        self._ownership: dict[tuple[object, ...], int] = {}
        self._of: tuple[list[int], ...] = ([], [], [], [])
        self._own: tuple[list[object], ...] = ([], [], [], [])

    def add(self, line: FindingLine) -> None:
        """Write one finding."""
        # Unrolled: this runs once a row, and a loop over GROUPS takes three times as long.
        claim = (
            line["file"], line["coin"], line["asset"], line["network"], line["kind"],
            line["custodian"], line["holding"],
        )  # fmt: skip
        reading = line["height"], line["block_hash"], line["assurance"], tuple(line["sources"])
        finding = line["finding"], line["reason"], line["detail"]
        ownership = (
            line["ownership"], line["ownership_reason"], line["ownership_detail"], line["digest"],
            line["message"],
        )  # fmt: skip
        claims, readings, findings, owners = self._of
        claims.append(self._claims.setdefault(claim, len(self._claims)))
        readings.append(self._readings.setdefault(reading, len(self._readings)))
        findings.append(self._findings.setdefault(finding, len(self._findings)))
        owners.append(self._ownership.setdefault(ownership, len(self._ownership)))
        numbers, addresses, claimed, observed = self._own
        numbers.append(line["row"])
        addresses.append(line["address"])
        claimed.append(line["claimed"])
        observed.append(line["observed"])
        if len(numbers) == BLOCK:
            self._flush()

    def finish(self) -> None:
        """Write what is left and the end of the gzip stream."""
        if self._own[0]:
            self._flush()
        self._stream.write(self._gzip.flush())
        self._stream.flush()

    def _flush(self) -> None:
        tables = self._claims, self._readings, self._findings, self._ownership
        block = {
            "rows": len(self._own[0]),
            "tables": {name: list(table) for name, table in zip(GROUPS, tables, strict=True)},
            "entries": dict(zip(GROUPS, self._of, strict=True)),
            "columns": dict(zip(OWN, self._own, strict=True)),
        }
        self.rows += len(self._own[0])
        self._stream.write(self._gzip.compress(encode_line(block)))
        self._start()


_decoder = msgspec.json.Decoder(Block)


def _decoded(line: bytes) -> Block:
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"a block of rows cannot be read: {error}") from error


def read_blocks(stream: BinaryIO | IO[bytes]) -> Iterator[Block]:
    """Yield the blocks of a file that a `RowsWriter` has written.

    Raises ValueError when it is damaged or cut short.
    """
    gzip = zlib.decompressobj(_GZIP)
    rest = b""
    while piece := stream.read(1 << 16):
        try:
            rest += gzip.decompress(piece)
        except zlib.error as error:
            raise ValueError(f"the rows cannot be unpacked: {error}") from error
        *lines, rest = rest.split(b"\n")
        yield from map(_decoded, lines)
    if not gzip.eof or rest:
        raise ValueError("the file of rows ends too early")
