from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.aptos.activities import (
    Activity,
    Holding,
    activity,
    holdings,
    indexed_block,
    only,
    page,
    replayed,
)
from chains.errors import Incapable, MalformedAnswer, WrongState

A, B = bytes(31) + b"\1", bytes(31) + b"\2"
LINE = {
    "transaction_version": 7, "event_index": 1, "owner_address": "0x1", "amount": 5,
    "gas_fee_payer_address": None, "type": "0x1::coin::DepositEvent", "is_gas_fee": False,
    "storage_refund_amount": 0,
}  # fmt: skip
FEE = {"is_gas_fee": True, "type": "0x1::aptos_coin::GasFeeEvent", "event_index": -1}
HELD = {"owner_address": "0x1", "amount": 5, "is_primary": True, "last_transaction_version": 7}


@pytest.mark.parametrize(
    ("change", "account", "amount"),
    [
        ({}, A, 5),
        ({"type": "0x1::fungible_asset::Deposit"}, A, 5),
        ({"type": "0x1::coin::WithdrawEvent"}, A, -5),
        ({"type": "0x1::fungible_asset::Withdraw"}, A, -5),
        ({"type": "0x1::fungible_asset::Frozen", "amount": None}, A, 0),
        (FEE, A, -5),
        (FEE | {"storage_refund_amount": 9}, A, 4),
        (FEE | {"gas_fee_payer_address": "0x2"}, B, -5),
    ],
)
def test_every_kind_of_change(change: dict[str, object], account: bytes, amount: int) -> None:
    found = activity(LINE | change)
    assert (found.account, found.change) == (account, amount)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "0x1::coin::Burn"}, {"amount": -5}, {"amount": 5.0}, {"amount": None},
        {"owner_address": None},
        {"owner_address": "x"}, {"event_index": None}, {"transaction_version": "x"}, {"type": 1},
    ],
)  # fmt: skip
def test_what_is_not_understood_is_malformed(change: dict[str, object]) -> None:
    with pytest.raises(MalformedAnswer):
        activity(LINE | change)


def test_pages_go_forward() -> None:
    later = LINE | {"transaction_version": 8}
    assert len(page([LINE, later], 2, None)) == 2
    first = activity(LINE)
    for lines, most, after in (
        ([later, LINE], 2, None), ([LINE, LINE], 2, None), ([LINE, later], 1, None),
        ([LINE], 2, first), ([LINE], 2, activity(later)),
    ):  # fmt: skip
        with pytest.raises(MalformedAnswer):
            page(lines, most, after)


def test_holdings_of_one_account_are_summed() -> None:
    more = HELD | {"amount": 2**63, "last_transaction_version": 9}
    assert holdings([HELD, more], 9) == {A: Holding(2**63 + 5, 9)}
    with pytest.raises(WrongState):
        holdings([more], 8)
    with pytest.raises(Incapable):
        holdings([HELD | {"is_primary": False}], 9)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(-5, 9)), max_size=12), st.integers(0, 20))
def test_a_past_that_adds_up_gives_every_balance(
    moves: list[tuple[int, int]], version: int
) -> None:
    changes = [Activity(at, place, A, amount) for place, (at, amount) in enumerate(moves)]
    noise = [Activity(3, 99, B, 7)]
    now = Holding(sum(amount for _, amount in moves), 20)
    truth = sum(amount for at, amount in moves if at <= version)
    if truth < 0:
        with pytest.raises(WrongState):
            replayed([*changes, *noise], A, now, version)
    else:
        assert replayed([*changes, *noise], A, now, version) == truth
    with pytest.raises(WrongState, match="add up"):
        replayed(changes, A, now._replace(amount=now.amount + 1), version)


def test_a_block_has_one_line_and_a_time() -> None:
    line = {"id": "0x" + "AB" * 32, "version": 50, "timestamp": "2023-11-14T22:13:20.5"}
    assert indexed_block([line]) == ("0x" + "ab" * 32, 1_700_000_000, 50)
    zoned = line | {"timestamp": "2023-11-14T22:13:20+00:00"}
    assert indexed_block([zoned]).time == 1_700_000_000
    with pytest.raises(Incapable):
        indexed_block([])
    for wrong in ({"timestamp": "soon"}, {"id": "0x1g"}, {"version": -1}):
        with pytest.raises(MalformedAnswer):
            indexed_block([line | wrong])


def test_a_list_of_one_line() -> None:
    assert only([{"a": "7"}], "a") == 7
    for wrong in ("[]", '[{"a":1},{"a":1}]', "[{}]"):
        with pytest.raises(MalformedAnswer):
            only(msgspec.json.decode(wrong), "a")
