r"""answers.jsonl: every answer that a run rests on, read back. Pure.

One JSON value a line. Objects have a ``kind``; an array is one reading:

* ``answers``: the first line; ``version`` 1.
* ``nobody``: ``network`` and why nobody could be asked (``why``, a number).
* ``pin``: ``network``, ``height`` and the block (``hash``, ``time``, ``finality``), or ``why``.
* ``block``: the header of a block, as in the file of proofs.
* ``query``: ``number``, ``network``, ``form``, ``height``, ``stake``: what the next arrays answer.
* ``why``: ``number``, ``reason``, ``detail``, ``attempts``: why something is not known.
* ``said``: ``number``, ``assurance``, ``sources``, ``note`` and the block: how a balance was read.
* ``[query, account, amount, said]``, with hex and decimal text, or ``[query, account, null, why]``.
* ``form``: ``form``, ``height``, ``stake``, ``why``: a form that was not looked up.
* ``height``: ``network`` and the ``height`` of the snapshot's time, or ``why``.
* ``kept``: ``query``, ``account``, ``amount``, ``said``: what had been read at another block.
* ``gone``: ``network``, ``height``, ``why``: a block that was replaced during the run.
* ``proof``: ``query``, ``account``, and the ``source`` of a proof, or in ``detail`` why not.
* ``layout``: ``query``, ``text``, ``tested``: how a token's balances were found; told, not proven.
* ``control``: ``network``, ``height``, ``account``, ``word``, ``reason``, ``detail``, in order.
* ``note``: ``network``, ``text``.
* ``end``: the last line; ``readings``, how many arrays there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import msgspec

from chains.adapter import (
    Assurance,
    Control,
    ControlWord,
    Observed,
    Reading,
    SnapshotPoint,
    Unproven,
    Unresolved,
)
from chains.errors import UnresolvedReason
from crawler.errors import CrawlerError

VERSION = 1

Line = dict[str, object]
QueryKey = tuple[str, str, int, bool]
"""(network, form, height, stake)."""


LONGEST_AMOUNT = 200
"""Digits; the largest balances have 78. Python itself reads no more than 4,300."""


class RecordError(CrawlerError):
    """The record of a run is damaged; the message names the line."""


class Told:
    """What was noted of the accounts of one query; a reading is made when it is asked for."""

    __slots__ = ("_lines", "_made", "_saids", "_whys")

    def __init__(self, whys: Mapping[int, Unresolved], saids: Mapping[int, Observed]) -> None:
        """Nothing is noted yet. `whys` and `saids` are what the lines name by number."""
        self._whys, self._saids = whys, saids
        self._lines: dict[str, tuple[str | None, int]] = {}
        self._made: dict[bytes, Reading] = {}

    def note(self, account: str, amount: str | None, how: int) -> None:
        """Note a line of an account in hex; of two, the later counts. Raises as `read_record`."""
        if amount is None:
            self._whys[how]
        elif how not in self._saids:
            raise KeyError(how)
        elif not _is_amount(amount):
            raise ValueError("an amount is no number")
        self._lines[account] = amount, how

    def get(self, account: bytes) -> Reading | None:
        """Return the reading of an account, always the same one, or None when none was noted."""
        made = self._made.get(account)
        if made is None and (line := self._lines.get(account.hex())) is not None:
            amount, how = line
            made = self._whys[how] if amount is None else self._observed(int(amount), how)
            self._made[account] = made
        return made

    def _observed(self, amount: int, how: int) -> Observed:
        said = self._saids[how]
        return Observed(amount, said.point, said.assurance, said.sources, said.note)

    def assurances(self) -> Iterator[Assurance]:
        """Yield how each balance was read that is known."""
        for amount, how in self._lines.values():
            if amount is not None:
                yield self._saids[how].assurance


@dataclass(slots=True)
class Record:
    """Every answer of a run, as `replay` looks them up."""

    nobody: dict[str, Unresolved] = field(default_factory=dict)
    pins: dict[tuple[str, int], SnapshotPoint | Unresolved] = field(default_factory=dict)
    headers: dict[tuple[str, str], Line] = field(default_factory=dict)
    """(network, block hash) -> its line, unchecked."""
    readings: dict[QueryKey, Told] = field(default_factory=dict)
    forms: dict[tuple[str, int, bool], Unresolved] = field(default_factory=dict)
    heights: dict[str, int | Unresolved] = field(default_factory=dict)
    """Network -> height of the snapshot's time."""
    kept: dict[QueryKey, dict[bytes, Observed]] = field(default_factory=dict)
    gone: dict[tuple[str, int], Unresolved] = field(default_factory=dict)
    proofs: dict[QueryKey, dict[bytes, str | Unproven]] = field(default_factory=dict)
    """Account -> label of who gave the proof, or why there is none."""
    layouts: dict[QueryKey, tuple[str, int]] = field(default_factory=dict)
    """(text, holders tested)."""
    controls: dict[tuple[str, int], list[tuple[bytes, Control]]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)


Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Nobody(msgspec.Struct, tag_field="kind", tag="nobody", forbid_unknown_fields=True):
    network: str
    why: int


class _Start(msgspec.Struct, tag_field="kind", tag="answers", forbid_unknown_fields=True):
    version: int


class _Pin(msgspec.Struct, tag_field="kind", tag="pin", forbid_unknown_fields=True):
    network: str
    height: int
    hash: str = ""
    time: Moment | None = None
    finality: str = ""
    why: int | None = None


class _Header(msgspec.Struct, tag_field="kind", tag="block", forbid_unknown_fields=True):
    network: str
    height: int
    hash: str
    header: str


class _Query(msgspec.Struct, tag_field="kind", tag="query", forbid_unknown_fields=True):
    number: int
    network: str
    form: str
    height: int
    stake: bool


class _Why(msgspec.Struct, tag_field="kind", tag="why", forbid_unknown_fields=True):
    number: int
    reason: UnresolvedReason
    detail: str
    attempts: list[str]


class _Said(msgspec.Struct, tag_field="kind", tag="said", forbid_unknown_fields=True):
    number: int
    assurance: Assurance
    sources: list[str]
    note: str
    network: str
    height: int
    hash: str
    time: Moment | None
    finality: str


class _Form(msgspec.Struct, tag_field="kind", tag="form", forbid_unknown_fields=True):
    form: str
    height: int
    stake: bool
    why: int


class _Height(msgspec.Struct, tag_field="kind", tag="height", forbid_unknown_fields=True):
    network: str
    height: int | None = None
    why: int | None = None


class _Kept(msgspec.Struct, tag_field="kind", tag="kept", forbid_unknown_fields=True):
    query: int
    account: str
    amount: str
    said: int


class _Gone(msgspec.Struct, tag_field="kind", tag="gone", forbid_unknown_fields=True):
    network: str
    height: int
    why: int


class _Proof(msgspec.Struct, tag_field="kind", tag="proof", forbid_unknown_fields=True):
    query: int
    account: str
    source: str | None = None
    detail: str = ""


class _Layout(msgspec.Struct, tag_field="kind", tag="layout", forbid_unknown_fields=True):
    query: int
    text: str
    tested: int


class _Control(msgspec.Struct, tag_field="kind", tag="control", forbid_unknown_fields=True):
    network: str
    height: int
    account: str
    word: ControlWord
    reason: str
    detail: str


class _Note(msgspec.Struct, tag_field="kind", tag="note", forbid_unknown_fields=True):
    network: str
    text: str


class _End(msgspec.Struct, tag_field="kind", tag="end", forbid_unknown_fields=True):
    readings: int


_Reading = tuple[int, str, str | None, int]
TOGETHER = 1000
"""Lines of readings that are decoded at once: most of the record is such lines."""

_Any = (
    _Start | _Nobody | _Pin | _Header | _Query | _Why | _Said | _Form | _Gone | _Height | _Kept
    | _Proof | _Layout | _Control | _Note | _End
)  # fmt: skip


def read_record(lines: Iterable[bytes]) -> Record:
    """Return the record that `lines` hold. Raises RecordError, naming the line, for a damaged one.

    Whether all that a replay asks is in it shows in the replay.
    """
    state = _Reader()
    number = 0
    waiting: list[bytes] = []
    for number, line in enumerate(lines, start=1):
        if line.startswith(b"[") and line.endswith(b"]\n") and not state.ended:
            waiting.append(line)
            if len(waiting) < TOGETHER:
                continue
            line = b""  # noqa: PLW2901
        if waiting:
            _take_readings(state, waiting, number - bool(line))
            waiting.clear()
        if line:
            _take(state, line, number)
    if waiting:
        _take_readings(state, waiting, number)
    if not state.ended:
        raise RecordError(f"answers.jsonl is cut off after line {number}")
    return state.record


_FAULTS = (msgspec.DecodeError, KeyError, ValueError, TypeError)


def _take_readings(state: _Reader, lines: list[bytes], last: int) -> None:
    """Take lines of readings in, of which `last` is the number of the last one."""
    try:
        state.take_readings(lines)
    except _FAULTS:  # one by one: to name the line
        for number, line in enumerate(lines, last - len(lines) + 1):
            _take(state, line, number)
        raise


def _take(state: _Reader, line: bytes, number: int) -> None:
    try:
        state.take(line)
    except _FAULTS as error:
        raise RecordError(f"answers.jsonl, line {number}: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    return "names what no line describes" if isinstance(error, KeyError) else str(error)


class _Reader:
    def __init__(self) -> None:
        self.record = Record()
        self.ended = False
        self._reading = msgspec.json.Decoder(_Reading)
        self._tolds: dict[int, Told] = {}
        self._other = msgspec.json.Decoder(_Any)
        self._started = False
        self._count = 0
        self._queries: dict[int, QueryKey] = {}
        self._whys: dict[int, Unresolved] = {}
        self._saids: dict[int, Observed] = {}

    def take(self, line: bytes) -> None:
        if self.ended:
            raise ValueError("stands behind the end")
        if line.startswith(b"["):
            self._take_reading(*self._reading.decode(line))
            return
        entry = self._other.decode(line)
        if self._started == isinstance(entry, _Start):
            raise ValueError("stands where it cannot")
        self._started = True
        self._take(entry)

    def take_readings(self, lines: list[bytes]) -> None:
        """Take in lines that are all readings."""
        decoded = self._reading.decode_lines(b"".join(lines))
        for query, account, amount, how in decoded:
            self._told(query).note(account, amount, how)
        self._count += len(decoded)

    def _take_reading(self, query: int, account: str, amount: str | None, how: int) -> None:
        self._told(query).note(account, amount, how)
        self._count += 1

    def _told(self, query: int) -> Told:
        told = self._tolds.get(query)
        if told is None:
            key = self._queries[query]
            known = self.record.readings.get(key)
            told = Told(self._whys, self._saids) if known is None else known
            self._tolds[query] = self.record.readings[key] = told
        return told

    def _observed(self, amount: str, how: int) -> Observed:
        said = self._saids[how]
        if not _is_amount(amount):
            raise ValueError("an amount is no number")
        return Observed(int(amount), said.point, said.assurance, said.sources, said.note)

    def _take(self, entry: _Any) -> None:  # noqa: C901, PLR0912 (one case for each kind of line)
        record = self.record
        match entry:
            case _Start():
                if entry.version != VERSION:
                    raise ValueError("another version of the format")
            case _Nobody():
                record.nobody[entry.network] = self._whys[entry.why]
            case _Pin():
                record.pins[entry.network, entry.height] = (
                    _point(entry) if entry.why is None else self._whys[entry.why]
                )
            case _Header():
                record.headers[entry.network, entry.hash] = {
                    "kind": "block", "network": entry.network, "height": entry.height,
                    "hash": entry.hash, "header": entry.header,
                }  # fmt: skip
            case _Query():
                key = (entry.network, entry.form, entry.height, entry.stake)
                self._queries[entry.number] = key
                self._tolds.pop(entry.number, None)
            case _Why():
                why = Unresolved(entry.reason, entry.detail, tuple(entry.attempts))
                self._whys[entry.number] = why
            case _Said():
                sources = tuple(entry.sources)
                point = _point(entry)
                self._saids[entry.number] = Observed(0, point, entry.assurance, sources, entry.note)
            case _Form():
                record.forms[entry.form, entry.height, entry.stake] = self._whys[entry.why]
            case _Height():
                told = entry.height
                record.heights[entry.network] = (
                    told if told is not None else self._whys[-1 if entry.why is None else entry.why]
                )
            case _Kept():
                kept = record.kept.setdefault(self._queries[entry.query], {})
                kept[bytes.fromhex(entry.account)] = self._observed(entry.amount, entry.said)
            case _Gone():
                record.gone[entry.network, entry.height] = self._whys[entry.why]
            case _Proof():
                proofs = record.proofs.setdefault(self._queries[entry.query], {})
                proofs[bytes.fromhex(entry.account)] = (
                    Unproven(entry.detail) if entry.source is None else entry.source
                )
            case _Layout():
                record.layouts[self._queries[entry.query]] = (entry.text, entry.tested)
            case _Control():
                record.controls.setdefault((entry.network, entry.height), []).append((
                    bytes.fromhex(entry.account),
                    Control(entry.word, entry.reason, entry.detail),
                ))  # fmt: skip
            case _Note():
                record.notes.setdefault(entry.network, []).append(entry.text)
            case _End():
                if entry.readings != self._count:
                    raise ValueError("readings are missing")
                self.ended = True


def _is_amount(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_AMOUNT


def _point(entry: _Pin | _Said) -> SnapshotPoint:
    return SnapshotPoint(entry.network, entry.height, entry.hash, entry.time, entry.finality)
