from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import Incapable, MalformedAnswer, ProviderError, WrongState
from chains.solana.answers import (
    Entry,
    Transaction,
    accounts,
    block_head,
    block_signatures,
    context,
    held,
    history,
    known,
    lamports,
    slots,
    tokens,
    transaction,
    written_by,
)

ENTRY = Entry("s", 7)
ACCOUNT = {"lamports": 2**63 + 1, "owner": "p", "data": ["AAE=", "base64"]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["slot", "value", "context", "meta", "transaction", "lamports", "data"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_is_answered_is_a_value_or_a_providers_error(value: object) -> None:
    for take in (
        block_head, block_signatures, slots, context, known, held,
        lambda one: accounts(one, 1),
        lambda one: history(one, 10),
        lambda one: transaction(one, ENTRY),
        lambda one: written_by(one, 3),
    ):  # fmt: skip
        try:
            take(value)
        except ProviderError:
            continue


def test_accounts_are_exact_and_as_many_as_asked() -> None:
    answer = {"context": {"slot": 9}, "value": [ACCOUNT, None]}
    assert accounts(answer, 2) == (9, [(2**63 + 1, "p", b"\0\1"), None])
    with pytest.raises(MalformedAnswer, match="2 accounts answer a question about 3"):
        accounts(answer, 3)


@pytest.mark.parametrize(
    "change",
    [
        {"lamports": -1}, {"lamports": 1.0}, {"lamports": None}, {"owner": 7},
        {"data": ["AAE=", "base58"]}, {"data": ["*", "base64"]}, {"data": "AAE="},
    ],
)  # fmt: skip
def test_a_damaged_account_is_malformed(change: dict[str, object]) -> None:
    with pytest.raises(MalformedAnswer):
        known(ACCOUNT | change)


def test_an_account_comes_once_in_a_list() -> None:
    line = {"pubkey": "a", "account": ACCOUNT}
    assert held([line])[0][0] == "a"
    for wrong in ([line, line], [line | {"account": None}]):
        with pytest.raises(MalformedAnswer):
            held(wrong)


def test_an_old_account_was_written_before() -> None:
    written_by({"lastUpdatedAt": {"slot": 7}}, 7)
    with pytest.raises(WrongState):
        written_by({"lastUpdatedAt": {"slot": 8}}, 7)
    with pytest.raises(MalformedAnswer):
        written_by({}, 7)


def test_pages_are_in_order_and_not_too_long() -> None:
    page = [{"signature": "a", "slot": 9}, {"signature": "b", "slot": 9}]
    assert history(page, 2) == [("a", 9), ("b", 9)]
    for wrong, most in (
        (page, 1),
        ([*page, page[0]], 9),
        ([*page, {"signature": "c", "slot": 10}], 9),
    ):
        with pytest.raises(MalformedAnswer):
            history(wrong, most)


def test_slots_ascend() -> None:
    assert slots([1, 3]) == [1, 3]
    for wrong in ([3, 1], [1, 1]):
        with pytest.raises(MalformedAnswer):
            slots(wrong)


def told(**meta: object) -> dict[str, object]:
    return {
        "slot": 7,
        "transaction": {"signatures": ["s"], "message": {"accountKeys": ["a"]}},
        "meta": {
            "preBalances": [1, 2], "postBalances": [3, 4],
            "preTokenBalances": [], "postTokenBalances": [line(1)],
            "loadedAddresses": {"writable": [], "readonly": ["b"]},
        } | meta,
    }  # fmt: skip


def line(index: int) -> dict[str, object]:
    return {
        "accountIndex": index, "mint": "m", "owner": "o",
        "uiTokenAmount": {"amount": "18446744073709551615", "uiAmount": None},
    }  # fmt: skip


def test_keys_of_a_look_up_table_have_balances_too() -> None:
    found = transaction(told(), ENTRY)
    assert found is not None
    assert (lamports(found, "a"), lamports(found, "b")) == ((1, 3), (2, 4))
    assert tokens(found, "b", "m", "o") == (0, 2**64 - 1)
    assert tokens(found, "b", "m", "somebody") == tokens(found, "a", "m", "o") == (0, 0)
    for take in (lamports, lambda one, key: tokens(one, key, "m", "o")):
        with pytest.raises(MalformedAnswer):
            take(found, "c")


@pytest.mark.parametrize(
    "wrong",
    [
        {"preBalances": [1]}, {"postBalances": [1, 2, 3]}, {"postTokenBalances": [line(2)]},
        {"postTokenBalances": [line(1), line(1)]}, {"postBalances": [1, -2]},
        {"loadedAddresses": None},
    ],
)  # fmt: skip
def test_a_transaction_whose_parts_do_not_fit(wrong: dict[str, object]) -> None:
    with pytest.raises(MalformedAnswer):
        transaction(told(**wrong), ENTRY)


def test_another_transaction_than_the_one_asked_for() -> None:
    for entry in (Entry("t", 7), Entry("s", 8)):
        with pytest.raises(WrongState):
            transaction(told(), entry)
    assert transaction(None, ENTRY) is None
    assert transaction(told() | {"slot": str(ENTRY.slot)}, ENTRY) == transaction(told(), ENTRY)


def test_transactions_too_old_for_token_balances_say_nothing_of_them() -> None:
    found = transaction(told(preTokenBalances=None, postTokenBalances=None), ENTRY)
    assert isinstance(found, Transaction)
    with pytest.raises(Incapable):
        tokens(found, "a", "m", "o")


def test_transactions_too_old_for_owners_do_not_say_whose_tokens_they_move() -> None:
    old = line(1)
    del old["owner"]
    found = transaction(told(postTokenBalances=[old]), ENTRY)
    assert isinstance(found, Transaction)
    assert tokens(found, "a", "m", "o") == (0, 0)
    with pytest.raises(Incapable):
        tokens(found, "b", "m", "o")


def test_a_block_that_is_not_there() -> None:
    with pytest.raises(Incapable):
        block_head(None)
