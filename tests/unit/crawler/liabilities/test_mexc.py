from __future__ import annotations

import json

import pytest

from crawler.liabilities.interface import LiabilitiesError, Request
from crawler.liabilities.mexc import Mexc
from tests.unit.crawler.liabilities.files import held, refuses, wrong
from tests.vectors.liability_proofs import FOLDER, mutations
from tests.vectors.liability_proofs import mexc as made

SYSTEM = Mexc()
EXAMPLE = json.loads((FOLDER / "mexc.json").read_text("utf-8"))
OUTSIDE = ("pathList/0/level",)
"""In the example the first sibling is empty: which level it leaves empty makes no difference."""


def test_mexcs_own_example_holds() -> None:
    file = held(EXAMPLE)
    assert SYSTEM.recognises([file])
    result = SYSTEM.verify([file], Request())
    assert result.exit_code == 0
    assert result.totals["ETH"].text() == "5001729.74"


def test_siblings_on_both_sides_and_a_missing_level() -> None:
    result = SYSTEM.verify([held(made(6))], Request())
    assert result.exit_code == 0
    assert [step.sibling_side for step in result.path] == ["left", "", "right", ""]


def test_no_changed_value_is_taken() -> None:
    for place, changed in mutations(EXAMPLE, 300):
        if place not in OUTSIDE:
            assert refuses(SYSTEM, changed), place
    for place, changed in mutations(made(6), 300):
        assert refuses(SYSTEM, changed), place


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (0, {"hash": "", "balances": {"BTC": "1"}}),
        (0, {"type": 3}),
        (0, {"level": 3}),
        (0, {"balances": {"BTC": "-1"}}),
        (-1, {"type": 1}),
        (-1, {"hash": ""}),
        (-1, {"level": 0}),
        (-1, {"level": 65}),
    ],
)
def test_what_is_not_of_the_form_is_unusable(place: int, change: dict[str, object]) -> None:
    proof = json.loads(json.dumps(made(6)))
    proof["pathList"][place].update(change)
    with pytest.raises(LiabilitiesError):
        SYSTEM.verify([held(proof)], Request())


def test_both_nodes_may_not_claim_one_side() -> None:
    proof = json.loads(json.dumps(made(6)))
    proof["self"]["type"] = 1
    assert "sides" in wrong(SYSTEM.verify([held(proof)], Request()))
