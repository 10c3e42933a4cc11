"""The store as a place of snapshots: the finished runs in it."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from contextlib import AsyncExitStack, aclosing
from typing import IO, NamedTuple

from crawler.reports import json as json_report
from crawler.reports.snapshots import Changes, summary_of
from crawler.store.database import StoreError, open_database
from crawler.store.runs import StoredRuns
from crawler.web.kept import Kept, UnavailableError, kept_of


class _Seen(NamedTuple):
    """A run as it was read last."""

    finished: str
    kept: Kept | str
    """A text says why it cannot be served."""


class StorePlace:
    """The finished runs of one store. It is opened when it is there, and tried again until then."""

    label = "store"

    def __init__(self, location: str) -> None:
        self._location = location
        self._stack = AsyncExitStack()
        self._runs: StoredRuns | None = None
        self.problems: list[str] = []
        self._seen: dict[str, _Seen] = {}

    async def look(self) -> list[Kept]:
        """Return the finished runs; only reports that are new since the last time are read."""
        try:
            runs = await self._opened()
            heads = await runs.heads()
            for run in self._seen.keys() - heads.keys():
                del self._seen[run]
            for run, finished in heads.items():
                if run not in self._seen or self._seen[run].finished != finished:
                    self._seen[run] = _Seen(finished, await self._read(runs, run))
        except StoreError as error:
            self.problems = [f"{error}. {error.hint}".rstrip()]
            return []
        kept = [seen.kept for seen in self._seen.values()]
        self.problems = [one for one in kept if isinstance(one, str)]
        return [one for one in kept if not isinstance(one, str)]

    async def _opened(self) -> StoredRuns:
        if self._runs is None:
            database = open_database(self._location, is_read_only=True)
            self._runs = StoredRuns(await self._stack.enter_async_context(database))
        return self._runs

    async def _read(self, runs: StoredRuns, run: str) -> Kept | str:
        found = await runs.finished(run)
        if found is None:
            return f"run {run[:16]}: gone while it was read"
        try:
            report = await asyncio.to_thread(json_report.read, found.report)
        except ValueError:
            return f"run {run[:16]}: its report is damaged"
        if report is None:
            return f"run {run[:16]}: written by another version of Assay"
        content = found.report.encode()
        summary = summary_of(report, digests={"report.json": hashlib.sha256(content).hexdigest()})
        # Two runs over one list may say the same in their reports and still be two runs.
        identity = f"{run} {found.finished}".encode()
        return kept_of(summary, self, run, has_report=True, content=identity)

    async def report(self, kept: Kept) -> bytes:
        """Return the report as it is stored."""
        found = await (await self._opened()).finished(kept.handle)
        if found is None:
            raise UnavailableError("the run is gone from the store")
        return found.report.encode()

    async def findings(self, kept: Kept) -> IO[bytes]:
        """Return the stored findings in a file that has no name."""
        runs = await self._opened()
        file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
        try:
            async with aclosing(runs.findings(kept.handle)) as pieces:
                async for piece in pieces:
                    await asyncio.to_thread(file.write, piece)
            file.flush()
        except BaseException:
            file.close()
            raise
        return file

    async def changes(self, _kept: Kept) -> Changes | None:
        """The store keeps none: they are worked out when they are asked for."""
        return None

    async def close(self) -> None:
        """Close the connections."""
        self._runs = None
        await self._stack.aclose()
