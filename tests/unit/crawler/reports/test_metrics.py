from __future__ import annotations

import math

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crawler.liabilities.interface import Grade
from crawler.reports.metrics import metrics_text
from crawler.reports.model import Owed, Report
from tests.unit.crawler.reports.samples import HOSTILE, report

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(*reports: Report) -> Samples:
    """Return what Prometheus' own reader makes of the text."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics_text(reports))
        for sample in family.samples
    }


def of(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((f"assay_{name}", frozenset({"entity": "okx", **labels}.items())))


def with_asset(name: str, owed: Owed | None = None) -> Report:
    built = report()
    line = built.assets[1].model_copy(update={"asset": name, "owed": owed})
    return built.model_copy(update={"assets": [line]})


def test_figures_come_back_as_they_are_in_the_report() -> None:
    found = samples(report())
    assert of(found, "exit_code") == 1
    assert of(found, "rows", finding="match") == 3
    assert of(found, "ownership_rows", verdict="failed") == 2
    assert of(found, "asset_amount", asset="USDT", figure="claimed") == 7.5
    assert of(found, "network_amount", asset="USDT", network="ethereum", figure="attested") == 2.5
    assert of(found, "asset_coverage_ratio", asset="USDT", basis="proven") == 0.6
    assert of(found, "snapshot_height", network="ethereum") == 100
    assert of(found, "snapshot_block_timestamp_seconds", network="ethereum") == 1767225600


def test_what_is_owed_is_there_when_it_is_known() -> None:
    owed = Owed(
        amount="5", grade=Grade.PROVEN, claimed_ratio="1.5", observed_ratio="1.2",
        attested_ratio=None,
    )  # fmt: skip
    found = samples(with_asset("USDT", owed))
    assert of(found, "asset_owed", asset="USDT", grade="proven") == 5
    assert of(found, "asset_reserve_ratio", asset="USDT", figure="observed") == 1.2
    assert of(found, "asset_reserve_ratio", asset="USDT", figure="attested") is None


def test_hostile_names_stay_labels() -> None:
    evil = HOSTILE + '"\n assay_exit_code{entity="okx"} 0 \\'
    found = samples(with_asset(evil))
    assert of(found, "exit_code") == 1
    (label,) = {
        dict(labels)["asset"] for name, labels in found
        if name == "assay_asset_amount"
    }  # fmt: skip
    assert label.startswith("<script>")
    assert "\\u{202E}" in label
    assert "\n" not in label


def test_nothing_is_ever_not_a_number() -> None:
    empty = report().assets[0]
    coverage = empty.coverage.model_copy(update={"value_observed": None, "value_proven": None})
    line = empty.model_copy(update={"coverage": coverage})
    found = samples(report().model_copy(update={"assets": [line], "snapshots": []}))
    assert all(math.isfinite(value) for value in found.values())
    assert of(found, "asset_coverage_ratio", asset="ETH", basis="observed") is None


def test_two_reports_of_one_entity_are_refused() -> None:
    with pytest.raises(ValueError, match="one report an entity"):
        metrics_text([report(), report()])
    other = report().entity.model_copy(update={"name": "htx"})
    assert len(samples(report(), report().model_copy(update={"entity": other}))) > 20
