from __future__ import annotations

import pytest

from crawler.liabilities import binance
from crawler.liabilities import bn254_accounts as accounts
from crawler.liabilities.binance import FIELDS, SYSTEM, filled, leaf
from crawler.liabilities.interface import NOTHING_ADDED, Grade, LiabilitiesError, Outcome
from tests.unit.crawler.liabilities.bn254_prover import SparseTree, text
from tests.unit.crawler.liabilities.zk_documents import changed, changes, held

HOLDINGS = [(1, 70, 5, 1, 2, 3), (9, 8, 0, 0, 0, 0)]
ACCOUNT = accounts.Account(index=1, identity=109, equity=700, debt=50, root=0, path=())
LEAF = leaf(ACCOUNT, 60, filled(HOLDINGS, 4))
TREE = SparseTree([5, LEAF, 6], 0)
DOCUMENT = {
    "AccountIndex": 1,
    "AccountIdHash": accounts.hex_of(109),
    "TotalEquity": 700,
    "TotalDebt": 50,
    "TotalCollateral": 60,
    "Assets": [dict(zip(FIELDS, holding, strict=True)) for holding in HOLDINGS],
    "Root": accounts.hex_of(TREE.root),
    "Proof": [text(sibling) for sibling in TREE.path(1)],
}


@pytest.fixture(autouse=True)
def small_tiers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binance, "TIERS", (1, 4))


def test_a_customers_path_holds() -> None:
    result = SYSTEM.include([held("user.json", DOCUMENT)], NOTHING_ADDED)
    assert (result.exit_code, result.grade) == (0, Grade.CLAIMED)
    assert result.path[-1].node == result.root == accounts.hex_of(TREE.root)
    assert any("Only the customer's path" in sentence for sentence in result.scope)


def test_unused_assets_fill_up_a_tier_by_index() -> None:
    zeros = (0, 0, 0, 0, 0)
    assert filled(HOLDINGS, 4) == [(0, *zeros), HOLDINGS[0], (2, *zeros), HOLDINGS[1]]
    assert filled(HOLDINGS, 2) == HOLDINGS


def test_a_path_that_does_not_fit_could_not_be_checked() -> None:
    """The exchange's own published example does not follow the rule that is known."""
    wrong = held("user.json", {**DOCUMENT, "TotalCollateral": 61})
    result = SYSTEM.verify([wrong], NOTHING_ADDED)
    assert result.exit_code == 3
    assert {c.name: c.outcome for c in result.checks}["path"] is Outcome.NOT_POSSIBLE


def test_no_single_change_passes() -> None:
    accepted = []
    for place, wrong in changes(DOCUMENT, 70, seed=51):
        try:
            result = SYSTEM.verify([held("u.json", changed(DOCUMENT, place, wrong))], NOTHING_ADDED)
        except LiabilitiesError:
            continue
        if result.exit_code == 0:
            accepted.append(place)
    assert accepted == []


def test_more_debt_than_equity_fails() -> None:
    wrong = held("user.json", {**DOCUMENT, "TotalDebt": 701})
    assert SYSTEM.verify([wrong], NOTHING_ADDED).exit_code == 1


def test_unusable_files_are_refused() -> None:
    file = held("user.json", DOCUMENT)
    with pytest.raises(LiabilitiesError, match="one file"):
        SYSTEM.verify([file, file], NOTHING_ADDED)
    with pytest.raises(LiabilitiesError, match="no list of ids"):
        SYSTEM.find(file, "00", NOTHING_ADDED)
    with pytest.raises(LiabilitiesError):
        SYSTEM.verify([held("u.json", changed(DOCUMENT, ("Assets", 0, "Loan"), -1))], NOTHING_ADDED)


def test_the_file_is_recognised() -> None:
    assert SYSTEM.recognises([held("user.json", DOCUMENT)])
    assert not SYSTEM.recognises([held("user.json", {"AccountIdHash": ""})])
