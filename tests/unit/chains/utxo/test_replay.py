"""The rules of a replay, one broken at a time. Random chains are in test_electrum_source."""

from __future__ import annotations

import pytest

from chains.errors import UnresolvedReason as Reason
from chains.errors import WrongState
from chains.utxo.replay import Account, Unspent, balance, wanted, wanted_next
from chains.utxo.transactions import Outpoint, Transaction, parse
from tests.fakes.utxo_ledger import ANYONE, entry, key_hash_unlocking
from tests.fakes.utxo_scene import key, p2pkh

ME, OTHER = p2pkh(1), p2pkh(2)
H = 10
START = ("ee" * 32, 0)
MINE = key_hash_unlocking(key(1), segwit=False)


def made(*entries: object) -> dict[str, Transaction]:
    found = [parse(one.raw) for one in entries]  # type: ignore[attr-defined]
    return {one.txid: one for one in found}


FUND = entry([START], [(100, ME), (7, OTHER)])
SPEND = entry([(FUND.txid, 0)], [(60, OTHER), (30, ME)], unlocking=[MINE])


def coin(txid: str, vout: int, height: int, value: int) -> Unspent:
    return Unspent(Outpoint(txid, vout), height, value)


def account(history: dict[str, int], *unspent: Unspent) -> Account:
    return Account(ME, history, unspent)


@pytest.mark.parametrize(
    ("fund", "spend", "expected"),
    [
        (9, 10, 30),  # the block at H is part of the snapshot
        (10, 11, 100),
        (11, 12, 0),
        (10, 10, 30),
        (10, 0, 100),  # a spender in no block yet came later
        (0, 0, 0),
    ],
)
def test_a_coin_counts_from_its_block_until_it_is_spent(
    fund: int, spend: int, expected: int
) -> None:
    held = account({FUND.txid: fund, SPEND.txid: spend}, coin(SPEND.txid, 1, spend, 30))
    assert balance(held, made(FUND, SPEND), H) == expected


def test_nothing_is_nothing() -> None:
    assert balance(account({}), {}, H) == 0


def test_first_wanted_are_later_ones_and_those_with_coins() -> None:
    history = {"a": 5, "b": 6, "c": 11, "d": 0}
    held = account(history, coin("a", 0, 5, 1))
    assert wanted(held, H, whole_up_to=3) == {"a", "c", "d"}
    assert wanted(held, H, whole_up_to=4) == set(history)


def test_next_wanted_is_what_later_ones_spend() -> None:
    held = account({FUND.txid: 9, SPEND.txid: 11})
    assert wanted_next(held, made(SPEND), H) == {FUND.txid}
    assert wanted_next(held, made(FUND, SPEND), H) == set()
    # Outside the history too, because the input shows the key.
    assert wanted_next(account({SPEND.txid: 11}), made(SPEND), H) == {FUND.txid}


def refused(held: Account, known: dict[str, Transaction]) -> WrongState:
    with pytest.raises(WrongState) as caught:
        balance(held, known, H)
    return caught.value


def test_an_unspent_output_outside_the_history() -> None:
    error = refused(account({}, coin(FUND.txid, 0, 9, 100)), made(FUND))
    assert error.reason is Reason.MISSING_ANSWER


@pytest.mark.parametrize(
    "wrong",
    [
        coin(FUND.txid, 0, 8, 100),
        coin(FUND.txid, 0, 9, 101),
        coin(FUND.txid, 1, 9, 7),
        coin(FUND.txid, 2, 9, 100),
    ],
)
def test_an_unspent_output_with_a_height_value_or_owner_of_its_own(wrong: Unspent) -> None:
    assert refused(account({FUND.txid: 9}, wrong), made(FUND)).reason is Reason.WRONG_STATE


def test_an_unspent_output_twice() -> None:
    twice = [coin(FUND.txid, 0, 9, 100)] * 2
    assert "twice" in str(refused(account({FUND.txid: 9}, *twice), made(FUND)))


def test_a_coin_that_is_unspent_and_spent() -> None:
    held = account(
        {FUND.txid: 9, SPEND.txid: 11}, coin(FUND.txid, 0, 9, 100), coin(SPEND.txid, 1, 11, 30)
    )
    assert "at once" in str(refused(held, made(FUND, SPEND)))


def test_a_coin_that_is_neither() -> None:
    error = refused(account({FUND.txid: 9}), made(FUND))
    assert error.reason is Reason.MISSING_ANSWER
    # With a history that was not fetched whole, its spender can be one of the others...
    others = {FUND.txid: 9, "ab" * 32: 10}
    assert balance(account(others), made(FUND), H) == 0
    # ... but not for a coin that came later than the snapshot.
    assert refused(account(others | {FUND.txid: 11}), made(FUND)).reason is Reason.MISSING_ANSWER


def test_a_coin_spent_before_it_was_created() -> None:
    held = account({FUND.txid: 12, SPEND.txid: 11}, coin(SPEND.txid, 1, 11, 30))
    assert "before it was created" in str(refused(held, made(FUND, SPEND)))


def test_a_coin_spent_twice() -> None:
    again = entry([(FUND.txid, 0)], [(99, OTHER)], unlocking=[MINE])
    held = account({FUND.txid: 9, SPEND.txid: 10, again.txid: 11}, coin(SPEND.txid, 1, 10, 30))
    assert "spent twice" in str(refused(held, made(FUND, SPEND, again)))


def test_a_transaction_that_does_not_touch_the_address() -> None:
    stranger = entry([START], [(5, OTHER)])
    assert refused(account({stranger.txid: 11}), made(stranger)).reason is Reason.MISSING_ANSWER


def test_a_spent_coin_outside_the_history_is_betrayed_by_its_spender() -> None:
    held = account({SPEND.txid: 11}, coin(SPEND.txid, 1, 11, 30))
    assert refused(held, made(FUND, SPEND)).reason is Reason.MISSING_ANSWER


def test_an_input_that_shows_the_key_without_need_is_no_betrayal() -> None:
    bait = entry([START], [(9, ANYONE)])
    spend = entry([(bait.txid, 0)], [(3, ME)], unlocking=[MINE])
    held = account({spend.txid: 9}, coin(spend.txid, 0, 9, 3))
    assert balance(held, made(bait, spend), H) == 3


def test_a_later_transaction_whose_source_was_not_fetched_is_our_own_mistake() -> None:
    held = account({FUND.txid: 9, SPEND.txid: 11}, coin(SPEND.txid, 1, 11, 30))
    with pytest.raises(ValueError, match="was not fetched"):
        balance(held, made(SPEND), H)
