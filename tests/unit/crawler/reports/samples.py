"""A finished outcome with one of everything, for the tests of the reports."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime

from chains.adapter import Unresolved
from chains.errors import UnresolvedReason
from crawler.assess import Finding, assess, assess_duplicate, assess_malformed
from crawler.entities import Entity
from crawler.lists.interface import Census
from crawler.models import Amount, MalformedRow, SummaryRow
from crawler.outcome import ListFile, Outcome, Readings
from crawler.reports.build import build_report
from crawler.reports.findings import FindingLine, finding_line
from crawler.reports.model import Report
from crawler.reports.rows import RowsWriter
from tests.unit.crawler.samples import (
    ETH,
    FAILED,
    POINT,
    PROVEN,
    UNSIGNED,
    claim,
    mapping,
    observed,
)

HOSTILE = "<script>alert(1)</script>[red]\x1b[31m\u202e"


def outcome() -> Outcome:
    entity = Entity("okx", "OKX", ("okx",), (), (), {}, {})
    census = Census(lines=12, summary=1, header=2, blank=1, claims=7, malformed=1)
    gone = Unresolved(UnresolvedReason.UNREACHABLE, "No endpoint answered.")
    result = Outcome(
        "list.csv", "ab" * 32, entity, [ListFile("list.csv", "okx", census)], (),
        Readings({("ethereum", 100): POINT}, {"USDC@ethereum": gone}),
    )  # fmt: skip
    for finding in findings():
        result.aggregate.add(finding)
    summary = SummaryRow("list.csv", 2, "USDT-ERC20", 100, Amount(100, 0), is_aggregate=False)
    result.comparisons = [result.aggregate.compare(summary, unit="USDT")]
    return result


def report() -> Report:
    started = datetime(2026, 1, 2, tzinfo=UTC)
    return build_report(outcome(), started=started, seconds={"ownership": 1.5})


def findings() -> list[Finding]:
    """The findings that `outcome` has counted."""
    gone = Unresolved(UnresolvedReason.UNREACHABLE, "No endpoint answered.")
    malformed = MalformedRow("list.csv", 12, HOSTILE, HOSTILE, "amount", "Bad.")
    return [
        assess(claim(5), PROVEN, observed(1_500_000)),
        assess(claim(6), FAILED, observed(1_500_000)),
        assess(claim(7), PROVEN, observed(1_000_000)),
        assess(claim(8), UNSIGNED, observed(2_000_000)),
        assess(claim(9), PROVEN, gone),
        assess_duplicate(claim(10), PROVEN, first_row="Line 5"),
        assess(
            claim(11, coin=mapping("ETH", ETH), amount=Amount(3, 0)), PROVEN, observed(3 * 10**18)
        ),
        assess_malformed(malformed, FAILED),
    ]


def finding_lines() -> list[FindingLine]:
    """The same as lines of findings.jsonl."""
    return [finding_line(finding) for finding in findings()]


def packed(lines: Iterable[FindingLine]) -> io.BytesIO:
    """Return the rows as `reports.rows` writes them, at their beginning."""
    stream = io.BytesIO()
    writer = RowsWriter(stream)
    for line in lines:
        writer.add(line)
    writer.finish()
    stream.seek(0)
    return stream
