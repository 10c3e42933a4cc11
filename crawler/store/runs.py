"""Runs: one row each, with the report and the findings of the finished ones."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from crawler.store.database import faults_of_store
from crawler.store.schema import run_findings, runs

PART_BYTES = 1 << 20
"""Of findings.jsonl in one part, before compression."""


def run_id(parts: Mapping[str, object]) -> str:
    """Return the identity of a run: the SHA-256 of everything its result depends on.

    >>> run_id({"list": "ab"}) == run_id({"list": "ab"}) != run_id({"list": "ac"})
    True
    """
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run whose report is kept."""

    id: str
    entity: str
    list_name: str
    list_digest: str
    finished: datetime
    exit_code: int
    settled: bool
    """Whether asking again cannot change anything while the block hashes stand."""
    report: str
    """report.json as text."""


class StoredRuns:
    """Reads and writes the runs of one store."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert

    async def begin(self, run: str, *, entity: str, list_name: str, list_digest: str) -> None:
        """Note that a run has begun; a run that was begun before is continued."""
        with faults_of_store():
            async with self._engine.begin() as connection:
                await connection.execute(
                    self._insert(runs)
                    .values(
                        id=run,
                        entity=entity,
                        list_name=list_name,
                        list_digest=list_digest,
                        started=_now(),
                    )
                    .on_conflict_do_nothing()
                )

    async def finish(
        self, run: str, *, exit_code: int, settled: bool, report: str, parts: Iterable[bytes]
    ) -> None:
        """Keep the report and the findings of a run, in one transaction."""
        with faults_of_store():
            async with self._engine.begin() as connection:
                # First, for it locks the run: another process may finish the same one just now.
                await connection.execute(
                    update(runs)
                    .where(runs.c.id == run)
                    .values(
                        finished=_now(), exit_code=exit_code, settled=int(settled), report=report
                    )
                )
                await connection.execute(delete(run_findings).where(run_findings.c.run == run))
                for number, part in enumerate(parts):
                    row = {"run": run, "part": number, "lines": part}
                    await connection.execute(run_findings.insert().values(row))

    async def finished(self, run: str) -> FinishedRun | None:
        """Return a run that has a report, or None."""
        query = select(runs).where(runs.c.id == run, runs.c.report.is_not(None))
        with faults_of_store():
            async with self._engine.connect() as connection:
                row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else _finished(dict(row))

    async def heads(self) -> dict[str, str]:
        """Return every run that has a report: its id -> when it finished, oldest first."""
        query = (
            select(runs.c.id, runs.c.finished)
            .where(runs.c.report.is_not(None))
            .order_by(runs.c.finished, runs.c.id)
        )
        with faults_of_store():
            async with self._engine.connect() as connection:
                rows = (await connection.execute(query)).all()
        return {run: finished for run, finished in rows}  # noqa: C416 (rows are not tuples to mypy)

    async def latest(self, entity: str) -> FinishedRun | None:
        """Return the run of an entity that finished last, or None."""
        query = (
            select(runs)
            .where(runs.c.entity == entity, runs.c.report.is_not(None))
            .order_by(runs.c.finished.desc())
            .limit(1)
        )
        with faults_of_store():
            async with self._engine.connect() as connection:
                row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else _finished(dict(row))

    async def findings(self, run: str) -> AsyncGenerator[bytes, None]:
        """Yield findings.jsonl of a finished run in pieces."""
        query = (
            select(run_findings.c.lines)
            .where(run_findings.c.run == run)
            .order_by(run_findings.c.part)
        )
        with faults_of_store():
            async with self._engine.connect() as connection:
                async for (part,) in await connection.stream(query):
                    yield zlib.decompress(part)


def compressed(lines: Iterable[bytes]) -> Iterator[bytes]:
    r"""Yield `lines` in zlib parts of about `PART_BYTES` each.

    >>> b"".join(zlib.decompress(part) for part in compressed([b"a\n", b"b\n"]))
    b'a\nb\n'
    """
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= PART_BYTES:
            yield zlib.compress(b"".join(held), 1)
            held, size = [], 0
    if held:
        yield zlib.compress(b"".join(held), 1)


def _finished(row: Mapping[Any, Any]) -> FinishedRun:
    return FinishedRun(
        id=row["id"],
        entity=row["entity"],
        list_name=row["list_name"],
        list_digest=row["list_digest"],
        finished=datetime.fromisoformat(row["finished"]),
        exit_code=row["exit_code"],
        settled=bool(row["settled"]),
        report=row["report"],
    )


def _now() -> str:
    return datetime.now(UTC).isoformat()
