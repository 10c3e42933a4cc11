"""What a dashboard reads: a small summary per snapshot, and an index of all of them. Pure.

Models first: they are the one source of the JSON and of its schema (snapshots.schema.json).
Amounts are text in whole units; a summary carries no figure that its report does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from crawler.reports.model import AmountText, Coverage, Model, Owed, Report, Snapshot, Sums

SCHEMA_VERSION: Literal["1.0"] = "1.0"

SCHEMA_FILE = "snapshots.schema.json"
"""Shipped beside this module; a test keeps it equal to the models."""

NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-[0-9a-f]{8}", re.ASCII)
"""Of a snapshot: the day of its newest block, and the list that it is of."""

_DAY_IN_NAME = re.compile(r"(?<!\d)(20\d{2})[-_]?(\d{2})[-_]?(\d{2})(?!\d)", re.ASCII)


class Figures(Model):
    """The headline figures of an asset, on all networks or on one."""

    asset: str
    network: str | None
    sums: Sums
    coverage: Coverage
    owed: Owed | None


class ChangeCounts(Model):
    """How many rows differ from the snapshot before."""

    new: int
    vanished: int
    verdict: int = Field(description="rows whose ownership verdict or finding is another one")
    amount: int = Field(description="rows whose claimed amount is another one")


class MovedTotal(Model):
    """A total that is not what it was. An absent side is null: the asset is new, or gone."""

    asset: str
    network: str | None
    figure: Literal["claimed", "observed", "attested"]
    before: AmountText | None
    after: AmountText | None
    difference: AmountText


class ChangedRow(Model):
    """A row that is new, gone, or judged otherwise than before; one line of changes.jsonl."""

    change: Literal["new", "vanished", "verdict"]
    row: int = Field(description="in its own list; of a vanished row, in the list before")
    coin: str
    network: str | None
    address: str
    claimed: str | None
    ownership: str
    finding: str
    before: tuple[str, str] | None = Field(description="ownership and finding before")


class Changes(Model):
    """changes.json: what is different from the snapshot before."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    entity: str
    previous: str
    current: str
    counts: ChangeCounts
    totals: list[MovedTotal]
    rows: list[ChangedRow] = Field(description="the first ones; changes.jsonl has them all")


class Summary(Model):
    """<snapshot>.json and latest.json: one verification in a few kilobytes."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    snapshot: str
    entity: str
    title: str
    list_name: str
    list_sha256: str
    taken: AwareDatetime | None = Field(description="time of the newest block that was read")
    verified: AwareDatetime
    verdict: str
    exit_code: int
    rows: int
    rows_observed: int
    rows_proven: int
    rows_attested: int
    findings: dict[str, int]
    ownership: dict[str, int]
    assurance: dict[str, int]
    points: list[Snapshot]
    assets: list[Figures]
    networks: list[Figures]
    previous: str | None
    changes: ChangeCounts | None
    digests: dict[str, str] = Field(
        description="SHA-256 of the files that were written with this summary, by name"
    )


class IndexEntry(Model):
    """One snapshot in index.json."""

    snapshot: str
    entity: str
    list_sha256: str
    taken: AwareDatetime | None
    verified: AwareDatetime
    exit_code: int
    verdict: str
    rows: int
    rows_observed: int
    rows_proven: int
    rows_attested: int
    file: str
    sha256: str = Field(description="of the file")
    assets: dict[str, Sums]


class Index(Model):
    """index.json: every snapshot in the folder, oldest first."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    latest: str
    snapshots: list[IndexEntry]
    unreadable: list[str] = Field(description="files that bear a snapshot's name and are none")


class Documents(Model):
    """All documents of this module, so that one schema describes them."""

    summary: Summary
    index: Index
    changes: Changes


def taken(report: Report) -> datetime | None:
    """Return the time of the newest block that a report read, or None."""
    return max((one.block_time for one in report.snapshots if one.block_time), default=None)


def snapshot_name(report: Report) -> str:
    """Return the stable name of a report's snapshot: its day and its list.

    The day is that of the newest block; without one, the day in the list's name, or else the day
    of the verification.
    """
    newest = taken(report)
    day = newest.astimezone(UTC).date() if newest is not None else day_in(report.wallet_list.name)
    day = day or report.timing.started.astimezone(UTC).date()
    return f"{day:%Y-%m-%d}-{report.wallet_list.sha256[:8]}"


def day_in(name: str) -> date | None:
    """Return the day that a file's name carries, or None.

    >>> day_in("okx_por_20260115.zip"), day_in("por-2026-02-30.csv"), day_in("list.csv")
    (datetime.date(2026, 1, 15), None, None)
    """
    found = _DAY_IN_NAME.search(name)
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def summary_of(
    report: Report,
    *,
    previous: str | None = None,
    changes: ChangeCounts | None = None,
    digests: Mapping[str, str],
) -> Summary:
    """Return the summary of a report."""
    entity = report.entity
    return Summary(
        snapshot=snapshot_name(report),
        entity=entity.name,
        title=entity.title,
        list_name=report.wallet_list.name,
        list_sha256=report.wallet_list.sha256,
        taken=taken(report),
        verified=report.timing.started,
        verdict=report.verdict,
        exit_code=report.exit_code,
        rows=entity.rows,
        rows_observed=entity.rows_observed,
        rows_proven=entity.rows_proven,
        rows_attested=entity.rows_attested,
        findings=entity.findings,
        ownership=entity.ownership,
        assurance=entity.assurance,
        points=report.snapshots,
        assets=_figures(report, "assets"),
        networks=_figures(report, "networks"),
        previous=previous,
        changes=changes,
        digests=dict(digests),
    )


def _figures(report: Report, table: Literal["assets", "networks"]) -> list[Figures]:
    lines = report.assets if table == "assets" else report.networks
    return [
        Figures(
            asset=line.asset, network=line.network, sums=line.sums, coverage=line.coverage,
            owed=line.owed,
        )
        for line in lines
    ]  # fmt: skip


def age(summary: Summary) -> tuple[datetime, str]:
    """Return what snapshots are ordered by: when taken, or else when verified; then their name."""
    return summary.taken or summary.verified, summary.snapshot


def index_of(summaries: Iterable[tuple[Summary, str]], unreadable: Iterable[str] = ()) -> Index:
    """Return the index of summaries, each with the SHA-256 of its file. There is at least one."""
    ordered = sorted(summaries, key=lambda each: age(each[0]))
    return Index(
        latest=ordered[-1][0].snapshot,
        snapshots=[
            IndexEntry(
                snapshot=one.snapshot,
                entity=one.entity,
                list_sha256=one.list_sha256,
                taken=one.taken,
                verified=one.verified,
                exit_code=one.exit_code,
                verdict=one.verdict,
                rows=one.rows,
                rows_observed=one.rows_observed,
                rows_proven=one.rows_proven,
                rows_attested=one.rows_attested,
                file=f"{one.snapshot}.json",
                sha256=digest,
                assets={line.asset: line.sums for line in one.assets},
            )
            for one, digest in ordered
        ],
        unreadable=sorted(unreadable),
    )
