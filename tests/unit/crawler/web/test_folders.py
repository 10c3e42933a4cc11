from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.reports.publication import FINDINGS, REPORT
from crawler.reports.rows import read_blocks
from crawler.web.folders import FolderPlace, lines_of
from crawler.web.kept import UnavailableError
from tests.unit.crawler.reports.samples import finding_lines, packed
from tests.unit.crawler.reports.test_publication import month, publish
from tests.unit.crawler.web.scenes import FEBRUARY, JANUARY, MARCH, kept_in, looked


async def test_a_folder_and_the_folders_in_it_are_found(folder: Path) -> None:
    found = await FolderPlace(folder).look()
    keys = sorted(kept.key for kept in found)
    assert keys == [("htx", JANUARY), ("okx", JANUARY), ("okx", FEBRUARY), ("okx", MARCH)]
    alone = await FolderPlace(folder / "okx").look()
    assert {kept.key for kept in alone} == set(keys[1:])
    assert [kept.summary.snapshot for kept in alone if kept.has_report] == [MARCH]


async def test_only_what_changed_is_read_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = FolderPlace(folder)
    before = await place.look()
    read: list[str] = []
    whole = Path.read_bytes

    def noted(path: Path) -> bytes:
        read.append(path.name)
        return whole(path)

    monkeypatch.setattr(Path, "read_bytes", noted)
    assert await place.look() == before
    assert read == []
    publish(folder / "okx", month(4))
    read.clear()
    after = await place.look()
    assert sorted(read) == ["2026-04-01-04040404.json", REPORT]
    assert [kept.summary.snapshot for kept in after if kept.has_report][-1] == "2026-04-01-04040404"


async def test_a_run_without_history_is_shown_too(tmp_path: Path) -> None:
    publish(tmp_path, month(1), history=False)
    (kept,) = await FolderPlace(tmp_path).look()
    assert (kept.summary.snapshot, kept.has_report) == (JANUARY, True)


async def test_rows_of_an_older_snapshot_become_findings_again(folder: Path) -> None:
    place = FolderPlace(folder)
    kept = await looked(place, FEBRUARY)
    with await place.findings(kept) as file:
        file.seek(0)
        assert [json.loads(line) for line in file] == finding_lines()[:7]


def test_blocks_give_back_the_lines_that_made_them() -> None:
    lines = finding_lines()
    assert [line for block in read_blocks(packed(lines)) for line in lines_of(block)] == lines


async def test_damage_is_named_and_hides_nothing_else(folder: Path) -> None:
    (folder / "okx" / f"{JANUARY}.json").write_text("[]")
    (folder / "htx" / REPORT).write_text('{"schema_version": "0.1"}')
    place = FolderPlace(folder)
    assert len(await place.look()) == 3
    assert place.problems == [
        "htx/report.json: written by another version",
        f"okx/{JANUARY}.json: no summary of this version, or damaged",
    ]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('"claimed": "', '"claimed": "x', "no summary of this version, or damaged"),
        ('"value_proven": "', '"value_proven": "-', "no summary of this version, or damaged"),
        ('"verified": "2', '"verified": "x', "no summary of this version, or damaged"),
        ('Z"', '"', "no summary of this version, or damaged"),
        (f'"snapshot": "{JANUARY}', '"snapshot": "../x', "the summary of another snapshot"),
    ],
)
async def test_a_summary_with_values_that_cannot_be_is_damaged(
    folder: Path, before: str, after: str, says: str
) -> None:
    path = folder / "okx" / f"{JANUARY}.json"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    place = FolderPlace(folder)
    assert ("okx", JANUARY) not in {kept.key for kept in await place.look()}
    assert place.problems == [f"okx/{JANUARY}.json: {says}"]


async def test_a_folder_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path / "gone")
    assert await place.look() == []
    assert place.problems == ["the folder cannot be read: No such file or directory"]


async def test_files_that_were_replaced_meanwhile_are_not_mixed(folder: Path) -> None:
    place = FolderPlace(folder / "okx")
    kept = kept_in(await place.look(), MARCH)
    publish(folder / "okx", month(4))
    with pytest.raises(UnavailableError, match="being replaced"):
        await place.report(kept)
    assert await place.changes(kept) is None


async def test_what_cannot_be_read_is_said(folder: Path) -> None:
    place = FolderPlace(folder / "okx")
    kept = kept_in(await place.look(), MARCH)
    (folder / "okx" / FINDINGS).unlink()
    with pytest.raises(UnavailableError, match=r"findings\.jsonl cannot be read"):
        await place.findings(kept)
    older = await looked(place, JANUARY)
    (folder / "okx" / f"{JANUARY}.rows.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(UnavailableError, match="cannot be unpacked"):
        await place.findings(older)
    (folder / "okx" / "changes.json").write_text("{}")
    with pytest.raises(UnavailableError, match="damaged"):
        await place.changes(kept)
    await place.close()
