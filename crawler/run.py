"""One verification from list to report: two passes over the file, a few bytes of memory a row.

Pass 1 judges the signatures and plans the look-ups; then the balances are read; pass 2 reads
the list again and hands out one finding per row, in list order.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from chains.adapter import OwnershipVerdict
from chains.registry import Network
from crawler.assess import Finding, assess, assess_duplicate, assess_malformed, settle
from crawler.control import ControlPlan
from crawler.entities import published_name
from crawler.errors import CrawlerError, ListError
from crawler.evidence.bundle import PROOFS, Evidence
from crawler.journal import WORTH_KEEPING, journal
from crawler.models import Claim, MalformedRow
from crawler.outcome import Outcome, Readings
from crawler.ownership import NoJudgement, OwnershipEngine
from crawler.plan import BalanceQuery, Plan, canonical_of, unmapped
from crawler.proof_lines import ProofWriter
from crawler.proving import ProvePolicy, ProvingResult
from crawler.readers import ReaderOptions, SnapshotRequest, reader_of
from crawler.readings import Observer, Proving, Reader, read_plan
from crawler.recorder import Recorder
from crawler.reports.build import balances_only, build_report
from crawler.reports.findings import finding_line
from crawler.reports.folder import require_folder, whole_file, working_folder
from crawler.reports.model import Report
from crawler.reports.publication import FINDINGS, Publication, publication
from crawler.settings import Settings
from crawler.shared_readers import SharedReaders
from crawler.wallet_list import WalletList

if TYPE_CHECKING:
    from crawler.resume import Resumption

GiveUp = Callable[[CrawlerError], None]
"""Is told why nothing is kept any more."""

Judged = tuple[Claim | MalformedRow, OwnershipVerdict]


class Verifier:
    """Runs one verification step by step, so that each step can be watched and tested."""

    def __init__(
        self,
        wallet_list: WalletList,
        networks: Mapping[str, Network],
        engine: OwnershipEngine | NoJudgement,
        observer: Observer,
        reader: Reader,
        *,
        quorum: int = 1,
        proving: Proving | None = None,
        record: Recorder | None = None,
        moment: datetime | None = None,
        unstored: str = "",
    ) -> None:
        """Nothing is read yet. Stored readings count if they rest on `quorum` endpoints.

        With `proving`, balances are proven once they are read; `record` is told every answer.
        Rows without a height are read at the last block of `moment`. Readings of the network
        `unstored` are neither taken from a store nor kept.
        """
        self._unstored = unstored
        self._record = record
        self._moment = moment
        self._quorum = quorum
        self.list = wallet_list
        self._networks = networks
        self._engine = engine
        self._observer = observer
        self._reader = reader
        self._plan = Plan(
            canonical_of(wallet_list.entity.coins, networks), is_timed=moment is not None
        )
        self._controls = ControlPlan(networks, is_timed=moment is not None)
        self._proving = proving
        self._verdicts: dict[OwnershipVerdict, int] = {}
        self._numbers = array("I")
        self._readings = Readings()

    def judge(self) -> Iterator[list[Judged]]:
        """Pass 1: yield the rows with their verdicts, in list order, planning the look-ups.

        The rows are planned here while the blocks ahead of them are judged elsewhere.
        """
        self._observer.start("ownership", None)
        rows = self.list.rows()
        for judged in self._engine.judge(self.list.again(), with_text=False):
            chunk: list[Judged] = []
            places = [self._verdicts.setdefault(v, len(self._verdicts)) for v in judged.verdicts]
            for row, number in zip(islice(rows, len(judged.numbers)), judged.numbers, strict=True):
                if isinstance(row, Claim):
                    self._plan.add(row, len(self._numbers))
                    self._controls.add(row, judged.verdicts[number], len(self._numbers))
                self._numbers.append(places[number])
                chunk.append((row, judged.verdicts[number]))
            self._observer.advance("ownership", len(chunk))
            yield chunk
        if next(rows, None) is not None:
            raise RuntimeError("the list has rows that were not judged")

    def plan(self) -> None:
        """Do pass 1 to its end."""
        for _ in self.judge():
            pass

    @property
    def accounts(self) -> int:
        """Return how many balances are to be read, once the list is judged."""
        return sum(len(query.addresses) for query in self._plan.queries())

    def read(self, store: str | None = None, *, give_up: GiveUp | None = None) -> None:
        """Read the balances of every planned account; those in `store` are not asked for again.

        A store that fails is a StoreError, unless `give_up` is there to be told. With proving,
        the file of proofs is complete afterwards.
        """
        with ungrouped():
            asyncio.run(self.read_within(store, give_up))
        if self._proving is not None:
            self._proving.writer.finish()

    def queries(self) -> Iterator[BalanceQuery]:
        """Yield what will be read; to be asked after `judge`."""
        return self._plan.queries()

    async def read_within(self, store: str | None = None, give_up: GiveUp | None = None) -> None:
        """Do what `read` does, in a loop that is running; the file of proofs is not finished."""
        self._readings = await self._read(store, give_up)
        for network, found in sorted(self._readings.health.items()):
            for one in found:
                self._observer.note(f"{network}: {one.line()}")

    async def _read(self, store: str | None, give_up: GiveUp | None) -> Readings:
        if store is None:
            return await self._read_all(self._reader)
        from crawler.store.database import open_database  # noqa: PLC0415 (not before it is needed)
        from crawler.store.reader import stored_reader  # noqa: PLC0415
        from crawler.store.readings import StoredReadings  # noqa: PLC0415

        async with open_database(store) as engine:
            reader = stored_reader(
                self._reader, StoredReadings(engine), sources=self._quorum, give_up=give_up,
                not_of=self._unstored,
            )  # fmt: skip
            return await self._read_all(reader)

    async def _read_all(self, reader: Reader) -> Readings:
        return await read_plan(
            self._plan,
            self._networks,
            self._observer,
            reader,
            controls=self._controls,
            proving=self._proving,
            record=self._record,
            moment=self._moment,
        )

    def findings(self, outcome: Outcome) -> Iterator[Finding]:
        """Pass 2: yield one finding per row in list order, counting each into `outcome`.

        Raises ListError when the list is not the one that pass 1 read.
        """
        verdicts = list(self._verdicts)
        labels: dict[int, str] = {}
        ordinal = -1
        for ordinal, row in enumerate(self.list.rows()):
            if ordinal >= len(self._numbers):
                break
            if ordinal in self._plan.repeated:
                labels[ordinal] = self._label(row)
            verdict = settle(verdicts[self._numbers[ordinal]], self._controls.of(ordinal))
            finding = self._finding(row, ordinal, verdict, labels)
            outcome.aggregate.add(finding)
            yield finding
        if ordinal + 1 != len(self._numbers):
            raise ListError(f"{self.list.source.name} changed while it was being verified.")
        self._compare_summaries(outcome)

    def _compare_summaries(self, outcome: Outcome) -> None:
        entity, summaries = self.list.entity, self.list.summaries
        named = {(summary.file, published_name(summary.coin)) for summary in summaries}
        outcome.comparisons = [
            outcome.aggregate.compare(
                summary,
                unit=entity.unit_of(summary.coin),
                others=[
                    name
                    for name in entity.other_names(published_name(summary.coin))
                    if (summary.file, name) not in named
                ],
            )
            for summary in summaries
        ]

    def outcome(self) -> Outcome:
        """Return the record that `findings` fills."""
        return Outcome(
            self.list.source.name,
            self.list.source.digest,
            self.list.entity,
            self.list.files,
            self.list.source.left_out,
            self._readings,
            self._proving.result if self._proving is not None else None,
            self._moment,
        )

    def _finding(
        self,
        row: Claim | MalformedRow,
        ordinal: int,
        verdict: OwnershipVerdict,
        labels: Mapping[int, str],
    ) -> Finding:
        if isinstance(row, MalformedRow):
            return assess_malformed(row, verdict)
        place = self._plan.place(row, ordinal)
        if place.problem is not None:
            return assess(row, verdict, place.problem)
        if place.holdings is None:
            return assess(row, verdict, unmapped(row))
        if place.primary != ordinal:
            return assess_duplicate(row, verdict, first_row=labels[place.primary])
        reading = place.holdings.readings[place.slot]
        if reading is None:
            raise RuntimeError(f"{self._label(row)} was planned and never answered")
        return assess(row, verdict, reading)

    def _label(self, row: Claim | MalformedRow) -> str:
        if len(self.list.source.members) > 1:
            return f"Line {row.row} of {row.file}"
        return f"Line {row.row}"


@contextmanager
def ungrouped() -> Iterator[None]:
    """Raise the first CrawlerError of a group by itself.

    The store is asked from within each network's task; its fault is the user's news.
    """
    try:
        yield
    except ExceptionGroup as group:
        matched, _ = group.split(CrawlerError)
        if matched is None:
            raise
        raise _first(matched) from group


def _first(group: ExceptionGroup[CrawlerError]) -> CrawlerError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error


def verify_list(
    wallet_list: WalletList,
    settings: Settings,
    observer: Observer,
    *,
    out: Path | None = None,
    workers: int | None = None,
    store: str | None = None,
    snapshot: SnapshotRequest | None = None,
    quorum: int = 1,
    prove: ProvePolicy | None = None,
    beside: Callable[[Report], Report] | None = None,
    evidence: Evidence | None = None,
    moment: datetime | None = None,
    journals: Path | None = None,
    shared: SharedReaders | None = None,
) -> Report:
    """Verify a list and return its report; with `out`, write the files of `reports.publication`.

    With `prove`, balances are proven, and `out` also gets proofs.jsonl. The files appear only
    when everything is done. `beside` sets what is owed beside the report. With `store`, a killed
    run goes on where it was and a finished one that still stands is given again. `snapshot` names
    a UTXO snapshot, whose readings are never kept: they are read again. `shared` has readers that
    serve other lists too. `moment` is when the snapshot was taken, by the entity's word. `journals`
    is a folder for what is read while the run lasts, where no store is named (`crawler.journal`).
    `evidence` gets everything but the list and the report. Raises ListError, OutputError and
    StoreError.
    """
    started = datetime.now(UTC)
    clock = Stopwatch()
    if out is not None:
        require_folder(out)
    options = ReaderOptions(
        limits=settings.limits,
        snapshot=snapshot or SnapshotRequest(),
        say=observer.note,
        quorum=quorum,
        prove=prove,
        witness=evidence.exchanges if evidence is not None else None,
    )
    own = reader_of(options)
    reader = own if shared is None else shared.before(own)

    def resumable(location: str) -> Resumption:
        from crawler.resume import Resumption  # noqa: PLC0415 (not before it is needed)

        return Resumption.of(
            location, wallet_list, settings, reader,
            quorum=quorum, prove=prove.text if prove is not None else "", moment=moment,
            snapshot=options.snapshot.identity(),
        )  # fmt: skip

    resumption = resumable(store) if store is not None else None
    # Proofs and evidence are not kept in the store: they are made again.
    if resumption is not None and prove is None and evidence is None:
        done = resumption.finished(out, beside)
        if done is not None:
            observer.note("This list was verified before with these settings, and it stands.")
            return done
    if evidence is not None:
        evidence.describe(
            wallet_list, settings, started=started, quorum=quorum, judge=True, moment=moment,
            prove=prove.text if prove is not None else None,
        )  # fmt: skip
    workers = workers or settings.limits.workers or None
    with ExitStack() as files:
        proving = _proving(options, wallet_list, files, out, evidence)
        with OwnershipEngine(workers=workers) as engine:
            verifier = Verifier(
                wallet_list, settings.networks, engine, observer, reader,
                quorum=quorum, proving=proving, moment=moment,
                record=evidence.record if evidence is not None else None,
                # What a file says is not kept: another one may say otherwise of the same block.
                unstored=options.snapshot.covers,
            )  # fmt: skip
            verifier.plan()
        clock.lap("ownership")
        if store is None and snapshot is None and journals is not None:
            _read_with_journal(verifier, observer, files, journals, lambda: resumable("").run)
        else:
            verifier.read(store)
        clock.lap("balances")
        outcome = verifier.outcome()
        folder = out
        if folder is None and (resumption is not None or evidence is not None):
            folder = files.enter_context(working_folder(Path(gettempdir(), "assay")))
        report = conclude(
            verifier, outcome, started, clock, settings, out=out, folder=folder, beside=beside
        )
        if folder is not None:
            _keep(folder / FINDINGS, outcome, report, resumption, evidence)
    if evidence is not None and out is not None and outcome.proving is not None:
        evidence.copy(PROOFS, out / PROOFS)
    return beside(report) if beside is not None else report


def _keep(
    findings: Path,
    outcome: Outcome,
    report: Report,
    resumption: Resumption | None,
    evidence: Evidence | None,
) -> None:
    if resumption is not None:
        resumption.keep(outcome, report, findings)
    if evidence is not None:
        evidence.copy(FINDINGS, findings)


def _hand_out(findings: Iterator[Finding], written: Publication | None) -> None:
    for finding in findings:
        if written is not None:
            written.add(finding_line(finding))


def conclude(
    verifier: Verifier,
    outcome: Outcome,
    started: datetime,
    clock: Stopwatch,
    settings: Settings,
    *,
    out: Path | None,
    folder: Path | None,
    judge: bool = True,
    beside: Callable[[Report], Report] | None = None,
) -> Report:
    """Do pass 2 and return the report; write its rows to `folder`, and the rest to `out`, if any.

    Without `judge` it is a report of balances alone, and no snapshot of its own. What is written
    has what is owed `beside` it; what is returned has not.
    """
    explorers = {network.name: network.explorer for network in settings.networks.values()}
    with ExitStack() as whole:
        written = None
        if folder is not None:
            written = whole.enter_context(publication(folder, explorers, keeps_history=judge))
        _hand_out(verifier.findings(outcome), written)
        clock.lap("findings")
        report = build_report(outcome, started=started, seconds=clock.seconds)
        report = report if judge else balances_only(report)
        if out is not None and written is not None:
            written.write(beside(report) if beside is not None else report)
    return report


def _read_with_journal(
    verifier: Verifier,
    observer: Observer,
    files: ExitStack,
    journals: Path,
    identity: Callable[[], str],
) -> None:
    """Read the balances; many of them with a journal below `journals`, until `files` ends."""
    if verifier.accounts <= WORTH_KEEPING:
        verifier.read()
        return

    def give_up(error: CrawlerError) -> None:
        observer.note(f"What is read is not kept any more: {error}")

    path = files.enter_context(journal(journals, identity(), observer.note))
    verifier.read(path, give_up=give_up)


def _proving(
    options: ReaderOptions,
    wallet_list: WalletList,
    files: ExitStack,
    out: Path | None,
    evidence: Evidence | None,
) -> Proving | None:
    """Return what proves balances, its file open below `out` or in the evidence, if either is.

    None without ``--prove``.
    """
    if options.prove is None:
        return None
    result = ProvingResult(options.prove)
    stream = None
    if out is not None:
        result.file = PROOFS
        stream = files.enter_context(whole_file(out / result.file))
    elif evidence is not None:
        result.file = PROOFS
        stream = evidence.stream(PROOFS)
    return Proving(result, wallet_list.source.digest, ProofWriter(stream))


class Stopwatch:
    """Wall time of each step, for the report's timing section."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, step: str) -> None:
        """Record the time since the last step, in seconds with three decimals."""
        now = time.monotonic()
        self.seconds[step] = round(now - self._last, 3)
        self._last = now
