from __future__ import annotations

import csv

from hypothesis import given
from hypothesis import strategies as st

from crawler.reports.csv import COLUMNS, TRIGGERS, csv_lines, harmless
from tests.unit.crawler.reports.samples import finding_lines


def test_every_row_comes_back_and_numbers_stay_numbers() -> None:
    lines = finding_lines()
    header, *records = csv.reader("".join(csv_lines(lines)).splitlines(keepends=True))
    assert tuple(header) == COLUMNS
    assert len(records) == len(lines)
    first = dict(zip(header, records[0], strict=True))
    assert (first["row"], first["claimed"], first["height"]) == ("5", "1.500000", "100")
    assert first["sources"] == "http://127.0.0.1"
    assert dict(zip(header, records[-1], strict=True))["claimed"] == ""


@given(st.text())
def test_no_cell_begins_a_formula(text: str) -> None:
    cell = harmless(text)
    assert not cell.lstrip(" ").startswith(TRIGGERS)
    assert cell.isprintable()


@given(st.sampled_from(TRIGGERS), st.sampled_from(["", " ", "\u200b", "\n"]), st.text())
def test_a_formula_is_shown_and_not_run(trigger: str, before: str, rest: str) -> None:
    line = {**finding_lines()[0], "address": before + trigger + rest, "coin": trigger}
    _, record = csv.reader("".join(csv_lines([line])).splitlines(keepends=True))
    cells = dict(zip(COLUMNS, record, strict=True))
    assert cells["coin"].startswith("'")
    assert not cells["address"].lstrip(" ").startswith(TRIGGERS)


def test_full_width_signs_begin_formulas_too() -> None:
    assert harmless("\uff1d1+1") == "'\uff1d1+1"
    assert harmless(" \uff20SUM(1)") == "' \uff20SUM(1)"


def test_only_a_number_is_taken_for_one() -> None:
    line = {**finding_lines()[0], "claimed": "=1+1", "observed": "-1.5", "height": None}
    _, record = csv.reader("".join(csv_lines([line])).splitlines(keepends=True))
    cells = dict(zip(COLUMNS, record, strict=True))
    assert (cells["claimed"], cells["observed"], cells["height"]) == ("'=1+1", "-1.5", "")
