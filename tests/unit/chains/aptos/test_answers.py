from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import HoldingForm
from chains.aptos.answers import (
    AptosBlock,
    authentication_key,
    balance,
    block,
    ledger,
    require_form,
    resource,
)
from chains.errors import (
    Incapable,
    MalformedAnswer,
    ProviderError,
    RegistryError,
    WrongState,
)
from chains.errors import UnresolvedReason as Reason
from chains.transport.rest import RestAnswer

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error_code", "type", "data", "x"]), inner, max_size=3)
    ),
    max_leaves=9,
)
BLOCK = {
    "block_height": "5", "block_hash": "0xAB" + "0" * 62, "block_timestamp": "1700000000999999",
    "first_version": "50", "last_version": "59",
}  # fmt: skip


@given(JSON, st.sampled_from([200, 400, 404, 410]))
def test_whatever_is_answered_is_a_value_or_a_providers_error(value: object, status: int) -> None:
    answer = RestAnswer(status, value)
    for take in (
        block, balance, authentication_key,
        lambda one: resource(one, "x"),
        lambda one: ledger(one.value),
    ):  # fmt: skip
        try:
            take(answer)
        except ProviderError:
            continue


def test_a_balance_is_exact() -> None:
    assert balance(RestAnswer(200, 2**64 - 1)) == balance(RestAnswer(200, str(2**64 - 1)))
    with pytest.raises(MalformedAnswer):
        balance(RestAnswer(200, 1e3))


@pytest.mark.parametrize("code", ["account_not_found", "resource_not_found"])
def test_only_the_documented_answer_is_a_zero(code: str) -> None:
    assert balance(RestAnswer(404, {"error_code": code})) == 0
    with pytest.raises(MalformedAnswer):
        balance(RestAnswer(200, {"error_code": code}))


@pytest.mark.parametrize(
    ("status", "value", "reason"),
    [
        (410, {"error_code": "version_pruned"}, Reason.NO_STATE),
        (410, None, Reason.NO_STATE),
        (404, {"error_code": "version_not_found"}, Reason.NO_BLOCK),
        (404, {"error_code": "block_not_found"}, Reason.NO_BLOCK),
        (404, None, Reason.NO_METHOD),
        (404, {"error_code": 7}, Reason.NO_METHOD),
        (400, {"error_code": "invalid_input"}, Reason.CALL_FAILED),
    ],
)
def test_refusals_have_their_reasons(status: int, value: object, reason: Reason) -> None:
    for take in (balance, block, authentication_key):
        with pytest.raises(ProviderError) as caught:
            take(RestAnswer(status, value))
        assert caught.value.reason is reason


def test_a_block_in_microseconds() -> None:
    found = block(RestAnswer(200, BLOCK))
    assert found == AptosBlock(5, "0xab" + "0" * 62, 1_700_000_000, 50, 59)
    with pytest.raises(MalformedAnswer):
        block(RestAnswer(200, BLOCK | {"last_version": "49"}))


def test_a_resource_is_the_one_asked_for() -> None:
    assert resource(RestAnswer(200, {"type": "t", "data": {"a": "1"}}), "t") == {"a": "1"}
    with pytest.raises(WrongState):
        resource(RestAnswer(200, {"type": "u", "data": {}}), "t")
    with pytest.raises(Incapable):
        resource(RestAnswer(410, None), "t")


def test_the_registry_is_held_against_the_ledger() -> None:
    form = HoldingForm("USDT@aptos", "USDT", "aptos", "0x5", 6, ("USDt",))
    require_form(form, {"decimals": 6, "symbol": "USDt"})
    for fields in ({"decimals": 7, "symbol": "USDt"}, {"decimals": 6, "symbol": "X"}):
        with pytest.raises(RegistryError, match="USDT@aptos"):
            require_form(form, fields)
