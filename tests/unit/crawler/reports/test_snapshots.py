from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

import crawler.reports
from crawler.reports.json import snapshots_schema_text
from crawler.reports.snapshots import (
    NAME,
    SCHEMA_FILE,
    Summary,
    index_of,
    snapshot_name,
    summary_of,
    taken,
)
from tests.unit.crawler.reports.samples import report

SHIPPED = Path(crawler.reports.__file__).parent / SCHEMA_FILE


def summary() -> Summary:
    return summary_of(report(), digests={"report.json": "ab"})


def test_the_shipped_schema_is_the_models_own() -> None:
    assert SHIPPED.read_text(encoding="utf-8") == snapshots_schema_text()


def test_the_documents_fit_the_schema_and_a_number_for_an_amount_does_not() -> None:
    schema = json.loads(snapshots_schema_text())
    index = index_of([(summary(), "cd")])
    document = {
        "summary": json.loads(summary().model_dump_json()),
        "index": json.loads(index.model_dump_json()),
        "changes": {
            "schema_version": "1.0", "entity": "okx", "previous": "a", "current": "b",
            "counts": {"new": 0, "vanished": 0, "verdict": 0, "amount": 0},
            "totals": [], "rows": [],
        },
    }  # fmt: skip
    jsonschema.validate(document, schema)
    document["summary"]["assets"][0]["sums"]["claimed"] = 1.5
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)


def test_a_summary_says_what_the_report_says() -> None:
    one, built = summary(), report()
    assert [line.sums for line in one.assets] == [line.sums for line in built.assets]
    assert (one.rows, one.rows_attested) == (built.entity.rows, built.entity.rows_attested)
    assert len(one.model_dump_json()) < len(built.model_dump_json()) / 2


def test_a_snapshot_is_named_by_its_newest_block_and_its_list() -> None:
    built = report()
    assert snapshot_name(built) == "2026-01-01-abababab"
    later = built.snapshots[0].model_copy(
        update={"block_time": datetime(2026, 1, 1, 23, 30, tzinfo=UTC) + timedelta(days=3)}
    )
    assert snapshot_name(built.model_copy(update={"snapshots": [built.snapshots[0], later]})) == (
        "2026-01-04-abababab"
    )


@pytest.mark.parametrize(
    ("name", "day"), [("okx_por_20251231.zip", "2025-12-31"), ("list.csv", "2026-01-02")]
)
def test_without_a_block_the_name_of_the_list_or_the_clock_gives_the_day(
    name: str, day: str
) -> None:
    built = report()
    wallet_list = built.wallet_list.model_copy(update={"name": name})
    unread = built.model_copy(update={"snapshots": [], "wallet_list": wallet_list})
    assert taken(unread) is None
    assert snapshot_name(unread) == f"{day}-abababab"
    assert NAME.fullmatch(snapshot_name(unread))


def test_the_index_is_in_order_of_the_blocks_and_not_of_the_clock() -> None:
    first = summary()
    assert first.taken is not None
    second = first.model_copy(
        update={
            "snapshot": "2026-02-01-cdcdcdcd",
            "taken": first.taken + timedelta(days=31),
            "verified": first.verified - timedelta(days=3650),  # a clock that jumped
        }
    )
    index = index_of([(second, "bb"), (first, "aa")], ["2025-01-01-00000000.json"])
    assert [(one.snapshot, one.sha256) for one in index.snapshots] == [
        ("2026-01-01-abababab", "aa"), ("2026-02-01-cdcdcdcd", "bb"),
    ]  # fmt: skip
    assert index.latest == "2026-02-01-cdcdcdcd"
    assert index.unreadable == ["2025-01-01-00000000.json"]
