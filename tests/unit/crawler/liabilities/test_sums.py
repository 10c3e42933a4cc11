from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.sums import (
    added,
    json_of,
    padded,
    plain,
    signed_units,
    trimmed,
    units,
)
from crawler.models import Amount


@given(st.integers(-(10**40), 10**40))
def test_plain_text_is_read_back(amount: int) -> None:
    assert signed_units(plain(amount)) == amount


@given(st.integers(0, 10**40))
def test_padded_text_is_read_back(amount: int) -> None:
    assert units(padded(amount)) == amount


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "1e3", "NaN", "Infinity", "1.", ".5", "01", "1.123456789", "1 ", "\u0661"],
)
def test_what_is_no_balance(text: str) -> None:
    assert units(text) is None


def test_sums_keep_the_order_of_the_first() -> None:
    assert list(added({"b": 1, "a": 2}, {"a": 1, "b": 1}).items()) == [("b", 2), ("a", 3)]
    assert json_of({"b": "1", "a": "2"}) == '{"b":"1","a":"2"}'


@given(st.builds(Amount, st.integers(0, 10**20), st.integers(0, 20)))
def test_trimming_changes_no_quantity(amount: Amount) -> None:
    short = trimmed(amount)
    assert short.minus(amount).units == 0
    assert short.decimals == 0 or short.units % 10
