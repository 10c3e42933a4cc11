from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from crawler.models import Amount
from crawler.reports.terminal import render_text, short
from tests.unit.crawler.reports.samples import report

GOLDEN = Path(__file__).parents[3] / "golden" / "report.txt"


def test_the_screen_is_the_golden_one() -> None:
    assert render_text(report()) == GOLDEN.read_text(encoding="utf-8")


def test_the_verdict_comes_first_and_nothing_is_wider_than_80_columns() -> None:
    lines = render_text(report()).splitlines()
    assert lines[0].startswith("Does not hold: of 8 rows")
    assert max(map(len, lines)) <= 80


def test_hostile_text_moves_nothing_on_the_screen() -> None:
    text = render_text(report())
    assert "\x1b" not in text
    assert "\u202e" not in text


@given(st.builds(Amount, st.integers(0, 10**30), st.integers(0, 18)))
def test_short_amounts_never_say_more_than_is_there(amount: Amount) -> None:
    shown = short(amount.text())
    assert re.fullmatch(r"[\d,]+(\.\d+)?…?", shown)
    value, exact = Decimal(shown.rstrip("…").replace(",", "")), Decimal(amount.text())
    assert value <= exact
    assert (value == exact) == ("…" not in shown)
