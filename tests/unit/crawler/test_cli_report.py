from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.cli import run
from tests.unit.crawler.lists_of_ours import published, row

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes(published([row(1, "1"), row(2, "2")]))
    code = run([
        "verify", str(path), "--endpoint", f"eth={NOWHERE}", "--out", str(tmp_path / "out"), "-q",
    ])  # fmt: skip
    assert code == 3
    return tmp_path / "out"


def test_a_folder_is_rendered_on_stdout_or_into_a_file(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["report", str(out), "--format", "json"]) == 0
    assert capsys.readouterr().out == (out / "report.json").read_text()
    assert run(["report", str(out), "-f", "csv", "-o", str(tmp_path / "rows.csv")]) == 0
    assert capsys.readouterr().out == ""
    with (tmp_path / "rows.csv").open(newline="") as stream:
        records = list(csv.DictReader(stream))
    assert [record["claimed"] for record in records] == ["1", "2"]


def test_a_page_made_again_is_the_page_that_was_made(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["report", str(out), "--format", "html"]) == 0
    assert capsys.readouterr().out == (out / "report.html").read_text()


def test_what_cannot_be_rendered_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", str(tmp_path / "nowhere")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert run(["report", str(tmp_path), "--format", "pdf"]) == 2


@pytest.mark.parametrize("command", [["report", "okx"], ["overlaps"]])
def test_what_only_reads_a_store_makes_none(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "--store", str(tmp_path / "mistyped.sqlite")]) == 2
    said = capsys.readouterr().err
    assert f"the store is not there yet ({tmp_path / 'mistyped.sqlite'})" in said
    assert list(tmp_path.iterdir()) == []


def test_a_page_can_be_piped_where_the_locale_has_ascii_only(out: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "crawler", "report", str(out), "--format", "html"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, check=False,
    )  # fmt: skip
    assert shown.stderr == b""
    assert shown.stdout == (out / "report.html").read_bytes()
