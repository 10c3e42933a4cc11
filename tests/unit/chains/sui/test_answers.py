from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import Incapable, MalformedAnswer, ProviderError, WrongState
from chains.sui.addresses import encode
from chains.sui.answers import (
    Checkpoint,
    Span,
    balances,
    checkpoint,
    coin_type,
    goes_on,
    page,
    span,
    staked,
    summed,
)
from tests.fakes.sui_ledger import named

A, B = named("a"), named("b")
COIN = coin_type("0x2::sui::SUI")
AT = Checkpoint(7, "d", 0)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["checkpoint", "sequenceNumber", "digest", "query", "nodes", "pageInfo"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
END = {"hasNextPage": False, "endCursor": None}


def change(account: bytes = A, amount: object = "5", coin: str = COIN) -> dict[str, object]:
    return {"owner": {"address": encode(account)}, "coinType": {"repr": coin}, "amount": amount}


def transaction(at: int = 7, digest: str = "x") -> dict[str, object]:
    changes = {"pageInfo": END, "nodes": [change(), change(B), change(amount="-2")]}
    effects = {"checkpoint": {"sequenceNumber": at}, "balanceChanges": changes}
    return {"digest": digest, "effects": effects}


def scoped(*members: object, **head: object) -> dict[str, object]:
    query = {"multiGetAddresses": list(members)}
    return {"checkpoint": {"sequenceNumber": 7, "digest": "d", "query": query} | head}


def held(account: bytes = A, coin: str = COIN, total: object = str(2**64 - 1)) -> dict[str, object]:
    told = {"coinType": {"repr": coin}, "totalBalance": total}
    return {"address": encode(account), "balance": told}


@given(JSON)
def test_whatever_is_answered_is_a_value_or_a_providers_error(value: object) -> None:
    for take in (
        checkpoint,
        lambda one: span(one, "checkpoint"),
        lambda one: page(one, A, COIN, 0, 9),
        lambda one: goes_on(one if isinstance(one, dict) else {}),
        lambda one: balances(one if isinstance(one, dict) else {}, [A], COIN, AT),
        lambda one: staked(one if isinstance(one, dict) else {}, [A], AT),
    ):
        try:
            take(value)
        except ProviderError:
            continue


def test_coin_types_are_compared_written_out() -> None:
    assert coin_type("0x2::sui::SUI") == f"0x{2:064x}::sui::SUI"
    assert coin_type(COIN) == COIN
    assert coin_type("0xa::b::C<0x2::sui::SUI>") == f"0x{10:064x}::b::C<{COIN}>"


def test_a_checkpoint_has_a_time_with_a_zone() -> None:
    told = {"sequenceNumber": 7, "digest": "d", "timestamp": "2023-11-14T22:13:20.123Z"}
    assert checkpoint({"checkpoint": told}) == (7, "d", 1_700_000_000)
    for wrong in ("2023-11-14T22:13:20", "soon", 7):
        with pytest.raises(MalformedAnswer):
            checkpoint({"checkpoint": told | {"timestamp": wrong}})
    with pytest.raises(Incapable):
        checkpoint({"checkpoint": None})


def test_ranges() -> None:
    ends = {"first": {"sequenceNumber": 3}, "last": {"sequenceNumber": 9}}
    assert span({"a": ends}, "a") == Span(3, 9)
    assert span({"a": None}, "a") is span({}, "a") is span({"a": {"first": None}}, "a") is None
    with pytest.raises(MalformedAnswer):
        span({"a": ends | {"first": {"sequenceNumber": 10}}}, "a")


def test_balances_are_of_the_accounts_the_coin_and_the_checkpoint_that_were_asked() -> None:
    assert balances(scoped(held(), held(B, total="0")), [A, B], COIN, AT) == [2**64 - 1, 0]
    assert balances(scoped(held(), sequenceNumber="7"), [A], COIN, AT) == [2**64 - 1]
    for data, kind in (
        (scoped(held(), sequenceNumber=8), WrongState),
        (scoped(held(), digest="e"), WrongState),
        (scoped(held(coin="0x3::x::X")), WrongState),
        (scoped(held(B)), MalformedAnswer),
        (scoped(), MalformedAnswer),
        (scoped(held(total=1.5)), MalformedAnswer),
        (scoped(held() | {"balance": None}), Incapable),
    ):
        with pytest.raises(kind):
            balances(data, [A], COIN, AT)


def test_staked_objects_are_summed_when_they_are_all_there() -> None:
    nodes = [{"contents": {"json": {"principal": one}}} for one in ("5", {"value": "6"})]
    member = {"address": encode(A), "objects": {"pageInfo": END, "nodes": nodes}}
    assert staked(scoped(member), [A], AT) == [11]
    cut = {"pageInfo": {"hasNextPage": True, "endCursor": "c"}, "nodes": nodes}
    assert staked(scoped(member | {"objects": cut}), [A], AT) == [None]


def test_a_page_of_transactions() -> None:
    listed = {"pageInfo": {"hasNextPage": True, "endCursor": "c"}, "nodes": [transaction()]}
    assert page(listed, A, COIN, 6, 7) == ((("x", 3, ""),), "c")
    for after, until in ((7, 9), (5, 6)):
        with pytest.raises(WrongState):
            page(listed, A, COIN, after, until)
    with pytest.raises(MalformedAnswer):
        page(listed | {"nodes": [transaction(), transaction()]}, A, COIN, 6, 7)


def test_only_the_accounts_own_changes_of_the_coin_count() -> None:
    nodes = [change(), change(B), change(coin="0x3::x::X"), change() | {"owner": None}]
    assert summed({"nodes": nodes}, A, COIN) == 5
    with pytest.raises(MalformedAnswer):
        summed({"nodes": [change(amount=1.5)]}, A, COIN)


def test_a_page_says_whether_it_goes_on() -> None:
    assert goes_on({"pageInfo": END}) == ""
    assert goes_on({"pageInfo": {"hasNextPage": True, "endCursor": "c"}}) == "c"
    for wrong in ({"hasNextPage": True, "endCursor": None}, {}, {"hasNextPage": 1}):
        with pytest.raises(MalformedAnswer):
            goes_on({"pageInfo": wrong})
