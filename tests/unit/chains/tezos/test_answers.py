from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.tezos import answers
from tests.fakes.octez_node import name_of

WHOLE = {"hash": name_of(7), "level": 7, "timestamp": "2026-01-01T00:00:00Z"}


@given(st.integers(0, 2**63))
def test_amounts_are_exact(amount: int) -> None:
    assert answers.mutez(str(amount)) == amount


@pytest.mark.parametrize("value", [7, 1.5, None, "", "-1", "1e5", "x"])
def test_other_amounts_are_malformed(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        answers.mutez(value)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("hash", "x"),
        ("hash", None),
        ("level", "x"),
        ("timestamp", "yesterday"),
        ("timestamp", "2026-01-01T00:00:00"),
    ],
)
def test_a_header_that_lacks_something_is_malformed(member: str, value: object) -> None:
    assert answers.header(WHOLE).level == 7
    with pytest.raises(MalformedAnswer):
        answers.header(WHOLE | {member: value})
