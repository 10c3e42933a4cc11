from __future__ import annotations

import pytest

from crawler.liabilities.bybit import ORDER, RENAMED, Bybit, order_of
from crawler.liabilities.interface import LiabilitiesError, Request
from tests.unit.crawler.liabilities.files import held, refuses, wrong
from tests.vectors.liability_proofs import FIRST_BYBIT_COINS, bybit, bybit_example, mutations

SYSTEM = Bybit()
OUTSIDE = ("auditId", "nonce")
"""Members that no hash covers."""


def test_bybits_own_example_holds() -> None:
    file = held(bybit_example())
    assert SYSTEM.recognises([file])
    result = SYSTEM.verify([file], Request())
    assert result.exit_code == 0
    assert result.root == "8837e3a902aa996279fdc3d70e38e46cd18232dfb614c515a25ba34778eb1765"
    assert result.totals["BTC"].text() == "20.87525988"


@pytest.mark.parametrize(
    "coins",
    [
        FIRST_BYBIT_COINS,
        ("BTC", "ETH", "USDC", "USDT"),
        ("APT", "BTC", "ETH", "USDC", "USDT", "PEPE"),
    ],
)
def test_proofs_of_old_and_new_coins_hold(coins: tuple[str, ...]) -> None:
    assert SYSTEM.verify([held(bybit(4, coins))], Request()).exit_code == 0


def test_no_changed_value_is_taken() -> None:
    for document in (bybit(4), bybit_example(), bybit(4, FIRST_BYBIT_COINS)):
        for place, changed in mutations(document, 250):
            if not place.endswith(OUTSIDE):
                assert refuses(SYSTEM, changed), place


def test_coins_are_ordered_by_the_table_and_unknown_ones_refused() -> None:
    assert order_of(frozenset({"SHRAP", "AGLA", "BTC"})) == ("AGLA", "BTC", "SHRAP")
    assert order_of(frozenset({"BTC", "XYZ"})) is None
    assert all(order_of(frozenset({"BTC", *pair})) is None for pair in RENAMED)
    assert len(set(ORDER)) == len(ORDER)


def test_amounts_are_written_in_full() -> None:
    proof = bybit(4)
    proof["self"]["balance"]["BTC"] = "1.5"  # type: ignore[index]
    with pytest.raises(LiabilitiesError, match="all its decimals"):
        SYSTEM.verify([held(proof)], Request())


def test_both_nodes_may_not_claim_one_side() -> None:
    proof = bybit(4)
    proof["self"]["type"] = 1  # type: ignore[index]
    assert "sides" in wrong(SYSTEM.verify([held(proof)], Request()))


@pytest.mark.parametrize("kind", [2, 4])
def test_padding_repeats_its_neighbour_on_the_right(kind: int) -> None:
    result = SYSTEM.verify([held(bybit(4, padding=kind))], Request())
    assert result.exit_code == 0


@pytest.mark.parametrize("change", [{"type": 1}, {"hash": "0" * 64}])
def test_padding_that_is_none_is_said_to_be_wrong(change: dict[str, object]) -> None:
    proof = bybit(4, padding=4)
    proof["path"][0].update(change)  # type: ignore[index]
    assert "padding at height 1" in wrong(SYSTEM.verify([held(proof)], Request()))


def test_padding_has_no_balance() -> None:
    proof = bybit(4, padding=4)
    proof["path"][0]["balance"]["BTC"] = "1.00000000"  # type: ignore[index]
    assert "padding at height 1" in wrong(SYSTEM.verify([held(proof)], Request()))
    proof["path"][0]["type"] = 2  # type: ignore[index]
    assert "padding at height 1" in wrong(SYSTEM.verify([held(proof)], Request()))
