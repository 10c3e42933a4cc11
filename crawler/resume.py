"""Go on where a killed run was, and answer a finished run again from the store.

Readings are kept as they come, keyed by block hash, so a second run asks only for what is missing.
A finished run is given again as it is when nothing it rests on has changed: the same list and
settings, every open question settled, and every block hash still standing (asked anew).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from importlib.resources.abc import Traversable
from pathlib import Path

import crawler
from chains.adapter import BalanceReader, SnapshotPoint, Unresolved
from chains.registry import Network
from chains.transport.together import together
from crawler.models import FindingWord
from crawler.outcome import Outcome
from crawler.reports import json as json_report
from crawler.reports.findings import read_lines
from crawler.reports.model import Report
from crawler.reports.publication import FINDINGS, INDEX, LATEST, METRICS, PAGE, REPORT, publication
from crawler.resources import config_dir
from crawler.settings import Settings
from crawler.store.database import open_database
from crawler.store.runs import StoredRuns, compressed, run_id
from crawler.wallet_list import WalletList

Reader = Callable[[Network], BalanceReader | Unresolved]

SETTLED_REASONS = frozenset({
    "no-method", "no-height", "bad-address", "unmapped-coin", "no-holding-form", "no-amount",
})  # fmt: skip
"""Reasons of unresolved rows that the same list and settings always give."""


def fingerprint(settings: Settings, entity: str) -> dict[str, object]:
    """Return what the result of a run depends on beside the list itself."""
    return {
        "version": crawler.__version__,
        "tables": _digest(config_dir()),
        "entity": entity,
        "endpoints": {
            # A digest, because an endpoint may hold an access key.
            network.name: hashlib.sha256("\n".join(network.endpoints).encode()).hexdigest()
            for network in settings.networks.values()
            if network.endpoints
        },
        "heights": dict(settings.heights),
    }


def _digest(folder: Traversable) -> str:
    digest = hashlib.sha256()
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        content = _digest(entry).encode() if entry.is_dir() else entry.read_bytes()
        digest.update(f"{entry.name}:{len(content)}:".encode() + content)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Resumption:
    """One run and the store it is kept in."""

    location: str
    run: str
    reader: Reader
    networks: Mapping[str, Network]

    @classmethod
    def of(
        cls,
        location: str,
        wallet_list: WalletList,
        settings: Settings,
        reader: Reader,
        *,
        quorum: int = 1,
        prove: str = "",
        moment: datetime | None = None,
    ) -> Resumption:
        """Return the run of this list with these settings; `prove` is its ``--prove``."""
        parts = fingerprint(settings, wallet_list.entity.name)
        if prove:
            parts["prove"] = prove
        if moment is not None:
            parts["snapshot_time"] = moment.isoformat()
        if quorum > 1:
            parts["quorum"] = quorum
        parts["list"] = wallet_list.source.digest
        return cls(location, run_id(parts), reader, settings.networks)

    def finished(
        self, out: Path | None, beside: Callable[[Report], Report] | None = None
    ) -> Report | None:
        """Return the report of the finished run when it still stands, writing `out` as then.

        `beside` sets what is owed beside a report.
        """
        return asyncio.run(self._finished(out, beside))

    def keep(self, outcome: Outcome, report: Report, lines: Path) -> None:
        """Keep a finished run; `lines` is its findings.jsonl."""
        asyncio.run(self._keep(outcome, report, lines))

    async def _finished(
        self, out: Path | None, beside: Callable[[Report], Report] | None
    ) -> Report | None:
        async with open_database(self.location) as engine:
            stored = StoredRuns(engine)
            run = await stored.finished(self.run)
            if run is None or not run.settled:
                return None
            report = json_report.read(run.report)
            if report is None or not await self._stands(report):
                return None
            if beside is not None:
                report = beside(report)
            if out is not None and not await self._lies_in(out, stored, report):
                await self._publish(out, stored, report)
        return report

    async def _lies_in(self, out: Path, stored: StoredRuns, report: Report) -> bool:
        """Return whether a folder has all files of this run: reading is faster than writing."""
        try:
            has_report = (out / REPORT).read_bytes() == json_report.render(report).encode()
        except OSError:
            return False
        return (
            has_report
            and all((out / name).is_file() for name in (PAGE, LATEST, INDEX, METRICS))
            and await _holds(out / FINDINGS, stored.findings(self.run))
        )

    async def _publish(self, out: Path, stored: StoredRuns, report: Report) -> None:
        explorers = {network.name: network.explorer for network in self.networks.values()}
        with publication(out, explorers) as written:
            # A part of the store holds whole lines.
            async for piece in stored.findings(self.run):
                for line in read_lines([piece]):
                    written.add(line)
            written.write(report)

    async def _stands(self, report: Report) -> bool:
        by_network: dict[str, dict[int, str]] = {}
        for snapshot in report.snapshots:
            by_network.setdefault(snapshot.network, {})[snapshot.height] = snapshot.block_hash
        for name, hashes in by_network.items():
            reader = self.reader(self.networks[name])
            if isinstance(reader, Unresolved):
                return False
            async with reader:
                points = await together(*(reader.pin(height) for height in hashes))
            for point in points:
                if not isinstance(point, SnapshotPoint) or hashes[point.height] != point.block_hash:
                    return False
        return True

    async def _keep(self, outcome: Outcome, report: Report, lines: Path) -> None:
        async with open_database(self.location) as engine:
            stored = StoredRuns(engine)
            await stored.begin(
                self.run,
                entity=outcome.entity.name,
                list_name=outcome.list_name,
                list_digest=outcome.list_digest,
            )
            with lines.open("rb") as stream:
                await stored.finish(
                    self.run,
                    exit_code=report.exit_code,
                    settled=is_settled(outcome),
                    report=json_report.render(report),
                    parts=compressed(stream),
                )


async def _holds(path: Path, pieces: AsyncGenerator[bytes, None]) -> bool:
    """Return whether a file holds just this."""
    # The generator may be left early, and has a connection to give back.
    async with aclosing(pieces):
        try:
            with path.open("rb") as stream:
                async for piece in pieces:
                    if stream.read(len(piece)) != piece:
                        return False
                return not stream.read(1)
        except OSError:
            return False


def is_settled(outcome: Outcome) -> bool:
    """Return whether asking again cannot change any row of an outcome."""
    return not unsettled_rows(outcome)


def unsettled_rows(outcome: Outcome) -> int:
    """Return how many rows are unresolved for what was answered, or not, in this run."""
    return sum(
        rows
        for (word, reason), rows in outcome.aggregate.groups.items()
        if word == FindingWord.UNRESOLVED.value
        and reason not in SETTLED_REASONS
        and not reason.startswith("malformed-")
    )
