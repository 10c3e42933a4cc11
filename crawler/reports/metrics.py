"""Reports as Prometheus text: for a node exporter's folder, or for /metrics. Pure.

Amounts are floating point here and nowhere else, because the format knows no other numbers:
alert on them, do not settle with them. A figure that is not known is absent, never NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from crawler.reports.model import Line, Report
from crawler.reports.visible import visible

FIGURES = ("claimed", "observed", "attested", "unresolved", "duplicated")


class _Metrics:
    """The gauges of one text."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"assay_{name}", text, ("entity", *labels), registry=self.registry)

        self.exit_code = gauge("exit_code", "0 holds, 1 does not hold, 3 incomplete.")
        self.rows = gauge("rows", "Rows of the wallet list by finding.", "finding")
        self.ownership = gauge("ownership_rows", "Rows by ownership verdict.", "verdict")
        self.assurance = gauge("assurance_rows", "Observed rows by assurance.", "assurance")
        self.amount = gauge(
            "asset_amount", "Amount in whole units, approximate.", "asset", "figure"
        )
        self.network_amount = gauge(
            "network_amount", "The same on one network.", "asset", "network", "figure"
        )
        self.coverage = gauge(
            "asset_coverage_ratio", "Share of the claimed value, 0 to 1.", "asset", "basis"
        )
        self.owed = gauge("asset_owed", "What is owed, approximate.", "asset", "grade")
        self.ratio = gauge("asset_reserve_ratio", "A figure over what is owed.", "asset", "figure")
        self.block_time = gauge(
            "snapshot_block_timestamp_seconds", "Of the newest block read.", "network"
        )
        self.height = gauge("snapshot_height", "Of the newest block read.", "network")
        self.verified = gauge("verified_timestamp_seconds", "When the verification began.")

    def add(self, report: Report) -> None:
        name = visible(report.entity.name)
        self.exit_code.labels(name).set(report.exit_code)
        self.verified.labels(name).set(report.timing.started.timestamp())
        for gauge, counts in (
            (self.rows, report.entity.findings),
            (self.ownership, report.entity.ownership),
            (self.assurance, report.entity.assurance),
        ):
            for word, rows in counts.items():
                gauge.labels(name, visible(word)).set(rows)
        for line in report.assets:
            self._asset(name, line)
        for line in report.networks:
            asset, network = visible(line.asset), visible(line.network or "")
            for figure, amount in _figures(line):
                self.network_amount.labels(name, asset, network, figure).set(amount)
        for point in sorted(report.snapshots, key=lambda one: one.height):
            network = visible(point.network)
            self.height.labels(name, network).set(point.height)
            if point.block_time is not None:
                self.block_time.labels(name, network).set(point.block_time.timestamp())

    def _asset(self, name: str, line: Line) -> None:
        asset = visible(line.asset)
        for figure, amount in _figures(line):
            self.amount.labels(name, asset, figure).set(amount)
        coverage = line.coverage
        for basis, share in (
            ("observed", coverage.value_observed),
            ("proven", coverage.value_proven),
            ("attested", coverage.value_attested),
        ):
            if share is not None:
                self.coverage.labels(name, asset, basis).set(_number(share))
        if line.owed is not None:
            self.owed.labels(name, asset, line.owed.grade).set(_number(line.owed.amount))
            for figure, ratio in (
                ("claimed", line.owed.claimed_ratio),
                ("observed", line.owed.observed_ratio),
                ("attested", line.owed.attested_ratio),
            ):
                if ratio is not None:
                    self.ratio.labels(name, asset, figure).set(_number(ratio))


def metrics_text(reports: Sequence[Report]) -> str:
    """Return the newest report of each entity as Prometheus text (format 0.0.4).

    Raises ValueError when two reports are of one entity: their figures would be mixed.
    """
    names = [report.entity.name for report in reports]
    if len(set(names)) != len(names):
        raise ValueError("metrics are of one report an entity")
    metrics = _Metrics()
    for report in reports:
        metrics.add(report)
    return generate_latest(metrics.registry).decode()


def _figures(line: Line) -> Iterable[tuple[str, float]]:
    return ((figure, _number(getattr(line.sums, figure))) for figure in FIGURES)


def _number(text: str) -> float:
    return float(Decimal(text))
