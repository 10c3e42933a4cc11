from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.eos import answers
from chains.eos.answers import Token
from chains.errors import MalformedAnswer

COIN = Token("eosio.token", "EOS", 4)
ROW = {
    "code": "eosio.token",
    "scope": "bob",
    "table": "accounts",
    "primary_key": "5459781",
    "present": 1,
    "block_num": 9,
    "data": {"amount": 1.5, "symbol": "EOS"},
}


def page(*changed: dict[str, Any], relation: str = "eq") -> answers.Deltas:
    rows = [ROW | one for one in changed]
    total = {"value": len(rows), "relation": relation}
    return answers.deltas({"total": total, "deltas": rows}, COIN, "bob")


def test_the_key_of_a_symbol() -> None:
    assert COIN.key == 5459781


@given(st.integers(0, 10**answers.EXACT_DIGITS - 1), st.sampled_from([0, 4, 8]))
def test_a_json_number_of_15_digits_is_exact(units: int, decimals: int) -> None:
    coin = Token("eosio.token", "WAX", decimals)
    number = Decimal(repr(float(Decimal(units).scaleb(-decimals))))
    assert answers.exact(number, coin) == units
    assert answers.is_same(number, units, coin)
    assert not answers.is_same(number, units + 1, coin)


def test_more_digits_are_not_made_up() -> None:
    assert answers.exact(Decimal(10**11), COIN) is None
    assert answers.exact(Decimal("0.00001"), COIN) is None
    assert answers.is_same(Decimal("900719925474.0993"), 2**53 + 1, COIN)
    assert not answers.is_same(Decimal("900719925474.0993"), 2**53 + 100, COIN)


def test_a_row_says_what_is_held() -> None:
    found = page({}, {"block_num": 8, "present": 0, "data": None})
    assert [(one.block, one.held) for one in found.found] == [(9, Decimal("1.5")), (8, Decimal(0))]
    assert found.total == 2
    assert page({}, relation="gte").total is None
    (text,) = page({"data": {"balance": "7.0001 EOS"}, "present": True}).found
    assert text.held == Decimal("7.0001")


def test_rows_of_other_tokens_are_left_out() -> None:
    assert page({"primary_key": "1"}).found == []
    assert page({"primary_key": "1"}, {}).size == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "other"}, {"scope": "eve"}, {"table": "stat"}, {"present": 3}, {"present": None},
        {"data": {"amount": -1, "symbol": "EOS"}}, {"data": {"amount": True, "symbol": "EOS"}},
        {"data": {"amount": "1", "symbol": "EOS"}}, {"data": {"amount": 1, "symbol": "EOX"}},
        {"data": {"balance": "1.00 EOS"}}, {"data": {"balance": "1.0000 EOX"}}, {"data": {}},
        {"block_num": -1}, {"primary_key": None},
    ],
)  # fmt: skip
def test_rows_that_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer):
        page(changed)


def test_changes_come_in_order_and_each_once() -> None:
    with pytest.raises(MalformedAnswer, match="out of order"):
        page({}, {"block_num": 10})
    with pytest.raises(MalformedAnswer, match="twice"):
        page({}, {})


def test_times() -> None:
    assert answers.milliseconds("1970-01-01T00:00:01") == 1_000
    assert answers.milliseconds("2018-06-28T08:39:57.500Z") == 1530175197500
    assert answers.written(1530175197500) == "2018-06-28T08:39:57.500Z"
    for text in ("", "2018-06-28", "2018-13-28T08:39:57", 7, "2018-06-28T08:39:57+02:00"):
        with pytest.raises(MalformedAnswer):
            answers.milliseconds(text)


def test_a_block_is_of_the_number_in_its_id() -> None:
    name = "00000427049a6f175fd5c13660651e7fe36ef8199e316bed0349a178c33f525b"
    members = {"block_num": 1063, "id": name, "timestamp": "2018-06-28T08:39:57.000"}
    assert answers.block(members).id == name
    for other in ({"block_num": 1064}, {"id": name[1:]}, {"id": name.upper()}):
        with pytest.raises(MalformedAnswer):
            answers.block(members | other)


def test_an_unknown_account_is_the_one_that_was_asked_for() -> None:
    """Both forms are those of nodes; the second is newer."""
    for text in (
        "unknown key (eosio::chain::name): bob",
        "unknown key (boost::tuples::tuple<bool, eosio::chain::name, ...>): (0 bob)",
    ):
        told = {"code": 500, "error": {"what": "unspecified", "details": [{"message": text}]}}
        assert answers.is_absent(told, "bob")
        assert not answers.is_absent(told, "bo")
        assert not answers.is_absent(told, "eve")
    assert not answers.is_absent({"error": {"details": "bob"}}, "bob")
    assert not answers.is_absent(None, "bob")


def test_an_account() -> None:
    auth: dict[str, Any] = {"threshold": 1, "keys": [], "accounts": [{}], "waits": []}
    members: dict[str, Any] = {
        "account_name": "bob",
        "head_block_num": 7,
        "created": "2018-06-28T08:39:57.000",
        "permissions": [{"perm_name": "owner", "parent": "", "required_auth": auth}],
        "refund_request": {"cpu_amount": "1.0000 EOS", "net_amount": "0.0000 EOS"},
    }
    found = answers.account(members, "bob")
    assert found.permissions == [answers.Permission("owner", 1, [], True)]  # noqa: FBT003
    assert found.apart == "1.0000 EOS and 0.0000 EOS on the way back from staking"
    harms: tuple[dict[str, Any], ...] = (
        {"account_name": "eve"}, {"permissions": None}, {"refund_request": []},
        {"refund_request": {"cpu_amount": "1 coin", "net_amount": ""}},
        {"permissions": [{"perm_name": "owner", "required_auth": auth | {"threshold": 0}}]},
    )  # fmt: skip
    for harm in harms:
        with pytest.raises(MalformedAnswer):
            answers.account(members | harm, "bob")


def test_one_balance_at_most() -> None:
    assert answers.present_balance([], COIN) == 0
    assert answers.present_balance(["1.0000 EOS"], COIN) == 10_000
    with pytest.raises(MalformedAnswer):
        answers.present_balance(["1.0000 EOS", "1.0000 EOS"], COIN)


def test_an_index_that_does_not_say_how_far_it_reaches() -> None:
    with pytest.raises(MalformedAnswer, match="how far"):
        answers.whole_index({"health": [], "features": {"index_deltas": True}})
