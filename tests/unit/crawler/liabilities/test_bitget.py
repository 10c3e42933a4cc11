from __future__ import annotations

import json

import pytest

from crawler.liabilities.bitget import Bitget, short_hash
from crawler.liabilities.interface import LiabilitiesError, Outcome, Request
from crawler.liabilities.sums import json_of
from tests.unit.crawler.liabilities.files import held, outcome, refuses, wrong
from tests.vectors.liability_proofs import bitget, mutations

SYSTEM = Bitget()
OUTSIDE = ("auditId",)

PUBLISHED_COINS = (
    "BTC USDT ETH LTC LINK XRP USDC DOGE BNB SOL ADA BGB NEAR XAUT TAO SUI ONDO HYPE PI USDGO"
)


def test_the_leaf_of_bitgets_own_example() -> None:
    # github.com/BitgetLimited/proof-of-reserves, merkel_tree_bg.json (audit Au2026090315)
    balances = dict.fromkeys(PUBLISHED_COINS.split(), "0")
    balances |= {"USDT": "294.37387598", "XAUT": "0.0017967"}
    user = "0c54910746363be19d62717463d4bdb6c220747111bc733f036081bc64fa6dcf"
    nonce = "8dea4b739ae53d3022b1ca446798f203bc3795d5d8e4aa58832f2c232d537495"
    assert short_hash(f"{user},{nonce},{json_of(balances)}") == "d2b2b4a40a675e24"


@pytest.mark.parametrize("quoted", [True, False])
def test_amounts_with_and_without_quotes_hold(quoted: bool) -> None:
    file = held(bitget(5, quoted=quoted))
    assert SYSTEM.recognises([file])
    result = SYSTEM.verify([file], Request())
    assert result.exit_code == 0
    assert result.facts == (("amounts hashed", "in quotes" if quoted else "without quotes"),)


def test_no_changed_value_is_taken() -> None:
    for place, changed in mutations(json.loads(bitget(5)), 400):
        if not place.endswith(OUTSIDE):
            assert refuses(SYSTEM, changed), place


def test_negative_balances_beside_the_path_are_said_to_be_there() -> None:
    result = SYSTEM.verify([held(bitget(5, negative=True))], Request())
    assert outcome(result, "negative balances") is Outcome.NOT_POSSIBLE
    assert result.exit_code == 0
    plain = SYSTEM.verify([held(bitget(5))], Request())
    assert outcome(plain, "negative balances") is Outcome.PASSED


def test_an_empty_node_must_repeat_its_neighbour() -> None:
    proof = json.loads(bitget(5))
    proof["path"][0]["merkelLeaf"] = "0" * 16
    assert "padding at level 3" in wrong(SYSTEM.verify([held(proof)], Request()))


@pytest.mark.parametrize("role", [1, 2])
def test_a_node_that_repeats_its_neighbour_is_an_empty_one(role: int) -> None:
    proof = json.loads(bitget(5))
    assert proof["path"][0]["role"] == 0
    proof["path"][0]["role"] = role
    assert "padding at level 3" in wrong(SYSTEM.verify([held(proof)], Request()))


@pytest.mark.parametrize("amount", ["NaN", "1e3", "-0", "0.123456789", True, None])
def test_what_is_no_balance_is_unusable(amount: object) -> None:
    proof = json.loads(bitget(5))
    proof["path"][1]["balances"]["BTC"] = amount
    with pytest.raises(LiabilitiesError):
        SYSTEM.verify([held(proof)], Request())


def test_coins_must_stand_in_one_order() -> None:
    proof = json.loads(bitget(5))
    balances = proof["path"][1]["balances"]
    proof["path"][1]["balances"] = dict(reversed(balances.items()))
    with pytest.raises(LiabilitiesError, match="same order"):
        SYSTEM.verify([held(proof)], Request())
