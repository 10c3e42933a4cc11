from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.algorand.answers import change, is_keyreg
from chains.errors import MalformedAnswer, ProviderError

A, B, C = "A", "B", "C"
ASSET = 7


def pay(sender: str, receiver: str, amount: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    part = {"receiver": receiver, "amount": amount} | more
    return {"tx-type": "pay", "sender": sender, "fee": 10, "payment-transaction": part}


def transfer(by: str, receiver: str, amount: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    part = {"receiver": receiver, "amount": amount, "asset-id": ASSET} | more
    return {"tx-type": "axfer", "sender": by, "fee": 10, "asset-transfer-transaction": part}


CLOSING = {"close-remainder-to": C, "close-amount": 30}
CLAWED = {"sender": B, "close-to": C, "close-amount": 4}


@pytest.mark.parametrize(
    ("made", "asset", "changes"),
    [
        (pay(A, B, 100), None, {A: -110, B: 100, C: 0}),
        (pay(A, A, 100), None, {A: -10}),
        (pay(A, B, 100, **CLOSING), None, {A: -140, B: 100, C: 30}),
        (pay(A, B, 100), ASSET, {A: 0, B: 0}),
        (transfer(A, B, 5), ASSET, {A: -5, B: 5}),
        (transfer(A, B, 5), None, {A: -10, B: 0}),
        (transfer(A, B, 5), ASSET + 1, {A: 0, B: 0}),
        (transfer(A, A, 5, **CLAWED), ASSET, {A: 5, B: -9, C: 4}),
        ({"tx-type": "keyreg", "sender": A, "fee": 10}, None, {A: -10, B: 0}),
        ({"tx-type": "appl", "sender": A, "fee": 20,
          "inner-txns": [pay(B, C, 3) | {"fee": 0}, transfer(B, C, 8)]},
         None, {A: -20, B: -13, C: 3}),
    ],
)  # fmt: skip
def test_what_transactions_move(
    made: dict[str, Any], asset: int | None, changes: dict[str, int]
) -> None:
    assert {one: change(made, one, asset) for one in changes} == changes


@given(amount=st.integers(0, 2**64), rest=st.integers(0, 2**64), asset=st.booleans())
def test_nothing_is_made_or_lost_but_the_fee(amount: int, rest: int, asset: bool) -> None:
    made = (
        transfer(A, B, amount, **{"close-to": C, "close-amount": rest})
        if asset
        else pay(A, B, amount, **{"close-remainder-to": C, "close-amount": rest})
    )
    total = sum(change(made, one, ASSET if asset else None) for one in (A, B, C))
    assert total == (0 if asset else -10)


def test_an_asset_that_was_made_or_destroyed_has_no_past() -> None:
    made = {"tx-type": "acfg", "sender": A, "fee": 10, "asset-config-transaction": {}}
    assert change(made, A, None) == -10
    assert change(made | {"created-asset-index": ASSET + 1}, A, ASSET) == 0
    for more in (
        {"created-asset-index": ASSET},
        {"asset-config-transaction": {"asset-id": ASSET}},
    ):
        with pytest.raises(ProviderError):
            change(made | more, A, ASSET)


def test_endless_nesting_is_refused() -> None:
    made = pay(A, B, 1)
    for _ in range(20):
        made = {"tx-type": "appl", "sender": A, "fee": 0, "inner-txns": [made]}
    with pytest.raises(MalformedAnswer):
        change(made, A, None)


def test_registrations_inside_calls_are_seen() -> None:
    inner = {"tx-type": "keyreg", "sender": A}
    assert is_keyreg(inner)
    assert is_keyreg({"tx-type": "appl", "inner-txns": [inner]})
    assert not is_keyreg(pay(A, B, 1))
