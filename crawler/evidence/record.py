r"""answers.jsonl: every answer that a run rests on, written as it comes in, and read back. Pure.

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

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from chains.adapter import (
    Assurance,
    BalanceReader,
    Control,
    ControlWord,
    Keep,
    Observed,
    Proven,
    Reading,
    SnapshotPoint,
    Unproven,
    Unresolved,
)
from chains.errors import UnresolvedReason
from crawler.control import ControlBatch
from crawler.errors import CrawlerError
from crawler.plan import BalanceQuery
from crawler.recorder import Recorder

VERSION = 1

Line = dict[str, object]
QueryKey = tuple[str, str, int, bool]
"""(network, form, height, stake)."""


class RecordError(CrawlerError):
    """The record of a run is damaged; the message names the line."""


class RecordWriter(Recorder):
    """Writes every answer at once; nothing but the distinct reasons is held in memory."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        """Write lines through `write`."""
        self._write = write
        self._encode = msgspec.json.Encoder().encode
        self._numbers: dict[object, int] = {}
        self._lines = 0
        self._blocks: set[object] = set()
        self._put({"kind": "answers", "version": VERSION})

    def finish(self) -> None:
        """Write the last line. Without it the record counts as cut off."""
        self._put({"kind": "end", "readings": self._lines})

    def reader(self, network: str, reader: BalanceReader | Unresolved) -> None:
        """Note why nobody is asked about a network."""
        if isinstance(reader, Unresolved):
            self._put({"kind": "nobody", "network": network, "why": self._why(reader)})

    def pin(self, network: str, height: int, point: SnapshotPoint | Unresolved) -> Keep:
        """Note the block at a height; return what notes its header."""
        line: Line = {"kind": "pin", "network": network, "height": height}
        if isinstance(point, Unresolved):
            line["why"] = self._why(point)
        else:
            line |= _block(point)
        self._put(line)
        return self._keep_header

    def height(self, network: str, height: int | Unresolved) -> None:
        """Note the height of the snapshot's time, or why it is not known."""
        if isinstance(height, Unresolved):
            self._put({"kind": "height", "network": network, "why": self._why(height)})
        else:
            self._put({"kind": "height", "network": network, "height": height})

    def remembered(self, query: BalanceQuery, found: Mapping[bytes, Observed]) -> None:
        """Note what was kept at other blocks of accounts that could not be read."""
        for account, reading in found.items():
            self._put({
                "kind": "kept", "query": self._query(query), "account": account.hex(),
                "amount": str(reading.amount), "said": self._said(reading),
            })  # fmt: skip

    def form(self, query: BalanceQuery, problem: Unresolved) -> None:
        """Note why the holding form of a query could not be looked up."""
        why = self._why(problem)
        self._put({
            "kind": "form", "form": query.form.id, "height": query.height, "stake": query.stake,
            "why": why,
        })  # fmt: skip

    def readings(self, query: BalanceQuery, batch: Sequence[tuple[bytes, Reading]]) -> None:
        """Note answers; of two about one account, the later counts."""
        number = self._query(query)
        lines = []
        for account, reading in batch:
            if isinstance(reading, Observed):
                said = self._said(reading)
                lines.append(self._encode((number, account.hex(), str(reading.amount), said)))
            else:
                lines.append(self._encode((number, account.hex(), None, self._why(reading))))
        self._lines += len(lines)
        lines.append(b"")
        self._write(b"\n".join(lines))

    def gone(self, network: str, height: int, why: Unresolved) -> None:
        """Note that a block is no longer on its chain."""
        self._put({"kind": "gone", "network": network, "height": height, "why": self._why(why)})

    def proofs(self, query: BalanceQuery, batch: Sequence[tuple[bytes, Proven | Unproven]]) -> None:
        """Note who gave proofs, and why others are missing."""
        number = self._query(query)
        for account, proof in batch:
            line: Line = {"kind": "proof", "query": number, "account": account.hex()}
            if isinstance(proof, Proven):
                line["source"] = proof.source
            else:
                line["detail"] = proof.detail
            self._put(line)

    def layout(self, query: BalanceQuery, layout: Mapping[str, str | int | None]) -> None:
        """Note how the balances of a query were found in a token's storage."""
        self._put({
            "kind": "layout", "query": self._query(query), "text": layout["text"],
            "tested": layout["tested"],
        })  # fmt: skip

    def control(self, batch: ControlBatch, answers: Sequence[Control]) -> None:
        """Note who controls the accounts of a batch, in its order."""
        for query, control in zip(batch.queries, answers, strict=True):
            self._put({
                "kind": "control", "network": batch.network, "height": batch.height,
                "account": query.account.hex(), "word": control.word.value,
                "reason": control.reason, "detail": control.detail,
            })  # fmt: skip

    def notes(self, network: str, notes: Sequence[str]) -> None:
        """Note what a reader says of its endpoints."""
        for text in notes:
            self._put({"kind": "note", "network": network, "text": text})

    def _keep_header(self, record: object) -> None:
        line = self._encode(record)
        if line not in self._blocks:
            self._blocks.add(line)
            self._write(line + b"\n")

    def _query(self, query: BalanceQuery) -> int:
        key: QueryKey = (query.network, query.form.id, query.height, query.stake)
        network, form, height, stake = key
        return self._number(
            key, lambda: {"kind": "query", "network": network, "form": form, "height": height,
                          "stake": stake}
        )  # fmt: skip

    def _why(self, why: Unresolved) -> int:
        return self._number(why, lambda: {
            "kind": "why", "reason": why.reason.value, "detail": why.detail,
            "attempts": list(why.attempts),
        })  # fmt: skip

    def _said(self, reading: Observed) -> int:
        key = (reading.assurance, reading.sources, reading.note, reading.point)
        return self._number(key, lambda: {
            "kind": "said", "assurance": reading.assurance.value, "sources": list(reading.sources),
            "note": reading.note, "network": reading.point.network, "height": reading.point.height,
            **_block(reading.point),
        })  # fmt: skip

    def _number(self, key: object, line: Callable[[], Line]) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers)
            self._put({**line(), "number": number})
        return number

    def _put(self, line: Line) -> None:
        self._write(self._encode(line) + b"\n")


def _block(point: SnapshotPoint) -> Line:
    time = None if point.block_time is None else point.block_time.isoformat()
    return {"hash": point.block_hash, "time": time, "finality": point.finality}


@dataclass(slots=True)
class Record:
    """Every answer of a run, as `replay` looks them up."""

    nobody: dict[str, Unresolved] = field(default_factory=dict)
    pins: dict[tuple[str, int], SnapshotPoint | Unresolved] = field(default_factory=dict)
    headers: dict[tuple[str, str], Line] = field(default_factory=dict)
    """(network, block hash) -> its line, unchecked."""
    readings: dict[QueryKey, dict[bytes, Reading]] = field(default_factory=dict)
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


class _Nobody(msgspec.Struct, tag_field="kind", tag="nobody", forbid_unknown_fields=True):
    network: str
    why: int


class _Start(msgspec.Struct, tag_field="kind", tag="answers", forbid_unknown_fields=True):
    version: int


class _Pin(msgspec.Struct, tag_field="kind", tag="pin", forbid_unknown_fields=True):
    network: str
    height: int
    hash: str = ""
    time: datetime | None = None
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
    time: datetime | None
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
    for number, line in enumerate(lines, start=1):
        try:
            state.take(line)
        except (msgspec.DecodeError, KeyError, ValueError, TypeError) as error:
            raise RecordError(f"answers.jsonl, line {number}: {_cause(error)}") from error
    if not state.ended:
        raise RecordError(f"answers.jsonl is cut off after line {number}")
    return state.record


def _cause(error: Exception) -> str:
    return "names what no line describes" if isinstance(error, KeyError) else str(error)


class _Reader:
    def __init__(self) -> None:
        self.record = Record()
        self.ended = False
        self._reading = msgspec.json.Decoder(_Reading)
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

    def _take_reading(self, query: int, account: str, amount: str | None, how: int) -> None:
        reading = self._whys[how] if amount is None else self._observed(amount, how)
        answers = self.record.readings.setdefault(self._queries[query], {})
        answers[bytes.fromhex(account)] = reading
        self._count += 1

    def _observed(self, amount: str, how: int) -> Observed:
        said = self._saids[how]
        if not (amount.isascii() and amount.isdigit()):
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


def _point(entry: _Pin | _Said) -> SnapshotPoint:
    return SnapshotPoint(entry.network, entry.height, entry.hash, entry.time, entry.finality)
