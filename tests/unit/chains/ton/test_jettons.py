from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.ton import jettons
from chains.ton.cells import Cell, Slice, root
from tests.fakes import ton_cells
from tests.fakes.ton_api import CODE, LIBRARY, MASTER, Jetton, account
from tests.fakes.ton_cells import Bits

TEP74 = Jetton(status="", code=CODE, keeps_code=True)
GOVERNED = Jetton(status="0000")
OWNER, OTHER = account(1), account(2)
amounts = st.integers(0, 2**120 - 1)


def read(written: Bits) -> Cell:
    return root(ton_cells.bag(written))


@given(amounts, st.sampled_from([TEP74, GOVERNED, Jetton(status="0011")]))
def test_the_balance_in_both_forms(amount: int, jetton: Jetton) -> None:
    data = read(jetton.data(OWNER, amount))
    assert jettons.balance(data, OWNER, MASTER) == amount


@given(amounts)
def test_a_status_before_the_balance_is_no_zero(amount: int) -> None:
    """Read as TEP-74 first published it, the data of USDT's wallets begin with an amount of 0."""
    data = read(GOVERNED.data(OWNER, amount))
    assert Slice(data).coins() == 0
    assert jettons.balance(data, OWNER, MASTER) == amount


@given(amounts, st.sampled_from([TEP74, GOVERNED]))
def test_the_wallet_of_another_owner_or_jetton_is_refused(amount: int, jetton: Jetton) -> None:
    data = read(jetton.data(OWNER, amount))
    for owner, master in ((OTHER, MASTER), (OWNER, OTHER), (MASTER, OWNER)):
        with pytest.raises(MalformedAnswer, match="this owner"):
            jettons.balance(data, owner, master)


@given(st.text("01", max_size=700))
def test_any_data_give_a_balance_or_are_refused(text: str) -> None:
    with pytest.raises(MalformedAnswer):
        jettons.balance(read(Bits(text)), OWNER, MASTER)


@pytest.mark.parametrize(
    ("layout", "jetton"), list(zip(jettons.LAYOUTS, (TEP74, GOVERNED), strict=True))
)
def test_the_account_of_a_wallet(layout: jettons.Layout, jetton: Jetton) -> None:
    code = read(jetton.code).named
    assert jettons.wallet(layout, code, OWNER, MASTER) == jetton.wallet(OWNER)
    assert jettons.wallet(layout, code, OTHER, MASTER) == jetton.wallet(OTHER)
    assert jettons.wallet(layout, read(LIBRARY).named, OWNER, OTHER) != jetton.wallet(OWNER)
