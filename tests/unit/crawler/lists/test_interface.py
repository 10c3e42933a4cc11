from __future__ import annotations

import pytest

from crawler.lists.interface import Census, MalformedReason, Vocabulary
from crawler.lists.okx import Okx
from tests.unit.crawler.lists.samples import A9, COINS, ROW9


@pytest.mark.parametrize("lost", [1, -1])
def test_a_census_that_lost_or_doubled_a_line_is_not_complete(lost: int) -> None:
    census = Census(lines=21, summary=1, header=2, blank=3, claims=4, malformed=5, continuation=6)
    assert census.is_complete()
    census.lines += lost
    assert not census.is_complete()


def test_rows_outside_a_detail_section_are_no_detail_rows() -> None:
    assert Census(claims=4, malformed=5, outside_detail=2).detail_rows() == 7


def test_reason_codes_are_stable() -> None:
    assert {reason.value for reason in MalformedReason} == {
        "cells", "coin", "address", "amount", "height", "type", "encoding", "quote", "brackets",
        "length", "spreadsheet", "summary", "no-header",
    }  # fmt: skip


def test_one_census_may_count_several_files_while_rows_start_at_one() -> None:
    census = Census()
    vocabulary = Vocabulary(entity="okx", coins=COINS)
    rows = [
        entry.row
        for _ in range(2)
        for entry in Okx().parse(
            [A9.encode(), ROW9.encode()], file="x", vocabulary=vocabulary, census=census
        )
    ]
    assert rows == [2, 2]
    assert (census.lines, census.claims) == (4, 2)
