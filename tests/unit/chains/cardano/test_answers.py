from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.cardano.addresses import encode
from chains.cardano.answers import (
    Output,
    block,
    checkpoint,
    held,
    is_followed,
    outputs,
    patterns,
    point,
    tip,
)
from chains.errors import MalformedAnswer
from chains.source import CaughtStale
from tests.fakes.cardano_ledger import account, digest

BYRON = b"\x80" + bytes(40)
spent = st.none() | st.integers(0, 50)


def row(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    made: dict[str, Any] = {
        "transaction_id": digest("t"),
        "output_index": 0,
        "address": encode(account(1)),
        "value": {"coins": 2**53 + 1},
        "created_at": {"slot_no": 5, "header_hash": digest("b")},
        "spent_at": None,
    }
    return made | changed


def test_an_output_is_read_exactly() -> None:
    (found,) = outputs([row()], account(1), 5)
    assert found == Output((digest("t"), 0), 2**53 + 1, 5, None)


@pytest.mark.parametrize(
    "changed",
    [
        {"transaction_id": "ab"},
        {"output_index": -1},
        {"address": encode(account(2))},
        {"address": "addr1"},
        {"value": {}},
        {"value": {"coins": 1.5}},
        {"created_at": None},
        {"spent_at": {}},
        {"spent_at": {"slot_no": 4, "header_hash": digest("c")}},
    ],
)
def test_malformed_outputs(changed: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer):
        outputs([row(**changed)], account(1), 5)


def test_no_word_whether_it_is_spent_is_not_unspent() -> None:
    one = row()
    del one["spent_at"]
    with pytest.raises(MalformedAnswer):
        outputs([one], account(1), 5)


def test_one_output_twice_is_not_two() -> None:
    with pytest.raises(MalformedAnswer):
        outputs([row(), row()], account(1), 5)


def test_an_output_from_after_the_snapshot_is_a_lie() -> None:
    with pytest.raises(CaughtStale):
        outputs([row()], account(1), 4)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 50), spent)), st.integers(0, 50))
def test_held_is_gained_less_spent(made: list[tuple[int, int, int | None]], slot: int) -> None:
    found = [
        Output(("", at), coins, created, None if gone is None else max(gone, created))
        for at, (coins, created, gone) in enumerate(made)
    ]
    gained = sum(one.coins for one in found if one.created <= slot)
    lost = sum(one.coins for one in found if one.spent is not None and one.spent <= slot)
    assert held(found, slot) == gained - lost


@pytest.mark.parametrize(
    ("followed", "shelley", "byron"),
    [
        (["*"], True, True),
        (["*/*"], True, False),
        ([encode(account(1))], True, False),
        ([encode(account(2)), "x", "*/" + "0" * 56, "0" * 56 + ".*"], False, False),
        ([], False, False),
    ],
)
def test_what_patterns_certainly_take_in(followed: list[str], shelley: bool, byron: bool) -> None:
    assert is_followed(account(1), followed) is shelley
    assert is_followed(BYRON, followed) is byron


@pytest.mark.parametrize(
    "value", [[], {}, {"slot_no": 1}, {"slot_no": 1, "header_hash": "AB" * 32}]
)
def test_points_have_slot_and_hash(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        point(value)
    assert checkpoint(None) is None


@pytest.mark.parametrize("value", [[], [{}, {}], [{"block_height": "x"}], {}, [7]])
def test_one_row_is_answered_about_blocks(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        tip(value)
    with pytest.raises(MalformedAnswer):
        block(value, 7)


def test_block_numbers_by_either_name() -> None:
    assert tip([{"block_height": 7}]) == tip([{"block_no": 7}]) == 7
    with pytest.raises(MalformedAnswer):
        block([{"block_height": 8, "abs_slot": 1, "hash": digest("b")}], 7)


def test_patterns_are_texts() -> None:
    assert patterns(["*"]) == ["*"]
    with pytest.raises(MalformedAnswer):
        patterns([None])
