from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.interface import (
    Check,
    Grade,
    LiabilitiesResult,
    failed,
    not_possible,
    passed,
)
from crawler.models import Amount
from crawler.reports.json import render, schema_text
from crawler.reports.owed import ratio, with_owed
from crawler.reports.terminal import headline, render_text
from tests.unit.crawler.reports.samples import report


def result(*checks: Check, unit: str = "") -> LiabilitiesResult:
    totals = {"usdt": Amount(5, 0), "DOGE": Amount(1, 0)}
    return LiabilitiesResult(
        "generic", checks or (passed("a"),), totals, Grade.CLAIMED, ("scope",), unit=unit
    )


def test_what_is_owed_stands_beside_each_figure_and_is_merged_with_none() -> None:
    combined = with_owed(report(), result(), ["owed.csv"])
    usdt = next(line for line in combined.assets if line.asset == "USDT")
    assert usdt.owed is not None
    assert usdt.owed.model_dump() == {
        "amount": "5",
        "grade": "claimed",
        "claimed_ratio": "1.500000",
        "observed_ratio": "1.200000",
        "attested_ratio": "0.500000",
    }
    assert usdt.sums == next(line for line in report().assets if line.asset == "USDT").sums
    assert combined.liabilities is not None
    assert combined.liabilities.not_in_list == ["DOGE"]
    assert all(line.owed is None for line in (*combined.networks, *combined.custodians))
    jsonschema.validate(json.loads(render(combined)), json.loads(schema_text()))


def test_a_total_in_another_unit_is_beside_no_asset() -> None:
    combined = with_owed(report(), result(unit="USD"), ["x"])
    assert all(line.owed is None for line in combined.assets)
    assert combined.liabilities is not None
    assert combined.liabilities.not_in_list == []


def test_one_asset_under_two_spellings_is_owed_together() -> None:
    totals = {"usdt": Amount(5, 0), "USDT": Amount(25, 1), "doge": Amount(1, 0)}
    one = replace(result(), totals=totals)
    lines = with_owed(report(), one, ["x"]).assets
    assert [line.owed.amount for line in lines if line.owed is not None] == ["7.5"]


@pytest.mark.parametrize(
    ("check", "before", "after"),
    [
        (passed("a"), 0, 0), (passed("a"), 3, 3), (failed("a", "x"), 0, 1),
        (failed("a", "x"), 3, 1),
        (not_possible("a", "x", needed=True), 0, 3), (not_possible("a", "x", needed=True), 1, 1),
    ],
)  # fmt: skip
def test_one_exit_code_for_both(check: Check, before: int, after: int) -> None:
    plain = report().model_copy(update={"exit_code": before})
    assert with_owed(plain, result(check), ["x"]).exit_code == after


@pytest.mark.parametrize(
    ("check", "code", "verdict", "line"),
    [
        (
            failed("sums", "x"), 0, "Does not hold: liabilities: sums. Rows: Holds: all 8 rows.",
            "Does not hold (8 rows): 2 failed, 1 short, ",
        ),
        (
            failed("sums", "x"), 1, "Holds: all 8 rows. Liabilities: Does not hold: sums.",
            "Does not hold (8 rows): 2 failed, 1 short, ",
        ),
        (
            not_possible("a", "x", needed=True), 0,
            "Incomplete: liabilities: a could not be checked. Rows: Holds: all 8 rows.",
            "Incomplete (8 rows): ",
        ),
        (
            passed("a"), 0,
            "Holds: all 8 rows. Liabilities: Holds: 1 check passed. What is owed is claimed.",
            "Holds (8 rows): all observed, liabilities hold.",
        ),
    ],
)  # fmt: skip
def test_what_decides_the_outcome_comes_first(
    check: Check, code: int, verdict: str, line: str
) -> None:
    plain = report().model_copy(update={"exit_code": code, "verdict": "Holds: all 8 rows."})
    combined = with_owed(plain, result(check), ["x"])
    assert combined.verdict == verdict
    long = combined.model_copy(update={"verdict": combined.verdict + " " * 80})
    assert headline(long).startswith(line)
    assert render_text(long).splitlines()[1].startswith(verdict[:60])


def test_a_first_line_never_says_that_it_holds_where_the_liabilities_do_not() -> None:
    plain = report()
    entity = plain.entity.model_copy(update={"findings": {"match": 8}, "ownership": {"proven": 8}})
    fine = plain.model_copy(
        update={
            "exit_code": 0, "verdict": "Holds: all 8 rows are proven and observed.",
            "entity": entity, "findings": [], "summary": [],
        }
    )  # fmt: skip
    combined = with_owed(fine, result(failed("inner nodes", "x")), ["x"])
    assert headline(combined) == "Does not hold (8 rows): liabilities do not hold."


def test_the_screen_shows_ratio_and_grade() -> None:
    text = render_text(with_owed(report(), result(), ["x"]))
    assert "Owed (grade: claimed, by generic)" in text
    assert "1.200000" in text
    assert "Owed, but not in the list: DOGE" in text
    assert max(map(len, text.splitlines()[1:])) <= 80
    assert "Owed" not in render_text(report())


def test_a_sum_that_is_longer_than_an_amount_may_be_has_a_ratio() -> None:
    assert ratio("1" + "0" * 100 + ".5", Amount(10**100, 0)) == "1.000000"


@given(st.integers(0, 10**30), st.integers(1, 10**30))
def test_a_ratio_is_never_more_than_it_is(held: int, owed: int) -> None:
    text = ratio(str(held), Amount(owed, 0))
    assert text is not None
    units = int(text.replace(".", ""))
    assert units * owed <= held * 10**6 < (units + 1) * owed
