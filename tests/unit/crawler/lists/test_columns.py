from __future__ import annotations

import pytest

from crawler.lists.columns import is_summary_header, read_layout
from crawler.lists.okx import OKX_COLUMNS
from tests.unit.crawler.lists.samples import A7, A9, A11, A12, SUMMARY


@pytest.mark.parametrize(
    "header",
    [
        "",
        "foo,bar,baz",
        SUMMARY,
        "coin,address",
        "coin,address,amount,message",
        A9.replace("coin", "symbol"),
        f"{A9},coin",
        A9.replace("message,", ""),
    ],
)
def test_rows_that_are_no_header_of_form_a(header: str) -> None:
    assert read_layout(header.split(","), OKX_COLUMNS) is None


@pytest.mark.parametrize(
    ("header", "width", "minimum"), [(A7, 7, 7), (A9, 9, 9), (A11, 11, 9), (A12, 12, 10)]
)
def test_the_minimum_of_each_layout_is_the_published_one(
    header: str, width: int, minimum: int
) -> None:
    layout = read_layout(header.split(","), OKX_COLUMNS)
    assert layout is not None
    assert (layout.width, layout.minimum, layout.unknown) == (width, minimum, ())


def test_empty_names_at_the_end_are_no_columns_but_inside_they_are() -> None:
    layout = read_layout([*A9.split(","), "", "note", "", ""], OKX_COLUMNS)
    assert layout is not None
    assert layout.width == 11
    assert layout.unknown == ("(column 10, no name)", "note")


def test_of_two_spellings_the_format_s_own_is_meant() -> None:
    layout = read_layout(["asset", *A9.split(",")], OKX_COLUMNS)
    assert layout is not None
    assert (layout.coin, layout.unknown) == (1, ("asset",))


@pytest.mark.parametrize("header", ["ETH,1,2", "coin", A9, "coin,address,amount"])
def test_what_is_no_summary_header(header: str) -> None:
    assert not is_summary_header(header.split(","))
