from __future__ import annotations

import pytest
from pydantic import ValidationError

from crawler.reports.findings import FindingLine
from crawler.web.api import Api
from crawler.web.findings_index import ADDRESS, MEMBERS
from crawler.web.operations import OPERATIONS, ChoiceQuery, FindingRow, FindingsQuery, PageQuery


def test_a_row_is_a_line_of_findings() -> None:
    assert list(FindingRow.model_fields) == list(FindingLine.__annotations__)


def test_what_can_be_asked_for_is_what_is_indexed() -> None:
    assert set(ChoiceQuery.model_fields) == {*MEMBERS, ADDRESS}


def test_every_operation_has_a_handler() -> None:
    assert [one.name for one in OPERATIONS if not callable(getattr(Api, one.name, None))] == []


def test_only_what_was_given_is_chosen() -> None:
    query = FindingsQuery.model_validate({"finding": "match", "limit": "5", "asset": "BTC"})
    assert query.chosen() == {"finding": "match", "asset": "BTC"}
    assert (query.limit, query.cursor) == (5, None)


@pytest.mark.parametrize("text", ["0", "1001", "-1", "1e2", "1_0", " 1", "٣", "9" * 13, ""])
def test_a_limit_is_digits_within_bounds(text: str) -> None:
    with pytest.raises(ValidationError):
        PageQuery.model_validate({"limit": text})
