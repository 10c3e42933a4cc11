from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from crawler.models import Amount
from crawler.reports.model import Count
from crawler.reports.terminal import headline, render_text, short
from tests.unit.crawler.reports.samples import report

GOLDEN = Path(__file__).parents[3] / "golden" / "report.txt"


def test_the_screen_is_the_golden_one() -> None:
    assert render_text(report()) == GOLDEN.read_text(encoding="utf-8")


def test_the_verdict_comes_first_and_nothing_is_wider_than_80_columns() -> None:
    lines = render_text(report()).splitlines()
    assert lines[0].startswith("Does not hold (8 rows): 2 failed")
    assert max(map(len, lines)) <= 80


def test_hostile_text_moves_nothing_on_the_screen() -> None:
    text = render_text(report())
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_long_verdict_gets_a_first_line_of_its_own() -> None:
    built = report()
    assert len(built.verdict) > 80
    assert headline(built) == (
        "Does not hold (8 rows): 2 failed, 1 short, 1 listed twice, 1 summary too high."
    )
    holds = built.model_copy(update={"verdict": "Holds: all 8 rows."})
    assert render_text(holds).splitlines()[0] == headline(holds) == "Holds: all 8 rows."
    assert render_text(holds).count("Holds") == 1


def test_the_second_line_says_only_what_the_first_has_not() -> None:
    built = report()
    lines = render_text(built).splitlines()
    assert lines[1].startswith("Not observed: ")
    gap = (
        "Incomplete: nothing false was found in 8 rows. " + "Not observed: 5 rows; not proven: 6 r."
    )
    open_one = built.model_copy(update={"exit_code": 3, "verdict": gap})
    first, second, *_ = render_text(open_one).splitlines()
    assert first.startswith("Incomplete (8 rows): ")
    assert second == "Nothing false was found."


def test_what_was_not_looked_at_is_not_told_as_unproven() -> None:
    unjudged = [Count(outcome="unsupported", reason="not-judged", rows=8)]
    built = report().model_copy(
        update={"exit_code": 3, "verdict": "Incomplete: " + "x" * 80, "ownership": unjudged}
    )
    assert headline(built) == "Incomplete (8 rows): 3 not observed."


def test_a_list_cannot_fill_the_screen_with_one_name() -> None:
    built = report()
    line = built.assets[0].model_copy(update={"asset": "? " + "\x1b[2J\u202eA" * 9_000})
    wrong = built.summary[0].model_copy(update={"coin": "[red]B" * 9_000, "agrees": False})
    named = built.model_copy(update={"assets": [line], "summary": [wrong]})
    lines = render_text(named).splitlines()
    assert len(lines) < 60
    assert max(map(len, lines)) <= 80
    assert "  [red]B[red]B[red]B[red]B[r…: published" in "\n".join(lines)


def test_the_largest_figures_still_fit_80_columns_in_one_line_each() -> None:
    built = report()
    huge = "99999999999999.123456789"
    line = built.assets[0]
    sums = line.sums.model_copy(update=dict.fromkeys(type(line.sums).model_fields, huge))
    coverage = line.coverage.model_copy(update={"rows": 1_200_000, "value_proven": "0.999999"})
    wide = line.model_copy(update={"asset": "SHIB-LONG", "sums": sums, "coverage": coverage})
    text = render_text(built.model_copy(update={"assets": [wide]}))
    (shown,) = [each for each in text.splitlines() if each.startswith("SHIB-LONG")]
    assert shown.count("99,999,999M…") == 4
    assert shown.endswith("1,200,000 99.9 % ")
    assert max(map(len, text.splitlines())) <= 80


@given(st.builds(Amount, st.integers(0, 10**30), st.integers(0, 18)))
def test_short_amounts_never_say_more_than_is_there(amount: Amount) -> None:
    shown = short(amount.text())
    assert re.fullmatch(r"[\d,]+(\.\d+)?[MBT]?…?", shown)
    scale = {"M": 10**6, "B": 10**9, "T": 10**12}.get(shown.rstrip("…")[-1], 1)
    value = Decimal(shown.rstrip("…MBT").replace(",", "")) * scale
    exact = Decimal(amount.text())
    assert value <= exact
    assert (value == exact) == ("…" not in shown)
    if exact < 10**18:
        assert len(shown) <= 12
