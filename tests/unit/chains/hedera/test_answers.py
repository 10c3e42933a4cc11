from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.hedera import answers

TIME = "1568411631.396440000"


@given(st.integers(0, 10**20 - 1))
def test_times_are_exact(moment: int) -> None:
    assert answers.nanoseconds(answers.written(moment)) == moment


@pytest.mark.parametrize("value", [7, 2.5, None, "", "1", "1.5", "-1.000000000"])
def test_other_times_are_malformed(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        answers.nanoseconds(value)


def page(*transfers: tuple[str, int]) -> dict[str, Any]:
    moved = [{"account": one, "amount": amount} for one, amount in transfers]
    return {
        "transactions": [{"consensus_timestamp": TIME, "transfers": moved}],
        "links": {"next": None},
    }


def test_what_a_transaction_changed_of_one_account() -> None:
    found = answers.page(page(("0.0.7", -5), ("0.0.7", 2), ("0.0.8", 3)), "0.0.7")
    assert found == answers.Page([answers.Moved(answers.nanoseconds(TIME), -3)], "")


@pytest.mark.parametrize(
    "transfers", [[("0.0.7", 5)], [("", 5), ("0.0.7", -5)], [("0.0.07", 5), ("0.0.7", -5)]]
)
def test_transfers_that_do_not_add_up_or_are_of_nobody(transfers: list[tuple[str, int]]) -> None:
    with pytest.raises(MalformedAnswer):
        answers.page(page(*transfers), "0.0.7")


def test_a_page_must_say_whether_it_is_the_last() -> None:
    with pytest.raises(MalformedAnswer, match="the last"):
        answers.page(page() | {"links": {}}, "0.0.7")


@pytest.mark.parametrize("value", [None, [], {}, {"_status": 7}, {"_status": {"messages": [7]}}])
def test_other_errors_do_not_say_that_there_is_nothing(value: object) -> None:
    assert not answers.is_absent(value)


@pytest.mark.parametrize("held", [None, {"balance": None, "timestamp": None, "tokens": []}])
def test_an_account_that_no_step_knows_yet_begins_with_its_creation(held: object) -> None:
    known = {"account": "0.0.7", "created_timestamp": TIME, "key": None, "balance": held}
    found = answers.account(known, "0.0.7")
    assert (found.tinybars, found.at) == (None, answers.nanoseconds(TIME))
