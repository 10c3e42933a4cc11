"""A finished verification -> the report model. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

import crawler
from chains.adapter import Assurance, OwnershipWord
from chains.transport.health import EndpointHealth
from crawler.aggregate import Aggregate, Cell, Part, Sum, Totals, share
from crawler.assess import ExitCode
from crawler.entities import freshness
from crawler.models import ClaimKind, FindingWord
from crawler.outcome import Outcome
from crawler.proving import FormProofs, ProvingResult
from crawler.reports import model
from crawler.reports.counted import all_of, counted

SHARE_DECIMALS = 6

ITSELF, THIRD_PARTY = "itself", "third-party"
HOLDINGS = ("native", "issued", "wrapped", "custodian-issued", "staked", "lent", "unknown")

SCOPE = [
    (
        "A proven row shows that someone could sign with the key of the address when the message "
        "was "
        "signed. It does not show who owns the coins, that no one else holds the key, or when it "
        "was signed: a static message can be presented again at any time."
    ),
    (
        "An observed row shows what the named endpoints say the address held at the named block. "
        "Assurance 'node' rests on one endpoint; 'proof' on a state proof against the block hash, "
        "and for a token also on where its contract keeps balances, which is tested and not proven."
    ),
    "Attested is the part that is both proven and observed. Nothing here says what is owed.",
    "Differences are differences: a list may state internal allocations instead of chain balances.",
]


def build_report(
    outcome: Outcome, *, started: datetime, seconds: Mapping[str, float]
) -> model.Report:
    """Return the report of a verification whose findings were all handed out."""
    aggregate = outcome.aggregate
    entity = outcome.entity
    total = aggregate.entity
    return model.Report(
        tool=model.Tool(version=crawler.__version__),
        verdict=verdict_sentence(outcome),
        exit_code=int(aggregate.exit_code),
        entity=model.EntityTotals(
            name=entity.name,
            title=entity.title,
            rows=total.rows,
            rows_observed=total.rows_observed,
            rows_proven=total.rows_proven,
            rows_attested=total.rows_attested,
            findings=_sorted(total.findings),
            ownership=_sorted(total.ownership),
            assurance=_sorted(total.assurances),
        ),
        wallet_list=_list_report(outcome),
        snapshots=[
            model.Snapshot(
                network=point.network,
                height=point.height,
                block_hash=point.block_hash,
                block_time=point.block_time,
                finality=point.finality,
                skew_s=_skew(point.block_time, outcome.moment),
            )
            for _, point in sorted(outcome.readings.points.items())
        ],
        assets=_asset_lines(aggregate),
        networks=_network_lines(aggregate),
        custodians=_custodian_lines(aggregate),
        findings=_counts(aggregate.groups.items()),
        ownership=_counts(aggregate.ownership_reasons.items()),
        digests=[
            model.DigestCount(
                digest=digest,
                message=message,
                freshness=freshness(message, entity.fresh),
                rows=rows,
            )
            for (digest, message), rows in sorted(aggregate.digests.items())
        ],
        summary=[
            model.SummaryLine(
                file=line.file,
                row=line.row,
                coin=line.coin,
                published=line.published.text(),
                detail=line.detail.text(),
                rows=line.rows,
                agrees=line.agrees,
            )
            for line in outcome.comparisons
        ],
        form_problems=[
            model.FormProblem(form=form, reason=problem.reason.value, detail=problem.detail)
            for form, problem in sorted(outcome.readings.problems.items())
        ],
        proving=_proving(outcome.proving),
        endpoint_notes=sorted(outcome.readings.notes),
        scope=SCOPE,
        timing=model.Timing(
            started=started,
            seconds=dict(seconds),
            endpoints=[
                _endpoint(network, one)
                for network, found in sorted(outcome.readings.health.items())
                for one in found
            ],
        ),
    )


def _endpoint(network: str, health: EndpointHealth) -> model.EndpointLine:
    return model.EndpointLine(
        network=network,
        endpoint=health.label,
        standing=health.standing.value,
        why=health.why,
        requests=health.requests,
        calls=health.calls,
        retries=health.retries,
        hedged=health.hedged,
        throttled=health.throttled,
        failures=dict(health.failures),
        p50_ms=None if health.p50_s is None else round(1000 * health.p50_s),
        p95_ms=None if health.p95_s is None else round(1000 * health.p95_s),
        bytes_sent=health.bytes_sent,
        bytes_received=health.bytes_received,
    )


def _skew(block_time: datetime | None, moment: datetime | None) -> int | None:
    """Return how many seconds the block is after the stated moment; negative before it."""
    if block_time is None or moment is None:
        return None
    return (block_time - moment) // timedelta(seconds=1)


def _proving(result: ProvingResult | None) -> model.ProvingReport | None:
    if result is None:
        return None
    detection = result.policy.detection()
    return model.ProvingReport(
        policy=result.policy.text,
        detection=None if detection is None else _share_text(detection),
        forms=[
            _form_proving(form)
            for form in sorted(result.forms, key=lambda form: (form.form, form.height))
        ],
        file=result.file or None,
    )


def _form_proving(made: FormProofs) -> model.FormProving:
    share = Fraction(made.value_proven, made.value_read) if made.value_read else None
    return model.FormProving(
        form=made.form,
        network=made.network,
        height=made.height,
        read=made.read,
        chosen=made.chosen,
        proven=made.proven,
        unproven=_sorted(made.unproven),
        value_proven=None if share is None else _share_text(share),
        contradicted=[
            model.ContradictionLine(
                account="0x" + one.account.hex(),
                said=str(one.said),
                proven=str(one.proven),
                sources=list(one.sources),
            )
            for one in sorted(made.contradicted)
        ],
        layout=made.layout or None,
        tested=made.tested or None,
    )


def balances_only(report: model.Report) -> model.Report:
    """Return the report with verdict and exit code by its balances alone.

    A shortfall, a holding listed twice or a summary above its rows does not hold; a row that was
    not observed, or a summary that cannot be compared, leaves it incomplete.
    """
    rows = report.entity.rows
    duplicates = sum(
        count.rows for count in report.findings
        if (count.outcome, count.reason) == (FindingWord.OUT_OF_SCOPE.value, "duplicate")
    )  # fmt: skip
    too_high = sum(line.publishes_too_much for line in report.summary)
    shortfalls = report.entity.findings.get(FindingWord.SHORTFALL.value, 0)
    wrong = _told({"with a shortfall": shortfalls, "listed twice": duplicates}, too_high)
    missing = rows - report.entity.rows_observed - duplicates
    gap = f" Not observed: {counted(missing, 'row')}." if missing else ""
    if wrong:
        code, verdict = (
            ExitCode.DOES_NOT_HOLD,
            f"Does not hold: of {counted(rows, 'row')}, {', '.join(wrong)}.",
        )
    elif missing or not rows or any(line.agrees is None for line in report.summary):
        code, verdict = (
            ExitCode.INCOMPLETE,
            f"Incomplete: nothing false was found in {counted(rows, 'row')}.",
        )
    else:
        code, verdict = ExitCode.HOLDS, f"Holds: {all_of(rows, 'row')} observed at the snapshot."
    return report.model_copy(update={"exit_code": int(code), "verdict": f"{verdict}{gap}"})


def verdict_sentence(outcome: Outcome) -> str:
    """Return the outcome in one sentence, worst news first."""
    aggregate = outcome.aggregate
    total = aggregate.entity
    rows = counted(total.rows, "row")
    match aggregate.exit_code:
        case ExitCode.HOLDS:
            return f"Holds: {all_of(total.rows, 'row')} proven and observed at the snapshot."
        case ExitCode.DOES_NOT_HOLD:
            return f"Does not hold: of {rows}, {', '.join(_wrong(outcome))}.{_gap(total)}"
        case _:
            unknown = sum(line.agrees is None for line in outcome.comparisons)
            said = f" Summary lines that cannot be compared: {unknown:,}." if unknown else ""
            return f"Incomplete: nothing false was found in {rows}.{_gap(total)}{said}"


def _wrong(outcome: Outcome) -> list[str]:
    total = outcome.aggregate.entity
    duplicates = outcome.aggregate.groups[FindingWord.OUT_OF_SCOPE.value, "duplicate"]
    too_high = sum(line.publishes_too_much for line in outcome.comparisons)
    counts = {
        "with failed ownership": total.ownership["failed"],
        "with a shortfall": total.findings[FindingWord.SHORTFALL.value],
        "listed twice": duplicates,
    }
    return _told(counts, too_high)


def _told(rows: Mapping[str, int], too_high: int) -> list[str]:
    told = [f"{count:,} {text}" for text, count in rows.items() if count]
    if too_high:
        lines = "summary line above its rows", "summary lines above their rows"
        told.append(counted(too_high, *lines))
    return told


def _gap(total: Totals) -> str:
    unobserved = total.rows - total.rows_observed
    unproven = total.rows - total.ownership["proven"]
    if not unobserved and not unproven:
        return ""
    return f" Not observed: {counted(unobserved, 'row')}; not proven: {counted(unproven, 'row')}."


def _list_report(outcome: Outcome) -> model.ListReport:
    return model.ListReport(
        name=outcome.list_name,
        sha256=outcome.list_digest,
        left_out=list(outcome.left_out),
        files=[
            model.ListFileReport(
                name=file.name,
                format=file.format,
                lines=file.census.lines,
                summary=file.census.summary,
                header=file.census.header,
                blank=file.census.blank,
                claims=file.census.claims,
                malformed=file.census.malformed,
                continuation=file.census.continuation,
                unknown_columns=sorted(set(file.census.unknown_columns)),
            )
            for file in outcome.files
        ],
    )


class _Splits(NamedTuple):
    """The parts of one line, by property and then by name."""

    held_by: Mapping[str, Part]
    by_holding: Mapping[str, Part]
    by_ownership: Mapping[str, Part]
    by_assurance: Mapping[str, Part]


def _splits(aggregate: Aggregate, group: Callable[[Cell], object]) -> Callable[[object], _Splits]:
    """Return what gives the parts of each line that `group` makes."""
    properties: tuple[Callable[[Cell], str | None], ...] = (
        lambda cell: THIRD_PARTY if cell.kind is ClaimKind.THIRD_PARTY else ITSELF,
        lambda cell: cell.holding,
        lambda cell: cell.ownership,
        lambda cell: cell.assurance or None,
    )
    tables = [aggregate.parts(group, split) for split in properties]
    return lambda line: _Splits(*(table.get(line, {}) for table in tables))


def _asset_lines(aggregate: Aggregate) -> list[model.Line]:
    splits = _splits(aggregate, lambda cell: cell.asset)
    return [
        _line(totals, splits(asset), asset=asset)
        for asset, totals in sorted(aggregate.assets.items())
    ]


def _network_lines(aggregate: Aggregate) -> list[model.Line]:
    splits = _splits(aggregate, lambda cell: (cell.asset, cell.network))
    return [
        _line(totals, splits((asset, network)), asset=asset, network=network)
        for (asset, network), totals in sorted(aggregate.networks.items())
    ]


def _custodian_lines(aggregate: Aggregate) -> list[model.Line]:
    splits = _splits(aggregate, lambda cell: (cell.asset, cell.custodian))
    return [
        _line(totals, splits((asset, custodian)), asset=asset, custodian=custodian)
        for (asset, custodian), totals in sorted(aggregate.custodians.items())
    ]


def _parts(parts: Mapping[str, Part], order: Iterable[str]) -> list[model.Part]:
    order = tuple(order)
    if unknown := parts.keys() - set(order):
        raise ValueError(f"parts without a place in the report: {sorted(unknown)}")
    return [
        model.Part(
            name=name,
            rows=part.rows,
            claimed=part.claimed.amount().text(),
            observed=part.observed.amount().text(),
            attested=part.attested.amount().text(),
        )
        for name in order
        if (part := parts.get(name)) is not None
    ]


def _line(
    totals: Totals,
    splits: _Splits,
    *,
    asset: str,
    network: str | None = None,
    custodian: str | None = None,
) -> model.Line:
    return model.Line(
        asset=asset,
        network=network,
        custodian=custodian,
        sums=model.Sums(
            claimed=totals.claimed.amount().text(),
            observed=totals.observed.amount().text(),
            attested=totals.attested.amount().text(),
            unresolved=totals.unresolved.amount().text(),
            duplicated=totals.duplicated.amount().text(),
        ),
        coverage=model.Coverage(
            rows=totals.rows,
            rows_observed=totals.rows_observed,
            rows_proven=totals.rows_proven,
            rows_attested=totals.rows_attested,
            value_observed=_share(totals.claimed_observed, totals.claimed),
            value_proven=_share(totals.claimed_proven, totals.claimed),
            value_attested=_share(totals.claimed_attested, totals.claimed),
        ),
        findings=_sorted(totals.findings),
        ownership=_sorted(totals.ownership),
        assurance=_sorted(totals.assurances),
        held_by=_parts(splits.held_by, (ITSELF, THIRD_PARTY)),
        by_holding=_parts(splits.by_holding, HOLDINGS),
        by_ownership=_parts(splits.by_ownership, OwnershipWord),
        by_assurance=_parts(splits.by_assurance, Assurance),
    )


def _share(part: Sum, whole: Sum) -> str | None:
    fraction = share(part, whole)
    return None if fraction is None else _share_text(fraction)


def _share_text(fraction: Fraction) -> str:
    # Rounded down: a coverage of 1 means all of it.
    units = fraction.numerator * 10**SHARE_DECIMALS // fraction.denominator
    return f"{units // 10**SHARE_DECIMALS}.{units % 10**SHARE_DECIMALS:0{SHARE_DECIMALS}d}"


def _counts(items: Iterable[tuple[tuple[str, str], int]]) -> list[model.Count]:
    return [
        model.Count(outcome=outcome, reason=reason, rows=rows)
        for (outcome, reason), rows in sorted(items)
    ]


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))
