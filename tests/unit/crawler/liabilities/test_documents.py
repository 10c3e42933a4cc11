from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.documents import Node, NumberText, document, parse
from crawler.liabilities.interface import HeldFile, LiabilitiesError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**90), 10**90) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_what_json_writes_is_read_back(value: object) -> None:
    assert parse(json.dumps(value).encode(), "x") == value


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        parse(data, "x")
    except LiabilitiesError:
        return


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a":1,"a":1}', "stands twice"),
        ('{"b":{"a":1,"a":2}}', "stands twice"),
        ("[NaN]", "no number"),
        ("[Infinity]", "no number"),
        ("[-Infinity]", "no number"),
        ("1" * 102, "digits"),
        ("[" * 101 + "]" * 101, "levels deep"),
        ("[" * 100_000, "levels deep"),
        ('{"a":' * 100_000, "levels deep"),
        ('["]",' * 101, "levels deep"),
        ("{", "not JSON"),
        ("1 2", "not JSON"),
        (r'["\ud800"]', "half a character"),
        (r'{"a":{"\uDFFF":1}}', "half a character"),
        (r'{"a":["\udc00\ud800"]}', "half a character"),
        ("", "not JSON"),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    with pytest.raises(LiabilitiesError, match=reason):
        parse(text.encode(), "x")


def test_two_halves_are_a_character() -> None:
    assert parse(rb'["\ud83d\ude00", "\\ud800"]', "x") == ["\U0001f600", r"\ud800"]


def test_numbers_with_a_point_or_exponent_stay_text() -> None:
    assert parse(b"[1.50, 1e400]", "x") == [NumberText("1.50"), NumberText("1e400")]


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(LiabilitiesError, match="not UTF-8"):
        parse(b'"\xff"', "x")


def test_a_document_may_begin_with_a_byte_order_mark() -> None:
    assert document(HeldFile("x", b"\xef\xbb\xbf{}")).value == {}


TOP = Node({"t": "ab", "n": 5, "b": True, "l": [1], "a": "-1", "e": "1e3", "i": "07"}, "x")


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (lambda: TOP.member("z"), "'z' is missing"),
        (lambda: TOP.member("t").hex(3), "3 lowercase hex digits"),
        (lambda: TOP.member("n").text(), "a string"),
        (lambda: TOP.member("b").integer(0, 9), "whole number"),
        (lambda: TOP.member("n").integer(6, 9), "from 6 to 9"),
        (lambda: TOP.member("l").items(least=2), "2 to"),
        (lambda: TOP.member("l").items(least=2, most=2), "a list of 2 was"),
        (lambda: TOP.member("l").members(), "an object"),
        (lambda: TOP.member("a").amount(), "not negative"),
        (lambda: TOP.member("e").amount_text(), "without exponent"),
        (lambda: TOP.member("t").integer_text(0, 9), "the text of a whole number"),
        (lambda: TOP.member("t").text(longest=1), "at most 1"),
        (lambda: TOP.only("t"), "not known here"),
    ],
)
def test_every_accessor_says_where_and_what(read: object, reason: str) -> None:
    assert callable(read)
    with pytest.raises(LiabilitiesError, match=reason) as caught:
        read()
    assert str(caught.value).startswith("x")


def test_long_names_are_not_quoted_whole() -> None:
    name = "k" * 10_000
    faults: tuple[Callable[[], object], ...] = (
        lambda: parse(f'{{"{name}":1,"{name}":2}}', "x"),
        lambda: Node({name: 1}, "x").only("t"),
        lambda: Node({name: 1}, "x").member(name).text(),
    )
    for fault in faults:
        with pytest.raises(LiabilitiesError) as caught:
            fault()
        assert len(str(caught.value)) < 200


def test_what_is_as_expected_is_returned() -> None:
    assert TOP.member("t").hex(2) == "ab"
    assert TOP.member("n").integer(5, 5) == 5
    assert TOP.member("i").integer_text(0, 9) == 7
    assert TOP.maybe("z") is None


def test_brackets_within_strings_are_no_levels() -> None:
    text = '["' + "[{" * 500 + '\\"' + "[" * 500 + '"]'
    assert len(parse(text.encode(), "x")[0]) == 1501  # type: ignore[index]
    assert parse(("[" * 100 + "]" * 100).encode(), "x") is not None
