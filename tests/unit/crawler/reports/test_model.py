from __future__ import annotations

import pytest
from pydantic import ValidationError

from crawler.reports.model import Report
from tests.unit.crawler.reports.samples import report


def test_a_report_survives_its_own_json() -> None:
    built = report()
    assert Report.model_validate_json(built.model_dump_json()) == built


def test_unknown_members_are_refused() -> None:
    document = report().model_dump()
    document["surprise"] = 1
    with pytest.raises(ValidationError, match="surprise"):
        Report.model_validate(document)
