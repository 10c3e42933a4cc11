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
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from chains.adapter import Assurance
from chains.errors import plain_text
from crawler.errors import ConfigurationError, CrawlerError
from crawler.evidence import bundle as parts
from crawler.evidence import checks
from crawler.evidence.checks import SHOWN, member_of, read_run
from crawler.evidence.container import Bundle, open_bundle
from crawler.evidence.difference import difference
from crawler.evidence.manifest import BundleError
from crawler.evidence.record import Record, RecordError, read_record
from crawler.evidence.recorded import Proofs, recorded_reader
from crawler.evidence.result import Replay
from crawler.outcome import Outcome
from crawler.owed import open_owed
from crawler.ownership import NoJudgement, OwnershipEngine
from crawler.proof_lines import ProofWriter
from crawler.proving import ProvingResult, parse_policy
from crawler.readings import Observer, Proving
from crawler.recheck import RecheckingVerifier, Unconfirmed, is_suited
from crawler.reports import json as json_report
from crawler.reports.build import balances_only, build_report
from crawler.reports.findings import encode_line, finding_line
from crawler.reports.model import Report, Tool
from crawler.reports.owed import result_of, with_owed
from crawler.resume import unsettled_rows
from crawler.run import Verifier
from crawler.wallet_list import WalletList, open_wallet_list


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
        checks.signature(bundle, result, signer)
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
        problems = error.problems[:SHOWN]
        # What run.json says goes where flags go, and is blamed as they are.
        member = parts.RUN if all(one.startswith("--") for one in problems) else parts.TABLES
        return f"{member}: {'; '.join(problems)}"
    return str(error)


V = TypeVar("V", bound=Verifier)


class _Replayed:
    """One replay, step by step."""

    def __init__(self, bundle: Bundle, result: Replay, observer: Observer, now: datetime) -> None:
        self._bundle = bundle
        self._result = result
        self._observer = observer
        self._now = now
        self._run = read_run(bundle)
        try:
            self._recorded = Report.model_validate_json(self._bytes(parts.REPORT))
        except ValidationError as error:
            problem = f"{parts.REPORT} is no report of this version: {plain_text(error)}"
            raise RecordError(problem) from error

    def run(self, workers: int | None) -> None:
        bundle, result = self._bundle, self._result
        checks.members(bundle, self._run, result)
        loaded = checks.tables(bundle, self._run, self._recorded, result)
        wallet_list = open_wallet_list(
            bundle.path(f"{parts.LIST}/{self._run.list_name}"),
            loaded.entity(self._run.entity),
            loaded.heights,
        )
        if wallet_list.source.digest != self._run.list_sha256:
            result.problems.append(f"{parts.RUN}: it speaks of another list")
        checks.times(self._run, self._recorded, self._now, result)
        with member_of(bundle, parts.ANSWERS).open("rb") as stream:
            record = read_record(stream)
        checks.headers(record, result)
        proofs = checks.proofs_of(bundle, self._observer, result)
        proving = self._proving(wallet_list, proofs)
        reader = partial(recorded_reader, record, proofs)

        def verifier_of(kind: type[V], engine: OwnershipEngine | NoJudgement) -> V:
            return kind(
                wallet_list.again(), loaded.networks, engine, self._observer, reader,
                proving=proving, moment=self._run.moment,
            )  # fmt: skip

        outcome = None
        suited = is_suited(wallet_list, judge=self._run.judge, prove=proving is not None)
        if suited and self._has(parts.FINDINGS):
            with OwnershipEngine(workers=workers) as engine:
                outcome = self._recheck(verifier_of(RecheckingVerifier, engine), engine, record)
        if outcome is None:
            with OwnershipEngine(workers=workers) if self._run.judge else NoJudgement() as judging:
                verifier = verifier_of(Verifier, judging)
                verifier.plan()
            verifier.read()
            outcome = verifier.outcome()
            self._compare_findings(verifier, outcome)
        self._compare_report(outcome)
        _say(outcome, record, result, judged=self._run.judge)

    def _recheck(
        self, verifier: RecheckingVerifier, engine: OwnershipEngine, record: Record
    ) -> Outcome | None:
        """Compare the findings in the pass that judges; None when that shows nothing."""
        try:
            verifier.check(
                engine, record, self._bundle.path(parts.ANSWERS), self._bundle.path(parts.FINDINGS)
            )
            verifier.read()
            outcome = verifier.outcome()
            wrong = list(verifier.differing(outcome))
        except Unconfirmed:
            return None
        self._result.problems += [
            f"{parts.FINDINGS}, line {line}: {difference(recorded, made)}"
            for line, recorded, made in wrong[:SHOWN]
        ]
        return outcome

    def _bytes(self, name: str) -> bytes:
        return member_of(self._bundle, name).read_bytes()

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
        with member_of(self._bundle, parts.FINDINGS).open("rb") as stream:
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
            return self._owed_as_told(report)
        owed = open_owed(paths)
        self._result.verified.append("What is owed: its files were checked again.")
        return with_owed(report, owed.result, owed.names)

    def _owed_as_told(self, report: Report) -> Report:
        """Take over what the files showed; what follows from it is worked out again."""
        told = self._recorded.liabilities
        if told is None:
            raise RecordError(f"{parts.REPORT}: it says nothing of the files of {parts.RUN}")
        try:
            return with_owed(report, result_of(told), told.files)
        except ValueError as error:
            raise RecordError(f"{parts.REPORT}: what it says is owed is no amount") from error


def _say(outcome: Outcome, record: Record, result: Replay, *, judged: bool) -> None:
    """Put into words what was checked again and what was not."""
    total = outcome.aggregate.entity
    rows = f"{total.rows:,} rows"
    if judged:
        result.verified.append(f"The signatures of all {rows} were judged again.")
    else:
        result.notes.append("The run did not look at signatures.")
    result.verified.append(f"All totals of {rows} were added up again.")
    unkept = sum(
        assurance is Assurance.PROOF
        for answers in record.readings.values()
        for assurance in answers.assurances()
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
        result.resting.append(f"The balances of {word:,} rows: the recorded word of the endpoints.")
    if unread := unsettled_rows(outcome):
        result.resting.append(
            f"Why {unread:,} rows could not be read: the recorded word of the endpoints."
        )
    if settled := sum(len(answers) for answers in record.controls.values()):
        result.resting.append(
            f"Who controls {settled:,} accounts: what the endpoints said of the chain."
        )
