"""`assay replay`: check a bundle and make its report again, from nothing but the bundle.

What is checked, in this order; a damaged bundle is not replayed:

1. Every member is there, is what the manifest says, and nothing else is; the signature, if any.
2. The headers hash to the pinned blocks, and every proof verifies against its header.
3. Every signature of the list is judged again, every total added up again, and findings.jsonl and
   report.json must come out byte for byte. Only the times and the version of the program, which
   are told and not found, are taken over.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
from pydantic import ValidationError

import crawler
from chains.adapter import Assurance, Observed, SnapshotPoint
from chains.errors import ChainsError, plain_text
from chains.evm.headers import read_header
from chains.evm.hexadecimal import data, written
from chains.evm.proof_file import verify_proof_file
from chains.evm.proofs import ProofError
from crawler import settings
from crawler.errors import ConfigurationError, CrawlerError
from crawler.evidence import bundle as parts
from crawler.evidence.container import Bundle, open_bundle
from crawler.evidence.difference import difference
from crawler.evidence.manifest import SIGNATURE, TOKENS, BundleError
from crawler.evidence.record import Record, RecordError, read_record
from crawler.evidence.recorded import Proofs, recorded_reader
from crawler.evidence.result import Replay
from crawler.evidence.signing import CheckedSignature, check_signature
from crawler.outcome import Outcome
from crawler.owed import open_owed
from crawler.ownership import NoJudgement, OwnershipEngine
from crawler.proof_lines import ProofWriter
from crawler.proving import ProvingResult, parse_policy
from crawler.readings import Observer, Proving
from crawler.reports import json as json_report
from crawler.reports.build import balances_only, build_report
from crawler.reports.findings import encode_line, finding_line
from crawler.reports.model import Report, Tool
from crawler.reports.owed import with_owed
from crawler.resources import config_dir
from crawler.resume import unsettled_rows
from crawler.run import Verifier
from crawler.wallet_list import WalletList, open_wallet_list

SHOWN = 20
"""Problems of one kind that are named one by one."""


class RunFile(msgspec.Struct, forbid_unknown_fields=True):
    """run.json: what the run was about."""

    assay: str
    started: datetime
    entity: str
    list_name: str
    list_sha256: str
    heights: dict[str, int]
    limits: dict[str, int]
    quorum: int
    prove: str | None
    judge: bool
    moment: datetime | None
    liabilities: list[dict[str, int | str | bool]]


def replay(
    path: Path,
    observer: Observer,
    *,
    workers: int | None = None,
    signer: str = "",
    now: datetime | None = None,
) -> Replay:
    """Return what the bundle at `path` shows; nothing is asked of any network.

    With `signer` (public key or address in hex), the bundle must be signed by that key. Raises
    BundleError when it is no bundle, or not one that can be read safely.
    """
    observer.start("bundle", None)
    with _uncollected(), open_bundle(path, partial(observer.advance, "bundle")) as bundle:
        result = Replay(hashlib.sha256(bundle.manifest).hexdigest())
        result.problems += bundle.problems
        _check_signature(bundle, result, signer)
        if bundle.damaged:
            result.notes.append("Members are damaged, so the run was not replayed.")
            return result
        count = len(bundle.members)
        result.verified.append(f"All {count} members are what the manifest says, and no other is.")
        try:
            _Replayed(bundle, result, observer, now or datetime.now(UTC)).run(workers)
        except BundleError:
            raise
        except CrawlerError as error:
            result.problems.append(_said_by(error))
        return result


@contextmanager
def _uncollected() -> Iterator[None]:
    """Stop the search for reference cycles: a replay holds millions of values and makes no cycles.

    It took a third of the time of the main process.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _said_by(error: CrawlerError) -> str:
    if isinstance(error, ConfigurationError):
        return f"{parts.TABLES}: {'; '.join(error.problems[:SHOWN])}"
    return str(error)


def _check_signature(bundle: Bundle, result: Replay, signer: str) -> None:
    found = CheckedSignature("", "", "")
    if SIGNATURE in bundle.extras:
        found = check_signature(bundle.path(SIGNATURE).read_bytes(), bundle.manifest)
        if found.problem:
            result.problems.append(f"{SIGNATURE}: {found.problem}")
        else:
            result.verified.append(f"The manifest is signed ({found.scheme}) by {found.signer}.")
            if not signer:
                result.resting.append("Whose key that is has to be known from elsewhere.")
    else:
        result.notes.append("The manifest is not signed: anybody can have made this bundle.")
    wanted = signer.lower().removeprefix("0x")
    if wanted and not found.problem and found.signer.removeprefix("0x") != wanted:
        result.problems.append(f"{SIGNATURE}: the bundle is not signed by {plain_text(signer)}")
    result.notes.extend(
        f"{name} is there; it is for a program that checks timestamps."
        for name in TOKENS
        if name in bundle.extras
    )


class _Replayed:
    """One replay, step by step."""

    def __init__(self, bundle: Bundle, result: Replay, observer: Observer, now: datetime) -> None:
        self._bundle = bundle
        self._result = result
        self._observer = observer
        self._now = now
        self._run: RunFile = _decoded(bundle, parts.RUN, RunFile)
        try:
            self._recorded = Report.model_validate_json(self._bytes(parts.REPORT))
        except ValidationError as error:
            problem = f"{parts.REPORT} is no report of this version: {plain_text(error)}"
            raise RecordError(problem) from error

    def run(self, workers: int | None) -> None:
        loaded = self._settings()
        wallet_list = open_wallet_list(
            self._bundle.path(f"{parts.LIST}/{self._run.list_name}"),
            loaded.entity(self._run.entity),
            loaded.heights,
        )
        if wallet_list.source.digest != self._run.list_sha256:
            self._result.problems.append(f"{parts.RUN}: it speaks of another list")
        self._check_times()
        with _member(self._bundle, parts.ANSWERS).open("rb") as stream:
            record = read_record(stream)
        self._check_headers(record)
        proofs = self._proofs()
        proving = self._proving(wallet_list, proofs)
        with ExitStack() as stack:
            engine: OwnershipEngine | NoJudgement = NoJudgement()
            if self._run.judge:
                engine = OwnershipEngine(workers=workers)
            stack.enter_context(engine)
            verifier = Verifier(
                wallet_list, loaded.networks, engine, self._observer,
                partial(recorded_reader, record, proofs), proving=proving,
                moment=self._run.moment,
            )  # fmt: skip
            for _ in verifier.judge():
                pass
        verifier.read()
        outcome = verifier.outcome()
        self._compare_findings(verifier, outcome)
        self._compare_report(outcome)
        self._say(outcome, record)

    def _bytes(self, name: str) -> bytes:
        return _member(self._bundle, name).read_bytes()

    def _settings(self) -> settings.Settings:
        folder = self._bundle.path(parts.TABLES)
        heights = [f"{network}={height}" for network, height in self._run.heights.items()]
        loaded = settings.load(environment={}, heights=heights, folder=folder)
        own = config_dir()
        differing = []
        for name in parts.table_names(self._run.entity):
            here = own.joinpath(*name.split("/"))
            if not here.is_file() or here.read_bytes() != self._bytes(f"{parts.TABLES}/{name}"):
                differing.append(f"{parts.TABLES}/{name}")
        result = self._result
        if not differing:
            result.verified.append("The tables that were used are those of this program.")
        elif self._run.assay == crawler.__version__:
            result.problems.extend(
                f"{name}: is not the table of this version of Assay" for name in differing
            )
        else:
            result.notes.append(
                f"The tables are those of Assay {plain_text(self._run.assay)}, this is "
                f"{crawler.__version__}. They differ: {', '.join(differing)}."
            )
        if self._run.assay != self._recorded.tool.version:
            result.problems.append(f"{parts.RUN}: it names another version than the report")
        return loaded

    def _check_times(self) -> None:
        """Say what a clock that jumped has left behind; times are told, not found."""
        started, notes = self._recorded.timing.started, self._result.notes
        if started != self._run.started:
            self._result.problems.append(f"{parts.RUN}: it began at another time than the report")
        if started > self._now:
            notes.append(f"The run says it began at {started.isoformat()}, which is yet to come.")
        if any(seconds < 0 for seconds in self._recorded.timing.seconds.values()):
            notes.append("A step of the run says it took less than no time.")
        notes.extend(
            f"Block {point.height:,} of {point.network} is from {point.block_time.isoformat()}, "
            "after the run is said to have begun."
            for point in self._recorded.snapshots
            if point.block_time is not None and point.block_time > started
        )

    def _check_headers(self, record: Record) -> None:
        points = [point for point in record.pins.values() if isinstance(point, SnapshotPoint)]
        good = 0
        for point in points:
            line = record.headers.pop((point.network, point.block_hash), None)
            if line is None:
                continue
            if problem := _header_problem(str(line["header"]), point):
                self._result.problems.append(
                    f"{parts.ANSWERS}: the header of block {point.height:,} of {point.network} "
                    f"{problem}"
                )
            else:
                good += 1
        self._result.problems.extend(
            f"{parts.ANSWERS}: a header of {network} belongs to no pinned block"
            for network, _ in record.headers
        )
        if points:
            self._result.verified.append(
                f"{good:,} of {len(points):,} snapshot blocks: the header is here and hashes to "
                "the block."
            )
            self._result.resting.append(
                "That the pinned blocks are those of the chain: compare their hashes with any "
                "explorer or node."
            )

    def _proofs(self) -> Proofs:
        proofs = Proofs()
        if parts.PROOFS not in self._bundle.members:
            return proofs
        self._observer.start("proofs", None)
        wrong = []
        try:
            with self._bundle.path(parts.PROOFS).open("rb") as stream:
                for one in verify_proof_file(stream):
                    self._observer.advance("proofs", 1, errors=bool(one.problem))
                    if one.problem:
                        wrong.append(f"{parts.PROOFS}, line {one.line}: {one.problem}")
                    proofs.balances[one.form, one.block_hash, one.account] = one
        except ProofError as error:
            wrong.append(f"{parts.PROOFS}: {plain_text(error)}")
        self._result.problems += wrong[:SHOWN]
        return proofs

    def _proving(self, wallet_list: WalletList, proofs: Proofs) -> Proving | None:
        if self._run.prove is None:
            return None
        result = ProvingResult(parse_policy(self._run.prove))
        result.file = parts.PROOFS if proofs.balances or self._has(parts.PROOFS) else ""
        return Proving(result, wallet_list.source.digest, ProofWriter(None))

    def _has(self, name: str) -> bool:
        return name in self._bundle.members

    def _compare_findings(self, verifier: Verifier, outcome: Outcome) -> None:
        """Count every finding, and compare its line with the recorded one."""
        self._observer.start("findings", None)
        wrong: list[str] = []
        number = 0
        with _member(self._bundle, parts.FINDINGS).open("rb") as stream:
            for number, finding in enumerate(verifier.findings(outcome), start=1):
                line = encode_line(finding_line(finding))
                recorded = stream.readline()
                if line != recorded and len(wrong) < SHOWN:
                    wrong.append(f"{parts.FINDINGS}, line {number}: {difference(recorded, line)}")
                if not number % 10_000:
                    self._observer.advance("findings", 10_000)
            if stream.read(1):
                wrong.append(f"{parts.FINDINGS}: it goes on behind the {number:,} rows of the list")
        self._observer.advance("findings", number % 10_000)
        self._result.problems += wrong

    def _compare_report(self, outcome: Outcome) -> None:
        timing = self._recorded.timing
        report = build_report(outcome, started=timing.started, seconds=timing.seconds)
        report = report if self._run.judge else balances_only(report)
        tool = Tool(version=self._recorded.tool.version)
        report = self._with_owed(report.model_copy(update={"tool": tool, "timing": timing}))
        made, recorded = json_report.render(report).encode(), self._bytes(parts.REPORT)
        if made != recorded:
            self._result.problems.append(f"{parts.REPORT}: {difference(recorded, made)}")
        elif not self._result.problems:
            self._result.report = report

    def _with_owed(self, report: Report) -> Report:
        described = self._run.liabilities
        if not described:
            return report
        try:
            paths = parts.liability_paths(described, self._bundle.folder)
        except (KeyError, ValueError) as error:
            raise RecordError(f"{parts.RUN}: what it says of liabilities is damaged") from error
        if paths is None:
            self._result.resting.append(
                "What is owed: the files that say so are not in the bundle, so their figures were "
                "taken over from the report."
            )
            return _owed_taken_over(report, self._recorded)
        owed = open_owed(paths)
        self._result.verified.append("What is owed: its files were checked again.")
        return with_owed(report, owed.result, owed.names)

    def _say(self, outcome: Outcome, record: Record) -> None:
        """Put into words what was checked again and what was not."""
        result, total = self._result, outcome.aggregate.entity
        judged = f"{total.rows:,} rows"
        if self._run.judge:
            result.verified.append(f"The signatures of all {judged} were judged again.")
        else:
            result.notes.append("The run did not look at signatures.")
        result.verified.append(f"All totals of {judged} were added up again.")
        unkept = sum(
            isinstance(reading, Observed) and reading.assurance is Assurance.PROOF
            for answers in record.readings.values()
            for reading in answers.values()
        )
        shown = total.assurances[Assurance.PROOF.value]
        proven = max(0, shown - unkept)
        if proven:
            result.verified.append(
                f"The balances of {proven:,} rows were checked by state proofs against the headers."
            )
        if layouts := sum(bool(form.layout) for form in (outcome.proving.forms if outcome.proving
                                                         else ())):  # fmt: skip
            result.resting.append(f"Where {layouts:,} token forms keep their balances.")
        word = total.rows_observed - proven
        if word:
            result.resting.append(
                f"The balances of {word:,} rows: the recorded word of the endpoints."
            )
        if unread := unsettled_rows(outcome):
            result.resting.append(
                f"Why {unread:,} rows could not be read: the recorded word of the endpoints."
            )
        if settled := sum(len(answers) for answers in record.controls.values()):
            result.resting.append(
                f"Who controls {settled:,} accounts: what the endpoints said of the chain."
            )


def _member(bundle: Bundle, name: str) -> Path:
    if name not in bundle.members:
        raise RecordError(f"{name}: is missing from the bundle and its manifest")
    return bundle.path(name)


def _decoded(bundle: Bundle, name: str, kind: type[RunFile]) -> RunFile:
    try:
        return msgspec.json.decode(_member(bundle, name).read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"{name}: {plain_text(error)}") from error


def _header_problem(text: str, point: SnapshotPoint) -> str:
    try:
        header = read_header(data(text))
    except ChainsError as error:
        return f"is damaged: {plain_text(error)}"
    if written(header.hash) != point.block_hash:
        return f"hashes to {written(header.hash)}, not to {point.block_hash}"
    if header.height != point.height:
        return f"is that of block {header.height:,}"
    if point.block_time is None or point.block_time.timestamp() != header.time:
        return "names another time"
    return ""


def _owed_taken_over(report: Report, recorded: Report) -> Report:
    owed = {line.asset: line.owed for line in recorded.assets}
    return report.model_copy(
        update={
            "assets": [
                line.model_copy(update={"owed": owed.get(line.asset)}) for line in report.assets
            ],
            "liabilities": recorded.liabilities,
            "verdict": recorded.verdict,
            "exit_code": recorded.exit_code,
            "scope": recorded.scope,
        }
    )
