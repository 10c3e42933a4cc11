from __future__ import annotations

import json

from crawler.evidence.result import Replay
from tests.unit.crawler.reports.samples import report


def test_one_thing_that_does_not_hold_decides() -> None:
    result = Replay("ab" * 32, problems=["report.json: is missing"], notes=["Not signed."])
    assert result.exit_code == 1
    assert result.text().startswith("Not reproduced: 1 thing does not hold.\n")
    assert "  - report.json: is missing" in result.text()
    document = json.loads(result.to_json())
    assert document["reproduced"] is False
    assert document["verdict"] is None


def test_without_problems_it_is_reproduced() -> None:
    result = Replay("ab" * 32, verified=["All totals."], report=report())
    assert result.exit_code == 0
    assert f"The report says: {report().verdict}" in result.text()
    assert "What does not hold" not in result.text()
    assert result.text().endswith(f"Manifest SHA-256: {'ab' * 32}\n")
    assert json.loads(result.to_json())["verified"] == ["All totals."]
