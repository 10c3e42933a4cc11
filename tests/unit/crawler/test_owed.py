from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawler.liabilities.interface import LiabilitiesError
from crawler.owed import beside, open_owed
from tests.unit.crawler.reports.samples import report


def test_the_report_is_written_anew_with_what_is_owed(tmp_path: Path) -> None:
    path = tmp_path / "owed.csv"
    path.write_text("asset,amount\nUSDT,5\n", encoding="utf-8")
    owed = open_owed([path])
    combined = beside(report(), owed, tmp_path)
    written = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert written["liabilities"]["files"] == ["owed.csv"]
    assert written["exit_code"] == combined.exit_code
    assert beside(report(), owed, None) == combined


def test_a_file_that_says_nothing_is_refused_before_anything_runs(tmp_path: Path) -> None:
    path = tmp_path / "owed.csv"
    path.write_text("hello", encoding="utf-8")
    with pytest.raises(LiabilitiesError, match="no system takes"):
        open_owed([path])
