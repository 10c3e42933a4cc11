from __future__ import annotations

from pathlib import Path

import pytest

from crawler.liabilities.interface import LiabilitiesError
from crawler.owed import open_owed
from tests.unit.crawler.reports.samples import report


def test_what_is_owed_stands_beside_the_report(tmp_path: Path) -> None:
    path = tmp_path / "owed.csv"
    path.write_text("asset,amount\nUSDT,5\n", encoding="utf-8")
    combined = open_owed([path]).beside(report())
    assert combined.liabilities is not None
    assert combined.liabilities.files == ["owed.csv"]
    assert combined.assets[1].owed is not None


def test_a_file_that_says_nothing_is_refused_before_anything_runs(tmp_path: Path) -> None:
    path = tmp_path / "owed.csv"
    path.write_text("hello", encoding="utf-8")
    with pytest.raises(LiabilitiesError, match="no system takes"):
        open_owed([path])
