from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.answers import count, number, rows, table, text
from chains.errors import MalformedAnswer

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(ANYTHING)
def test_a_member_is_what_it_should_be_or_malformed(value: object) -> None:
    for take, kind in ((table, dict), (rows, list), (text, str), (number, int), (count, int)):
        try:
            taken = take(value)
        except MalformedAnswer:
            continue
        assert isinstance(taken, kind)
        assert not isinstance(value, bool | float)


@given(st.integers(-(2**256), 2**256))
def test_a_number_may_be_written_as_text(value: int) -> None:
    assert number(value) == number(str(value)) == value


@pytest.mark.parametrize("wrong", [True, 1.0, "1.5", "", "1e3", " 1", "٣", "9" * 79, None])
def test_what_only_looks_like_a_number_is_none(wrong: object) -> None:
    with pytest.raises(MalformedAnswer):
        number(wrong)


def test_a_count_is_not_negative() -> None:
    assert count("0") == 0
    with pytest.raises(MalformedAnswer):
        count(-1)
