from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from crawler import settings
from crawler.assess import ExitCode
from crawler.judging import OwnershipCounts, judge_list
from crawler.lists.interface import Census
from crawler.outcome import ListFile
from crawler.ownership import OwnershipEngine
from crawler.wallet_list import open_wallet_list
from tests.unit.crawler.lists_of_ours import published, row
from tests.unit.crawler.test_readings import Quiet

MEMBERS = [
    "row", "coin", "network", "address", "verdict", "reason", "detail", "digest", "message",
    "freshness", "file",
]  # fmt: skip


def judge(
    tmp_path: Path, rows: list[str], out: Path | None = None, fresh: tuple[str, ...] = ()
) -> OwnershipCounts:
    path = tmp_path / "list.csv"
    path.write_bytes(published(rows))
    entity = replace(settings.load(environment={}).entity("okx"), fresh=fresh)
    wallet_list = open_wallet_list(path, entity, {})
    return judge_list(wallet_list, Quiet(), OwnershipEngine(workers=1), out=out)


def test_counts_and_lines_agree(tmp_path: Path) -> None:
    out = tmp_path / "new" / "verdicts.jsonl"
    counts = judge(tmp_path, [row(1, "1"), row(2, "1", signer=3), row(4, "zzz")], out)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [list(line) for line in lines] == [MEMBERS] * 3
    assert [line["verdict"] for line in lines] == ["proven", "failed", "failed"]
    assert [line["row"] for line in lines] == [4, 5, 6]
    assert counts.rows == 3
    assert counts.words()["failed"] == 2
    assert sum(counts.words().values()) == 3
    assert counts.exit_code is ExitCode.DOES_NOT_HOLD
    document = json.loads(counts.to_json())
    assert document["verdicts"]["proven"] == 1
    assert sum(reason["rows"] for reason in document["reasons"]) == document["rows"] == 3


@pytest.mark.parametrize(
    ("fresh", "expected"), [((), "static"), (("I am an OKX .*",), "fresh"), (("OKX",), "static")]
)
def test_what_holds_says_whether_its_message_is_fresh(
    tmp_path: Path, fresh: tuple[str, ...], expected: str
) -> None:
    out = tmp_path / "verdicts.jsonl"
    counts = judge(tmp_path, [row(1, "1"), row(2, "1", signer=3), row(4, "zzz")], out, fresh)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["freshness"] for line in lines] == [expected, None, None]
    (digest,) = json.loads(counts.to_json())["digests"]
    assert (digest["freshness"], digest["rows"]) == (expected, 1)
    console = Console(record=True, width=80, file=io.StringIO())
    counts.render(console)
    assert ("1 valid signatures are over static messages" in console.export_text()) is (
        expected == "static"
    )


def test_a_name_that_ends_in_csv_gets_csv(tmp_path: Path) -> None:
    rows = [row(1, "1"), row(2, "1", signer=3), row(4, "zzz"), row(1, "=1+1")]
    judge(tmp_path, rows, tmp_path / "verdicts.jsonl")
    judge(tmp_path, rows, tmp_path / "verdicts.CSV")
    lines = map(json.loads, (tmp_path / "verdicts.jsonl").read_text().splitlines())
    with (tmp_path / "verdicts.CSV").open(newline="") as file:
        header, *records = csv.reader(file)
    assert header == MEMBERS
    assert len(records) == 4
    for line, record in zip(lines, records, strict=True):
        texts = ["" if line[name] is None else str(line[name]) for name in MEMBERS]
        assert record == texts


def test_outcomes_in_words(tmp_path: Path) -> None:
    assert judge(tmp_path, [row(1, "1")]).exit_code is ExitCode.HOLDS
    unsigned = row(1, "1").rsplit(",", 6)[0] + ",,,,,,"
    counts = judge(tmp_path, [unsigned])
    assert counts.exit_code is ExitCode.INCOMPLETE
    console = Console(record=True, width=80, file=io.StringIO())
    counts.render(console)
    assert console.export_text().startswith("Incomplete: none failed; 0 of 1 rows are proven.")


def test_a_row_without_a_verdict_is_never_overlooked(tmp_path: Path) -> None:
    counts = judge(tmp_path, [row(1, "1"), row(2, "1")])
    files = [ListFile("l", "okx", Census(claims=2, malformed=1))]
    with pytest.raises(RuntimeError, match="3 rows, and 2 were judged"):
        counts.require_complete(files)
