from __future__ import annotations

import pytest

from crawler.errors import ListError
from crawler.lists.detect import FORMATS, detect
from tests.unit.crawler.lists.samples import A7, A9, A11, A12, FORM_B, ROW9, SUMMARY


@pytest.mark.parametrize(
    "head", [[], [""], ["foo,bar,baz"], [SUMMARY, "ETH,1,2", ROW9], ['"coin,address']]
)
def test_an_unknown_header_is_refused_with_the_known_ones(head: list[str]) -> None:
    with pytest.raises(ListError, match="no line of x is a header") as caught:
        detect(head, name="x")
    for known in FORMATS:
        assert f"{known.name}: {known.example_header}" in caught.value.hint


@pytest.mark.parametrize("header", [A7, A9, A11, A12, f"\ufeff{A9}", A9.upper()])
def test_published_headers_are_recognised_at_any_line(header: str) -> None:
    assert detect([SUMMARY, "ETH,-,1", "", header]).name == "okx"


def test_form_b_is_recognised() -> None:
    assert detect([FORM_B]).name == "okx-auditor"


def test_each_format_recognises_its_own_example() -> None:
    assert [detect([known.example_header]).name for known in FORMATS] == [f.name for f in FORMATS]
