from __future__ import annotations

import pytest

from crawler.reports.counted import all_of, counted


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1_000_001, "1,000,001 rows")]
)
def test_the_noun_fits_the_number(number: int, text: str) -> None:
    assert counted(number, "row") == text


def test_a_plural_may_be_irregular() -> None:
    assert counted(1, "summary", "summaries") == "1 summary"
    assert counted(2, "summary", "summaries") == "2 summaries"


def test_all_of_one_is_no_plural() -> None:
    assert all_of(1, "row") == "the only row is"
    assert all_of(1_200, "row") == "all 1,200 rows are"
