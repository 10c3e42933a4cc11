from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from crawler.errors import ConfigurationError, CrawlerError, OutputError
from crawler.reports.findings import encode_line
from crawler.reports.formats import ReportFormat
from crawler.reports.json import render
from crawler.reports.publication import publication
from crawler.saved import open_saved, rendered
from crawler.store.database import StoreError, open_database
from crawler.store.runs import StoredRuns, compressed
from tests.unit.crawler.reports.samples import finding_lines, report


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with publication(tmp_path / "out", {}) as written:
        for line in finding_lines():
            written.add(line)
        written.write(report())
    return tmp_path / "out"


async def keep(store: Path, text: str) -> None:
    async with open_database(str(store)) as engine:
        runs = StoredRuns(engine)
        await runs.begin("ab12", entity="okx", list_name="list.csv", list_digest="ab" * 32)
        await runs.finish(
            "ab12", exit_code=1, settled=True, report=text,
            parts=compressed(map(encode_line, finding_lines())),
        )  # fmt: skip


def text_of(source: str, wanted: ReportFormat, store: Path | None = None) -> str:
    with open_saved(source, None if store is None else str(store)) as saved:
        return "".join(rendered(saved, wanted, {}))


def test_a_folder_gives_every_format_again(folder: Path) -> None:
    assert text_of(str(folder), ReportFormat.JSON) == (folder / "report.json").read_text()
    assert text_of(str(folder), ReportFormat.HTML) == (folder / "report.html").read_text()
    assert text_of(str(folder), ReportFormat.PROMETHEUS) == (folder / "metrics.prom").read_text()
    assert text_of(str(folder), ReportFormat.TEXT).startswith("Does not hold (8 rows)")
    assert text_of(str(folder), ReportFormat.CSV).count("\r\n") == 1 + len(finding_lines())


@pytest.mark.parametrize("source", ["ab12", "okx"])
def test_a_run_in_the_store_is_found_by_its_id_or_its_entity(
    tmp_path: Path, folder: Path, source: str
) -> None:
    asyncio.run(keep(tmp_path / "store.sqlite", render(report())))
    for wanted in (ReportFormat.HTML, ReportFormat.CSV):
        assert text_of(source, wanted, tmp_path / "store.sqlite") == text_of(str(folder), wanted)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is no folder"):
        text_of("nothing", ReportFormat.TEXT)
    with pytest.raises(StoreError, match="is not there yet"):
        text_of("nothing", ReportFormat.TEXT, tmp_path / "store.sqlite")
    asyncio.run(keep(tmp_path / "store.sqlite", render(report())))
    with pytest.raises(ConfigurationError, match="neither a folder, nor a run"):
        text_of("nothing", ReportFormat.TEXT, tmp_path / "store.sqlite")
    with pytest.raises(OutputError, match="cannot be read"):
        text_of(str(tmp_path), ReportFormat.TEXT)


OLD = json.dumps({**json.loads(render(report())), "schema_version": "0.9"})
DAMAGES = [
    ("report.json", "[]", "is no report of Assay"),
    ("report.json", OLD, "another version"),
    ("findings.jsonl", '{"row": 1', "cut short"),
    ("changes.json", "{}", "is damaged"),
]


@pytest.mark.parametrize(("name", "text", "said"), DAMAGES)
def test_a_damaged_file_is_named(folder: Path, name: str, text: str, said: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(CrawlerError, match=said):
        text_of(str(folder), ReportFormat.CSV)
