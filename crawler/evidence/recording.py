"""Writes answers.jsonl: every answer that a run rests on, as it comes in. Pure.

What the lines are, and how they are read back, stands in `crawler.evidence.record`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from chains.adapter import (
    BalanceReader,
    Control,
    Keep,
    Observed,
    Proven,
    Reading,
    SnapshotPoint,
    Unproven,
    Unresolved,
)
from crawler.control import ControlBatch
from crawler.evidence.record import VERSION, Line, QueryKey
from crawler.plan import BalanceQuery
from crawler.recorder import Recorder


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
