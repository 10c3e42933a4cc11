from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.errors import OutputError
from crawler.reports.findings import FindingLine
from crawler.reports.model import Report
from crawler.reports.publication import History, publication
from crawler.reports.rows import read_blocks
from crawler.reports.snapshots import Changes, Index, Summary, snapshot_name
from tests.unit.crawler.reports.samples import finding_lines, report


def month(number: int, *, digest: str = "", entity: str = "okx") -> Report:
    """Return the report of the list of one month."""
    built = report()
    point = built.snapshots[0].model_copy(
        update={"block_time": datetime(2026, number, 1, tzinfo=UTC)}
    )
    listed = built.wallet_list.model_copy(update={"sha256": digest or f"{number:02d}" * 32})
    named = built.entity.model_copy(update={"name": entity})
    return built.model_copy(update={"snapshots": [point], "wallet_list": listed, "entity": named})


def publish(
    folder: Path, built: Report, lines: list[FindingLine] | None = None, *, history: bool = True
) -> None:
    with publication(folder, {}, keeps_history=history) as written:
        for line in finding_lines() if lines is None else lines:
            written.add(line)
        written.write(built)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def index(folder: Path) -> Index:
    return Index.model_validate_json((folder / "index.json").read_bytes())


def latest(folder: Path) -> Summary:
    return Summary.model_validate_json((folder / "latest.json").read_bytes())


def test_the_first_snapshot_has_everything_but_changes(tmp_path: Path) -> None:
    publish(tmp_path, month(1))
    name = "2026-01-01-01010101"
    assert names(tmp_path) == {
        "findings.jsonl", "report.json", "report.html", "latest.json", "index.json",
        "metrics.prom", f"{name}.json", f"{name}.rows.jsonl.gz",
    }  # fmt: skip
    assert (tmp_path / "latest.json").read_bytes() == (tmp_path / f"{name}.json").read_bytes()
    assert latest(tmp_path).previous is None
    (entry,) = index(tmp_path).snapshots
    assert entry.sha256 == hashlib.sha256((tmp_path / entry.file).read_bytes()).hexdigest()
    for file, digest in latest(tmp_path).digests.items():
        assert hashlib.sha256((tmp_path / file).read_bytes()).hexdigest() == digest
    with (tmp_path / f"{name}.rows.jsonl.gz").open("rb") as rows:
        assert sum(block["rows"] for block in read_blocks(rows)) == len(finding_lines())


def test_the_next_snapshot_is_compared_with_the_one_before(tmp_path: Path) -> None:
    publish(tmp_path, month(1))
    publish(tmp_path, month(2), finding_lines()[1:])
    changes = Changes.model_validate_json((tmp_path / "changes.json").read_bytes())
    assert (changes.previous, changes.current) == ("2026-01-01-01010101", "2026-02-01-02020202")
    assert changes.counts.vanished == 0  # the first row's holding is claimed by others too
    assert latest(tmp_path).changes == changes.counts
    lines = (tmp_path / "changes.jsonl").read_text().splitlines()
    assert len(lines) == sum(changes.counts.model_dump().values()) - changes.counts.amount
    assert [one.snapshot for one in index(tmp_path).snapshots] == [
        "2026-01-01-01010101", "2026-02-01-02020202",
    ]  # fmt: skip


def test_the_same_list_again_replaces_its_snapshot(tmp_path: Path) -> None:
    publish(tmp_path, month(1))
    publish(tmp_path, month(2))
    publish(tmp_path, month(3, digest="02" * 32))  # now with a newer block
    assert [one.snapshot for one in index(tmp_path).snapshots] == [
        "2026-01-01-01010101", "2026-03-01-02020202",
    ]  # fmt: skip
    assert "2026-02-01-02020202.json" not in names(tmp_path)
    assert "2026-02-01-02020202.rows.jsonl.gz" not in names(tmp_path)
    assert latest(tmp_path).previous == "2026-01-01-01010101"


def test_an_older_list_checked_later_is_not_the_latest(tmp_path: Path) -> None:
    publish(tmp_path, month(2))
    publish(tmp_path, month(1))
    assert index(tmp_path).latest == latest(tmp_path).snapshot == "2026-02-01-02020202"
    assert not (tmp_path / "changes.json").exists()  # nothing came before it
    report_now = json.loads((tmp_path / "report.json").read_text())
    assert report_now["wallet_list"]["sha256"] == "01" * 32


def test_entities_in_one_folder_are_not_compared(tmp_path: Path) -> None:
    publish(tmp_path, month(1))
    publish(tmp_path, month(2, entity="htx"))
    assert latest(tmp_path).previous is None
    assert len(index(tmp_path).snapshots) == 2


def test_a_run_without_history_is_no_snapshot(tmp_path: Path) -> None:
    publish(tmp_path, month(1), history=False)
    assert names(tmp_path) == {"findings.jsonl", "report.json", "report.html", "metrics.prom"}


@pytest.mark.parametrize(
    ("damaged", "snapshots"),
    [("2026-01-01-01010101.json", 1), ("2026-01-01-01010101.rows.jsonl.gz", 2)],
)
def test_what_is_damaged_is_named_and_a_run_does_not_fail_over_it(
    tmp_path: Path, damaged: str, snapshots: int
) -> None:
    publish(tmp_path, month(1))
    (tmp_path / damaged).write_bytes(b"{}")
    publish(tmp_path, month(2))
    assert index(tmp_path).unreadable == [damaged]
    assert len(index(tmp_path).snapshots) == snapshots
    assert latest(tmp_path).previous is None
    assert not (tmp_path / "changes.json").exists()
    assert not (tmp_path / "changes.jsonl").exists()


def test_nothing_appears_when_the_run_ends_badly(tmp_path: Path) -> None:
    publish(tmp_path, month(1))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def interrupted() -> None:
        with publication(tmp_path, {}) as written:
            written.add(finding_lines()[0])
            written.write(month(2))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_other_json_files_in_the_folder_are_let_be(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("mine")
    publish(tmp_path, month(1))
    assert (tmp_path / "notes.json").read_text() == "mine"
    assert list(History.of(tmp_path).summaries) == [snapshot_name(month(1))]
    assert index(tmp_path).unreadable == []


def test_a_folder_that_cannot_be_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        publish(tmp_path / "taken", month(1))
