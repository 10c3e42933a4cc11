from __future__ import annotations

import json

import pytest

from crawler.liabilities.coinex import CoinEx
from crawler.liabilities.interface import LiabilitiesError, Request
from tests.unit.crawler.liabilities.files import held, refuses
from tests.vectors.liability_proofs import FOLDER, coinex, mutations

SYSTEM = CoinEx()
EXAMPLE = json.loads((FOLDER / "coinex.json").read_text("utf-8"))


def test_coinexs_own_example_holds() -> None:
    file = held(EXAMPLE)
    assert SYSTEM.recognises([file])
    result = SYSTEM.verify([file], Request())
    assert result.exit_code == 0
    assert result.totals["CET"].text() == "14442925.91120209"


def test_siblings_on_both_sides_and_an_empty_level() -> None:
    result = SYSTEM.verify([held(coinex(7))], Request())
    assert result.exit_code == 0
    assert [step.sibling_side for step in result.path] == ["left", "", "right", ""]


def test_no_changed_value_is_taken() -> None:
    for document in (EXAMPLE, coinex(7)):
        for place, changed in mutations(document, 250):
            assert refuses(SYSTEM, changed), place


@pytest.mark.parametrize(
    "sibling",
    [
        {"balances": {}, "hash": "ab" * 32, "pos": "middle"},
        {"balances": {}, "hash": "ab", "pos": "left"},
        {"balances": {"BTC": "-1"}, "hash": "ab" * 32, "pos": "left"},
        {"hash": "ab" * 32, "pos": "left"},
        {"balances": {}, "hash": "ab" * 32, "pos": "left", "more": 1},
    ],
)
def test_what_is_not_of_the_form_is_unusable(sibling: object) -> None:
    proof = json.loads(json.dumps(coinex(7)))
    proof["path"][1] = sibling
    with pytest.raises(LiabilitiesError):
        SYSTEM.verify([held(proof)], Request())
