from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.lists.cells import CELL_LIMIT, split_cells
from crawler.lists.interface import MalformedReason
from crawler.lists.lines import RowError


@pytest.mark.parametrize(
    ("text", "reason", "is_open"),
    [
        ('"a', MalformedReason.QUOTE, True),
        ('a,"b""', MalformedReason.QUOTE, True),
        ('"a"b', MalformedReason.QUOTE, False),
        ('"{"x":1}"', MalformedReason.QUOTE, False),
        ("[a,b", MalformedReason.BRACKETS, False),
        ("a,{b,[c]", MalformedReason.BRACKETS, False),
        ("," * (CELL_LIMIT + 1), MalformedReason.CELLS, False),
    ],
    ids=lambda value: str(value)[:8],
)
def test_rows_that_cannot_be_split(text: str, reason: MalformedReason, is_open: bool) -> None:
    with pytest.raises(RowError) as caught:
        split_cells(text)
    assert (caught.value.reason, caught.value.is_open) == (reason, is_open)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("", [""]),
        (",", ["", ""]),
        (' a , " b,c " ,d\r\n', ["a", "b,c", "d"]),
        ('say "hi",x', ['say "hi"', "x"]),
        ("a[1,2]b,c", ["a[1,2]b", "c"]),
        ("[a,[b,c],d],e", ["[a,[b,c],d]", "e"]),
        ('{"a":{"b":"1,2"},"c":[1]},x', ['{"a":{"b":"1,2"},"c":[1]}', "x"]),
        ('"{""a"":1,""b"":2}",x', ['{"a":1,"b":2}', "x"]),
        ("a],b},c", ["a]", "b}", "c"]),
        ('""""', ['"']),
    ],
)
def test_quotes_brackets_and_braces_protect_commas(text: str, cells: list[str]) -> None:
    assert split_cells(text) == cells


@given(st.lists(st.text(alphabet='ab ",[]{}\n\t', max_size=8), min_size=1, max_size=6))
def test_quoting_undoes_itself(cells: list[str]) -> None:
    row = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    assert split_cells(row) == [cell.strip() for cell in cells]


@given(st.lists(st.text(alphabet="ab0. ", max_size=6), min_size=2, max_size=6))
def test_plain_rows_split_as_the_standard_library_splits_them(cells: list[str]) -> None:
    row = ",".join(cells)
    assert split_cells(row) == [cell.strip() for cell in next(csv.reader([row]))]
