from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.web.kept import UnavailableError
from crawler.web.stored import StorePlace
from tests.unit.crawler.reports.samples import finding_lines
from tests.unit.crawler.web.scenes import FEBRUARY, JANUARY, kept_in


def change(store: Path, statement: str) -> None:
    with closing(sqlite3.connect(store)) as database, database:
        database.execute(statement)


async def test_finished_runs_are_found_with_their_findings(store: Path) -> None:
    place = StorePlace(str(store))
    found = await place.look()
    assert sorted(kept.key for kept in found) == [("okx", JANUARY), ("okx", FEBRUARY)]
    assert all(kept.has_report for kept in found)
    kept = kept_in(found, FEBRUARY)
    assert json.loads(await place.report(kept))["entity"]["name"] == "okx"
    with await place.findings(kept) as file:
        file.seek(0)
        assert [json.loads(line) for line in file] == finding_lines()[:7]
    assert await place.changes(kept) is None
    await place.close()


async def test_a_store_that_comes_later_is_found_then(tmp_path: Path) -> None:
    place = StorePlace(str(tmp_path / "store.sqlite"))
    assert await place.look() == []
    assert place.problems == ["the store is not there yet. assay run fills it."]
    assert not (await asyncio.to_thread((tmp_path / "store.sqlite").exists))
    await place.close()


async def test_only_new_runs_are_read_and_gone_ones_are_forgotten(store: Path) -> None:
    place = StorePlace(str(store))
    first = kept_in(await place.look(), JANUARY)
    change(store, "update runs set finished = '2030-01-01T00:00:00+00:00' where id = '01run'")
    again = await place.look()
    assert kept_in(again, JANUARY) is first
    change(store, "delete from run_findings")
    change(store, "delete from runs where id = '01run'")
    assert await place.look() == [first]
    with pytest.raises(UnavailableError, match="gone from the store"):
        await place.report(kept_in(again, FEBRUARY))
    await place.close()


async def test_reports_that_cannot_be_served_are_named(store: Path) -> None:
    change(store, "update runs set report = '{}' where id = '00run'")
    change(store, "update runs set report = 'no JSON' where id = '01run'")
    place = StorePlace(str(store))
    assert await place.look() == []
    assert place.problems == [
        "run 00run: written by another version of Assay",
        "run 01run: its report is damaged",
    ]
    await place.close()


async def test_a_store_of_another_version_is_not_touched(store: Path) -> None:
    change(store, "update alembic_version set version_num = '9999'")
    place = StorePlace(str(store))
    assert await place.look() == []
    assert place.problems[0].startswith("the store is not of this version of Assay")
    await place.close()
    with closing(sqlite3.connect(store)) as database:
        assert database.execute("select version_num from alembic_version").fetchall() == [("9999",)]


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be read"])
async def test_a_file_that_is_no_store_is_a_problem(store: Path, content: bytes) -> None:
    with open(store, "wb") as file:  # noqa: ASYNC230, PTH123 (a test waits for nobody)
        file.write(content)
    place = StorePlace(str(store))
    assert await place.look() == []
    assert len(place.problems) == 1
    await place.close()
