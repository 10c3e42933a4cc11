"""`assay run`: every entity that has a list, one after another, for cron.

Each entity ends in one line and one exit code; the worst one wins. What was kept before is not
fetched again, and the blocks of earlier snapshots are looked up once more: a block that is no
longer there makes what was read of it worthless, and that is said.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path

from chains.adapter import SnapshotPoint, Unresolved
from chains.errors import UnresolvedReason
from chains.transport.together import together
from crawler.assess import ExitCode, worst
from crawler.capture import capture
from crawler.errors import ConfigurationError, ListError, OutputError
from crawler.evidence.bundle import evidence_of
from crawler.ownership import NoJudgement
from crawler.readers import ReaderOptions, SnapshotRequest, reader_of
from crawler.readings import Observer
from crawler.reports import json as json_report
from crawler.reports.model import Report
from crawler.run import Verifier, verify_list
from crawler.settings import Limits, Settings
from crawler.shared_readers import SharedReaders
from crawler.store.database import open_database
from crawler.store.readings import StoredReadings
from crawler.store.runs import StoredRuns
from crawler.wallet_list import WalletList, open_wallet_list

MARGIN_S = 5
"""Of the deadline, kept for writing reports."""

UNANSWERED = frozenset({
    UnresolvedReason.DEADLINE, UnresolvedReason.THROTTLED, UnresolvedReason.UNREACHABLE,
})  # fmt: skip
"""Why a block that was kept could not be looked up again, where another time it may be."""


@dataclass(frozen=True, slots=True)
class EntityRun:
    """What became of one entity in a scheduled run."""

    entity: str
    exit_code: ExitCode
    sentence: str
    changed: bool = False
    """Whether the outcome is another one than that of the run before."""
    report: Report | None = None

    def line(self) -> str:
        """Return the one line that is printed."""
        return f"{self.entity}: exit {int(self.exit_code)}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class ScheduledRun:
    """A run over several entities: where everything is and how long it may take."""

    settings: Settings
    store: str
    out: Path | None
    """Reports go to `out`/<entity>; None: they are only kept in the store."""
    observer: Observer
    deadline_s: float | None = None
    workers: int | None = None
    evidence: Path | None = None
    """A bundle of each run goes to `evidence`/<entity>.zip."""
    sign_with: Path | None = None
    """Key file for the bundles."""
    clock: Callable[[], float] = time.monotonic
    snapshot: SnapshotRequest | None = None
    """A UTXO snapshot, which is read once for all entities."""
    is_capture: bool = False
    """Whether balances at the newest blocks are only kept, and nothing is verified."""

    def entities(self, names: Sequence[str]) -> list[str]:
        """Return the entities to run: those named, or all that have a list.

        Raises ConfigurationError when one is unknown, or has no list, or there is none at all.
        """
        lists = self.settings.schedule.lists
        hint = 'say where its lists are: [entities.NAME] list = "/path/por_*.zip"'
        chosen = [self.settings.entity(name).name for name in names] or sorted(lists)
        missing = [name for name in chosen if name not in lists]
        if missing:
            raise ConfigurationError(
                [f"{name} has no list in your settings" for name in missing], hint=hint
            )
        if not chosen:
            raise ConfigurationError(["no entity has a list in your settings"], hint=hint)
        return chosen

    def run(self, names: Sequence[str]) -> Iterator[EntityRun]:
        """Yield one outcome per entity as it ends, then one for earlier snapshots if any moved."""
        started = self.clock()
        chosen = self.entities(names)
        shared = self._shared(chosen)
        for name in chosen:
            remaining = self._remaining(started)
            if remaining is not None and remaining <= MARGIN_S:
                yield EntityRun(
                    name, ExitCode.INCOMPLETE, "Not started: the deadline leaves no time for it."
                )
                continue
            yield self._run_entity(name, remaining, shared)
        if self.is_capture:
            return  # when a snapshot is taken, every minute counts
        moved, left_open = asyncio.run(self._look_up_again(started))
        said = []
        if moved:
            places = ", ".join(f"{point.network} {point.height:,}" for point in moved)
            said.append(f"No longer on their chain: {places}. What was read there does not stand.")
        if left_open:
            said.append(f"Not looked up again: {', '.join(left_open)}.")
        if said:
            yield EntityRun(
                "earlier snapshots", ExitCode.INCOMPLETE, " ".join(said), changed=bool(moved)
            )

    def _remaining(self, started: float) -> float | None:
        """Return the seconds that are left of the deadline, None if there is none."""
        if self.deadline_s is None:
            return None
        return self.deadline_s - (self.clock() - started)

    def _limits(self, remaining_s: float | None) -> Limits:
        limits = self.settings.limits
        if remaining_s is None:
            return limits
        return replace(limits, run_timeout_s=max(1, int(min(limits.run_timeout_s, remaining_s))))

    def _shared(self, names: Sequence[str]) -> SharedReaders | None:
        """Return readers that know the accounts of all lists, where that spares a pass."""
        if self.is_capture or self.evidence is not None or len(names) == 1:
            return None  # a bundle holds all that was asked for its own list
        settings = self.settings
        options = ReaderOptions(
            limits=settings.limits,
            snapshot=self.snapshot or SnapshotRequest(),
            say=self.observer.note,
        )
        shared = SharedReaders(reader_of(options))
        if not shared.serves(settings.networks.values()):
            return None
        for name in names:
            with suppress(ListError), NoJudgement() as engine:  # it is told in the list's own turn
                verifier = Verifier(
                    self._open(name)[1], settings.networks, engine, self.observer, shared,
                    moment=settings.schedule.snapshot_times.get(name),
                )  # fmt: skip
                verifier.plan()
                shared.expect(verifier.queries(), settings.networks)
        return shared

    def _open(self, name: str) -> tuple[Path, WalletList]:
        """Return the newest list of an entity. Raises ListError."""
        settings = self.settings
        path = newest(settings.schedule.lists[name])
        return path, open_wallet_list(path, settings.entity(name), settings.heights)

    def _run_entity(
        self, name: str, remaining_s: float | None, shared: SharedReaders | None
    ) -> EntityRun:
        reading_s = None if remaining_s is None else remaining_s - MARGIN_S
        settings = replace(self.settings, limits=self._limits(reading_s))
        before = None if self.is_capture else asyncio.run(self._latest(name))
        try:
            path, wallet_list = self._open(name)
            if self.is_capture:
                reader = reader_of(ReaderOptions(limits=settings.limits))
                captured = capture(
                    wallet_list, settings.networks, reader, self.observer, self.store
                )
                return EntityRun(name, captured.exit_code(), captured.sentence())
            target = self.evidence / f"{name}.zip" if self.evidence is not None else None
            with evidence_of(target, self.sign_with, path) as kept:
                report = verify_list(
                    wallet_list,
                    settings,
                    self.observer,
                    out=self.out / name if self.out is not None else None,
                    workers=self.workers,
                    store=self.store,
                    snapshot=self.snapshot,
                    shared=shared,
                    evidence=kept,
                    moment=settings.schedule.snapshot_times.get(name),
                )
                if kept is not None:
                    kept.add(path, wallet_list)
                    self.observer.note(kept.finish(report).sentence())
        except (ListError, OutputError) as error:
            return EntityRun(name, ExitCode.USAGE, str(error), changed=True)
        outcome = (report.verdict, report.wallet_list.sha256)
        changed = before is None or outcome != (before.verdict, before.wallet_list.sha256)
        return EntityRun(
            name, ExitCode(report.exit_code), report.verdict, changed=changed, report=report
        )

    async def _latest(self, name: str) -> Report | None:
        async with open_database(self.store) as engine:
            run = await StoredRuns(engine).latest(name)
        return None if run is None else json_report.read(run.report)

    async def _look_up_again(self, started: float) -> tuple[list[SnapshotPoint], list[str]]:
        """Look up the height of every kept snapshot point, until the deadline.

        Returns the points whose height now shows another block, and the networks that did not
        answer. A network that has no endpoint any more, or cannot tell of the height, is passed
        over.
        """
        async with open_database(self.store) as engine:
            points = await StoredReadings(engine).points()
        by_network: dict[str, list[SnapshotPoint]] = {}
        for point in points:
            by_network.setdefault(point.network, []).append(point)
        moved: list[SnapshotPoint] = []
        left_open: list[str] = []
        for name, kept in by_network.items():
            now = await self._blocks(name, kept, started)
            moved += [
                point
                for point, block in zip(kept, now, strict=True)
                if isinstance(block, SnapshotPoint) and block.block_hash != point.block_hash
            ]
            if any(isinstance(one, Unresolved) and one.reason in UNANSWERED for one in now):
                left_open.append(name)
        return moved, left_open

    async def _blocks(
        self, name: str, kept: Sequence[SnapshotPoint], started: float
    ) -> Sequence[SnapshotPoint | Unresolved | None]:
        """Return what the heights of `kept` show now; None where nobody can be asked."""
        remaining = self._remaining(started)
        if remaining is not None and remaining < 1:
            return [Unresolved(UnresolvedReason.DEADLINE, "The deadline has passed.")] * len(kept)
        network = self.settings.networks.get(name)
        make = reader_of(ReaderOptions(limits=self._limits(remaining)))
        reader = make(network) if network is not None else None
        if reader is None or isinstance(reader, Unresolved):
            return [None] * len(kept)
        async with reader:
            return await together(*(reader.pin(point.height) for point in kept))


def newest(pattern: str) -> Path:
    """Return the last path by name that fits `pattern`. Raises ListError when there is none."""
    found = sorted(glob(str(Path(pattern).expanduser())))  # noqa: PTH207 (an absolute pattern)
    if not found:
        raise ListError(f"no list fits {pattern}")
    return Path(found[-1])


def worst_of(runs: Sequence[EntityRun]) -> ExitCode:
    """Return the exit code of a scheduled run: the worst one wins.

    >>> one = EntityRun("a", ExitCode.INCOMPLETE, "")
    >>> worst_of([one, EntityRun("b", ExitCode.DOES_NOT_HOLD, "")])
    <ExitCode.DOES_NOT_HOLD: 1>
    """
    return worst(ExitCode.HOLDS, *(run.exit_code for run in runs))
