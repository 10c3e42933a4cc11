"""Where each finding of a findings.jsonl begins, so that any page of it is read at once.

A row costs some thirty bytes in memory; the lines stay on disk. Positions count from 0 and are
those of the file, so a page goes on exactly after the one before.
"""

from __future__ import annotations

import hashlib
import os
import re
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import IO, BinaryIO, NamedTuple

import msgspec

MEMBERS = ("finding", "ownership", "asset", "network", "custodian")
"""Members of a finding that rows are chosen by, each by equality."""

ADDRESS = "address"
"""Also chosen by: as published, hexadecimal addresses in any case."""

UNKNOWN = "?"
"""What totals call a network that no registry knows; an asset is ``? `` and its coin's name there.
Rows are chosen by these too, though they say null."""

CHOICES_KEPT = 8
"""Sets of rows that are remembered; each costs four bytes a row."""

MOST_WORDS = 0xFFFF
"""Values that one member may have; each row names its own in two bytes."""

_PIECE_LINES = 500
_HEX = re.compile(r"0[xX][0-9a-fA-F]+", re.ASCII)


class _Keys(msgspec.Struct, frozen=True):
    """What rows are chosen by; every other member is passed over."""

    finding: str
    ownership: str
    address: str
    asset: str | None
    network: str | None
    custodian: str | None


class _Unknown(msgspec.Struct, frozen=True):
    """What tells the rows of one unknown asset from those of another."""

    coin: str
    kind: str | None
    """None for a malformed row, which is in no total."""


_unknown_decoder = msgspec.json.Decoder(_Unknown)
_decoder = msgspec.json.Decoder(_Keys)


class Page(NamedTuple):
    """Some of the rows that were chosen, in the order of the list."""

    lines: list[bytes]
    """Each as it stands in the file, without its newline."""
    matched: int
    """Rows chosen on all pages together."""
    following: int | None
    """Where the next page begins; None after the last row."""


class FindingsIndex:
    """An open findings.jsonl and where its lines are. Every method may run in any thread."""

    def __init__(self, file: BinaryIO | IO[bytes], sha256: str = "") -> None:
        """Read the whole of `file` once; it is closed by `close`.

        Raises ValueError when a line is no finding, or when the file has another digest.
        """
        self._file = file
        self._offsets = array("Q", [0])
        self._codes = {name: array("H") for name in MEMBERS}
        self._words: dict[str, dict[str | None, int]] = {name: {} for name in MEMBERS}
        self._accounts = array("q")
        self._choices: OrderedDict[tuple[tuple[str, str], ...], Sequence[int]] = OrderedDict()
        digest = hashlib.sha256()
        file.seek(0)
        end = 0
        for line in file:
            if not line.endswith(b"\n"):
                raise ValueError("the last finding is cut short")
            digest.update(line)
            end += len(line)
            self._add(line)
            self._offsets.append(end)
        if sha256 and digest.hexdigest() != sha256:
            raise ValueError("the findings are not those of the report")

    def _add(self, line: bytes) -> None:
        try:
            keys = _decoder.decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ValueError(f"a finding cannot be read: {error}") from error
        for name in MEMBERS:
            words = self._words[name]
            code = words.setdefault(getattr(keys, name), len(words))
            if code > MOST_WORDS:
                raise ValueError(f"more than 65,536 different values of {name}")
            self._codes[name].append(code)
        self._accounts.append(hash(_account(keys.address)))

    @property
    def rows(self) -> int:
        """How many findings there are."""
        return len(self._accounts)

    def page(self, chosen: Mapping[str, str], start: int, limit: int) -> Page:
        """Return up to `limit` rows from position `start` on that have the `chosen` members."""
        positions = self._positions(chosen)
        first = bisect_left(positions, start)
        shown = positions[first : first + limit]
        following = positions[first + limit] if first + limit < len(positions) else None
        return Page(list(self._lines(shown)), len(positions), following)

    def lines(self, chosen: Mapping[str, str]) -> Iterator[list[bytes]]:
        """Yield all rows that have the `chosen` members, some hundreds at a time."""
        positions = self._positions(chosen)
        for first in range(0, len(positions), _PIECE_LINES):
            yield list(self._lines(positions[first : first + _PIECE_LINES]))

    def pieces(self) -> Iterator[bytes]:
        """Yield the file as it is."""
        for first, last in pairwise([*range(0, self.rows, _PIECE_LINES), self.rows]):
            yield self._read(self._offsets[first], self._offsets[last])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _lines(self, positions: Sequence[int]) -> Iterator[bytes]:
        if not positions:
            return
        first, last = positions[0], positions[-1] + 1
        if last - first == len(positions):  # neighbours are read at once
            yield from self._read(self._offsets[first], self._offsets[last]).split(b"\n")[:-1]
            return
        for position in positions:
            yield self._read(self._offsets[position], self._offsets[position + 1])[:-1]

    def _read(self, start: int, end: int) -> bytes:
        found = os.pread(self._file.fileno(), end - start, start)
        if len(found) != end - start:
            raise ValueError("the file of findings has become shorter")
        return found

    def _positions(self, chosen: Mapping[str, str]) -> Sequence[int]:
        if not chosen:
            return range(self.rows)
        key = tuple(sorted(chosen.items()))
        known = self._choices.get(key)
        if known is None:
            known = self._choose(chosen)
            self._choices[key] = known
            while len(self._choices) > CHOICES_KEPT:
                self._choices.popitem(last=False)
        return known

    def _choose(self, chosen: Mapping[str, str]) -> Sequence[int]:
        positions: Sequence[int] = range(self.rows)
        if ADDRESS in chosen:
            positions = self._of_account(chosen[ADDRESS])
        for name in MEMBERS:
            if name not in chosen:
                continue
            code = self._words[name].get(chosen[name])
            is_unknown = code is None and _is_unknown(name, chosen[name])
            if is_unknown:
                code = self._words[name].get(None)
            if code is None:
                return ()
            codes = self._codes[name]
            positions = array("I", (place for place in positions if codes[place] == code))
            if is_unknown:
                positions = array("I", self._unknown(positions, name, chosen[name]))
        return positions

    def _unknown(self, positions: Sequence[int], name: str, wanted: str) -> Iterator[int]:
        """Yield those of rows without an asset, or a network, that totals call `wanted`."""
        for place in positions:
            line = self._read(self._offsets[place], self._offsets[place + 1])
            found = _unknown_decoder.decode(line)
            called = f"{UNKNOWN} {found.coin}" if name == "asset" else UNKNOWN
            if found.kind is not None and called == wanted:
                yield place

    def _of_account(self, address: str) -> Sequence[int]:
        account = _account(address)
        wanted, found, place = hash(account), array("I"), -1
        while True:
            try:
                place = self._accounts.index(wanted, place + 1)
            except ValueError:
                return found
            line = self._read(self._offsets[place], self._offsets[place + 1])
            if _account(_decoder.decode(line).address) == account:  # two texts may share a hash
                found.append(place)


def _is_unknown(name: str, text: str) -> bool:
    return text.startswith(f"{UNKNOWN} ") if name == "asset" else (name, text) == (
        "network", UNKNOWN
    )  # fmt: skip


def _account(address: str) -> str:
    return address.lower() if _HEX.fullmatch(address) else address
