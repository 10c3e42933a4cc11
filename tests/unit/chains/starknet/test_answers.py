from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import CallReverted, ChainsError, Incapable, MalformedAnswer, ProviderError
from chains.starknet.answers import NoContractError, amount, classify, header, number, symbol
from chains.starknet.curve import P
from chains.transport.json_rpc import RpcError


@pytest.mark.parametrize(
    ("code", "kind"),
    [(20, NoContractError), (21, CallReverted), (40, CallReverted), (24, Incapable),
     (-32601, Incapable), (-32603, ProviderError)],
)  # fmt: skip
def test_what_refusals_mean(code: int, kind: type[ChainsError]) -> None:
    assert type(classify(RpcError(code, "no"))) is kind


@given(st.integers(0, 2**256 - 1))
def test_a_balance_is_two_words(value: int) -> None:
    assert amount([hex(value & (1 << 128) - 1), hex(value >> 128)]) == value


@pytest.mark.parametrize(
    "value",
    [[], ["0x1"], ["0x1", "0x0", "0x0"], [hex(1 << 128), "0x0"], ["1", "0x0"], [1, 0], "0x1", None],
)
def test_anything_else_is_no_balance(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        amount(value)


@pytest.mark.parametrize("value", [hex(P), "0x" + "f" * 64, "0x", "12", -1, None])
def test_a_field_element_is_below_the_field(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        number(value)


@pytest.mark.parametrize(
    "value", [["0x1", "0x2"], ["0x1", "0x2", "0x3", "0x4"], ["0x0", "0x1", "0x20"]]
)
def test_a_symbol_of_an_unknown_form(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        symbol(value)


def test_a_block_that_is_not_accepted_is_not_there_yet() -> None:
    with pytest.raises(Incapable):
        header({"status": "PRE_CONFIRMED", "block_number": 1})
