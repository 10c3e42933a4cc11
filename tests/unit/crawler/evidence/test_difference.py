from __future__ import annotations

import json

import pytest

from crawler.evidence.difference import difference


@pytest.mark.parametrize(
    ("recorded", "made", "says"),
    [
        ({"a": [1, {"b": "x"}]}, {"a": [1, {"b": "y"}]},
         'a[1].b is recorded as "x" and comes out as "y"'),
        ({"a": 1}, {}, "a is recorded as 1 and comes out as null"),
        ({}, {"a": None, "b": 2}, "b is recorded as null and comes out as 2"),
        ([1], [1, 2], "is recorded as [1] and comes out as [1,2]"),
        ({"a": 1}, {"a": True}, "a is recorded as 1 and comes out as true"),
    ],
    ids=range(5),
)  # fmt: skip
def test_the_first_difference_is_named(recorded: object, made: object, says: str) -> None:
    told = difference(json.dumps(recorded).encode(), json.dumps(made).encode())
    assert told.strip() == says


def test_equal_values_are_spelled_otherwise() -> None:
    assert difference(b"{} ", b"{}") == "the same values, spelled otherwise"


@pytest.mark.parametrize("recorded", [b"no", b"\xff"])
def test_what_is_no_json_is_said(recorded: bytes) -> None:
    assert difference(recorded, b"{}") == "it is not the JSON that comes out"


def test_a_missing_line_is_said() -> None:
    assert difference(b"", b"{}") == "the line is missing"


def test_hostile_text_is_cleaned() -> None:
    told = difference(json.dumps({"a": "\x1b[31m"}).encode(), b"{}")
    assert "\x1b" not in told
