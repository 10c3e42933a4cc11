from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.generic import Generic, read_amounts
from crawler.liabilities.interface import Grade, HeldFile, LiabilitiesError, Request
from tests.unit.crawler.liabilities.files import held, totals, wrong

SYSTEM = Generic()
FORMS = (
    "asset,amount\nBTC,12.50\nETH,3\n",
    "\ufeffCoin, x ,Liabilities\r\nBTC,?,12.5\r\n\r\nETH,?,3\r\n",
    {"BTC": "12.5", "ETH": 3},
    {"liabilities": {"BTC": "12.5", "ETH": "3"}},
    [{"asset": "BTC", "amount": "12.5"}, {"Symbol": "ETH", "Total": "3"}],
)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same(form: object) -> None:
    assert SYSTEM.recognises([held(form)])
    result = SYSTEM.verify([held(form)], Request())
    assert (result.exit_code, result.grade) == (0, Grade.CLAIMED)
    assert totals(result) == {"BTC": "12.5", "ETH": "3"}


@pytest.mark.parametrize(
    "form",
    [
        "", "asset\nBTC\n", "asset,amount\n", "asset,amount\nBTC,-1\n", "asset,amount\nBTC,1e3\n",
        "asset,amount\nBTC,1\nBTC,2\n", "asset,amount\nBTC,NaN\n", "asset,amount\nBTC,1,2\n",
        "asset,amount\n=1+1,2\n", {"BTC": -1}, {"BTC": True}, {"BTC": None}, {}, [], [{"asset": 1}],
        '{"BTC":"1","BTC":"2"}', '{"BTC":1e3}',
    ],
)  # fmt: skip
def test_what_is_refused(form: object) -> None:
    assert not SYSTEM.recognises([held(form)])
    with pytest.raises(LiabilitiesError):
        SYSTEM.verify([held(form)], Request())


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        assert read_amounts(HeldFile("x", data))
    except LiabilitiesError:
        return


def test_an_asset_is_found_or_not() -> None:
    assert SYSTEM.find(held(FORMS[0]), "BTC", Request()).found == (("BTC", "12.5"),)
    assert wrong(SYSTEM.find(held(FORMS[0]), "XRP", Request())) == ["found"]
    with pytest.raises(LiabilitiesError, match="names no customer"):
        SYSTEM.include([held(FORMS[0])], Request())
