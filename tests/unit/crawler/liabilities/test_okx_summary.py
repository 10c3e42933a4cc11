from __future__ import annotations

import html
import json

import pytest

from crawler.liabilities.interface import LiabilitiesError, Outcome, Request
from crawler.liabilities.okx_summary import OkxSummary, find_info, total_of
from crawler.models import Amount
from tests.unit.crawler.liabilities.files import held, outcome, refuses, totals, wrong
from tests.unit.crawler.lists_of_ours import published, row
from tests.vectors.liability_proofs import mutations

SYSTEM = OkxSummary()
NOTHING = Request()
LIMBS = [1, 2**63, 3, 2**64 - 1]
ROOT = b"".join(limb.to_bytes(8, "little") for limb in LIMBS).hex()
INFO: dict[str, object] = {
    "auditId": 508787475,
    "merkleHash": ROOT,
    "createTime": 1700000000000,
    "typeNum": 2,
    "capitalRatio": {"BTC": "1.05", "ETH": "1.5"},
    "liabilityBalances": {"BTC": "100", "ETH": "20"},
    "reserveBalances": {"BTC": "105", "ETH": "30"},
    "exchangeReserveBalances": {"BTC": "101.5", "ETH": "30"},
    "custodyReserveBalances": {"BTC": "3.5"},
    "liabilityCurrencies": ["BTC", "ETH"],
    "reserveCurrencies": ["BTC", "ETH"],
}
STATE = {"appContext": {"initialProps": {"App": {"auditRootInfo": INFO}}}}
PAGE = f'<html><script id="appState" type="x">{json.dumps(STATE)}</script></html>'
PROOF = {"proof": {"public_inputs": [9, 1, *LIMBS]}}
SUMMARY = ("BTC,100,101.5", "ETH(ALL),,30", "ETH,100,20", "ETH-ARBITRUM,5,10")


@pytest.mark.parametrize(
    "page",
    [INFO, {"auditRootInfo": INFO}, STATE, PAGE, html.escape(PAGE)],
    ids=["info", "member", "state", "page", "escaped"],
)
def test_the_figures_are_found_wherever_they_stand(page: object) -> None:
    file = held(page)
    if not isinstance(page, str) or page.startswith("<"):
        assert SYSTEM.recognises([file])
    result = SYSTEM.verify([file], NOTHING)
    assert result.exit_code == 0
    assert result.root == ROOT
    assert totals(result) == {"BTC": "100", "ETH": "20"}


def test_the_root_is_that_of_the_zk_proof_or_not() -> None:
    assert SYSTEM.verify([held(INFO), held(PROOF)], NOTHING).exit_code == 0
    assert SYSTEM.verify([held(INFO), held({"root_hash": ROOT})], NOTHING).exit_code == 0
    other = {"proof": {"public_inputs": [9, 1, 1, 2, 3, 4]}}
    assert wrong(SYSTEM.verify([held(INFO), held(other)], NOTHING)) == ["zk root"]
    with pytest.raises(LiabilitiesError):
        SYSTEM.verify([held(INFO), held({"proof": {"public_inputs": [1]}})], NOTHING)


def test_the_exchanges_own_reserves_are_the_totals_of_the_list_or_not() -> None:
    whole = published([row(1, "1")], SUMMARY).decode()
    staking = published([row(2, "1")]).decode()
    files = [held(INFO), held(whole, "por.csv"), held(staking, "staking.csv")]
    result = SYSTEM.verify(files, NOTHING)
    assert outcome(result, "wallet list") is Outcome.PASSED
    short = published([row(1, "1")], SUMMARY[1:]).decode()
    assert wrong(SYSTEM.verify([held(INFO), held(short)], NOTHING)) == ["wallet list"]
    less = published([row(1, "1")], ("BTC,100,101.4", *SUMMARY[1:])).decode()
    assert wrong(SYSTEM.verify([held(INFO), held(less)], NOTHING)) == ["wallet list"]
    assert SYSTEM.verify([held(INFO), held(staking)], NOTHING).exit_code == 3
    with pytest.raises(LiabilitiesError, match="neither a zk proof nor a wallet list"):
        SYSTEM.verify([held(INFO), held("a,b\n1,2\n")], NOTHING)


def test_totals_of_a_list_by_asset() -> None:
    totals = {"ETH(ALL)": Amount(30, 0), "ETH": Amount(20, 0), "USDT-TRC20": Amount(15, 1),
              "USDT(X)": Amount(5, 1), "USDTX": Amount(9, 0)}  # fmt: skip
    assert total_of("ETH", totals) == Amount(30, 0)
    assert total_of("usdt", totals) == Amount(2, 0)
    assert total_of("BTC", totals) is None


def test_no_changed_value_that_is_checked_is_taken() -> None:
    # What only describes the audit, and list order, is in no check.
    outside = ("auditId", "createTime", "typeNum", "reserveCurrencies")
    request = Request(root=ROOT)
    for place, changed in mutations(INFO, 300):
        if not place.startswith(outside):
            assert refuses(SYSTEM, changed, PROOF, request=request), place


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"capitalRatio": {"BTC": "1.07", "ETH": "1.5"}}, "ratios"),
        ({"custodyReserveBalances": {"BTC": "3"}}, "exchange + custody"),
    ],
)
def test_figures_that_do_not_agree_fail(change: dict[str, object], name: str) -> None:
    assert wrong(SYSTEM.verify([held({**INFO, **change})], NOTHING)) == [name]


def test_a_ratio_in_percent_holds_too() -> None:
    percent = {"BTC": "105", "ETH": "150.0"}
    assert SYSTEM.verify([held({**INFO, "capitalRatio": percent})], NOTHING).exit_code == 0


@pytest.mark.parametrize(
    "page",
    [
        "", "<html></html>", {"a": 1}, '<p>"auditRootInfo": {', {**INFO, "merkleHash": "ab"},
        {**INFO, "liabilityBalances": {}}, {**INFO, "liabilityBalances": {"BTC": "-1"}},
        {**INFO, "liabilityCurrencies": ["BTC"]}, {**INFO, "capitalRatio": {}},
        f'{{"auditRootInfo": {json.dumps(INFO)[:-1]}, "auditId": 1}}}}',
    ],
)  # fmt: skip
def test_what_is_no_page_is_unusable(page: object) -> None:
    with pytest.raises(LiabilitiesError):
        SYSTEM.verify([held(page)], NOTHING)


def test_no_customer_is_named() -> None:
    with pytest.raises(LiabilitiesError, match="name no customer"):
        SYSTEM.include([held(INFO)], NOTHING)
    with pytest.raises(LiabilitiesError, match="name no customer"):
        SYSTEM.find(held(INFO), "x", NOTHING)


def test_without_the_other_files_nothing_is_compared_with_them() -> None:
    result = SYSTEM.verify([held(INFO)], NOTHING)
    assert outcome(result, "zk root") is outcome(result, "wallet list") is Outcome.NOT_POSSIBLE
    info = find_info(json.dumps(INFO).encode(), "x")
    assert info.member("typeNum").integer(2, 2) == 2
