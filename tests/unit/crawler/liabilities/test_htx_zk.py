from __future__ import annotations

import pytest

from crawler.liabilities import bn254_accounts as accounts
from crawler.liabilities import htx_zk
from crawler.liabilities.htx_zk import SYSTEM
from crawler.liabilities.interface import (
    NOTHING_ADDED,
    Grade,
    HeldFile,
    LiabilitiesError,
    LiabilitiesResult,
    Outcome,
)
from crawler.liabilities.poseidon_bn254 import digest
from tests.unit.crawler.liabilities.bn254_prover import SparseTree, table, text
from tests.unit.crawler.liabilities.zk_documents import changed, changes, held

ASSETS = 14
BALANCES = [{0: 5, 13: 8}, {3: 2**63}, {}]
EMPTY_LEAF = digest([0, 0, 0, digest([0] * ASSETS)])
LEAVES = [
    digest([9 + n, 50, 40, digest([own.get(index, 0) for index in range(ASSETS)])])
    for n, own in enumerate(BALANCES)
]
TREE = SparseTree(LEAVES, EMPTY_LEAF)
TABLE = table([SparseTree([], EMPTY_LEAF).root, TREE.root], [1, 2])


@pytest.fixture(autouse=True)
def few_assets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(htx_zk, "MOST_TRIED", 15)


def document(number: int = 0) -> dict[str, object]:
    return {
        "AccountIndex": number,
        "AccountIdHash": accounts.hex_of(9 + number),
        "TotalEquity": 50,
        "TotalDebt": 40,
        "Assets": [{"Index": k, "Balance": v} for k, v in BALANCES[number].items()],
        "Root": accounts.hex_of(TREE.root),
        "Proof": [text(sibling) for sibling in TREE.path(number)],
    }


def outcomes(result: LiabilitiesResult) -> dict[str, Outcome]:
    return {check.name: check.outcome for check in result.checks}


@pytest.mark.parametrize("number", range(3))
def test_customers_are_included(number: int) -> None:
    result = SYSTEM.include([TABLE, held("user.json", document(number))], NOTHING_ADDED)
    assert (result.exit_code, result.grade) == (0, Grade.CLAIMED)
    assert outcomes(result)["inclusion"] is Outcome.PASSED
    assert outcomes(result)["empty tree"] is Outcome.PASSED
    assert outcomes(result)["batch proofs"] is Outcome.NOT_POSSIBLE
    assert len(result.path) == 29


def test_a_customer_alone_is_checked_up_to_the_root() -> None:
    result = SYSTEM.verify([held("user.json", document())], NOTHING_ADDED)
    assert outcomes(result)["inclusion"] is Outcome.NOT_POSSIBLE


def test_an_unknown_empty_tree_is_no_fault() -> None:
    result = SYSTEM.verify([table([5, TREE.root], [1, 2])], NOTHING_ADDED)
    assert outcomes(result)["empty tree"] is Outcome.NOT_POSSIBLE


def test_another_last_root_is_refused() -> None:
    files = [table([TREE.root, 5], [1, 2]), held("user.json", document())]
    result = SYSTEM.include(files, NOTHING_ADDED)
    assert outcomes(result)["inclusion"] is Outcome.FAILED


def test_negative_balances_fail() -> None:
    wrong = changed(document(), ("Assets", 0, "Balance"), -5)
    result = SYSTEM.include([held("user.json", wrong)], NOTHING_ADDED)
    assert outcomes(result)["balances"] is Outcome.FAILED


def test_every_single_change_of_a_customers_file_is_refused() -> None:
    accepted = []
    for place, wrong in changes(document(), 70, seed=41):
        file = held("user.json", changed(document(), place, wrong))
        try:
            if SYSTEM.include([file], NOTHING_ADDED).exit_code == 0:
                accepted.append(place)
        except LiabilitiesError:
            continue
    assert accepted == []


def test_what_cannot_be_included_or_found() -> None:
    calls: list[list[HeldFile]] = [[], [TABLE]]
    for files in calls:
        with pytest.raises(LiabilitiesError, match="last file"):
            SYSTEM.include(files, NOTHING_ADDED)
    with pytest.raises(LiabilitiesError, match="one batch table"):
        SYSTEM.verify([TABLE, TABLE], NOTHING_ADDED)
    with pytest.raises(LiabilitiesError, match="no list of ids"):
        SYSTEM.find(TABLE, "00", NOTHING_ADDED)


def test_the_files_are_recognised() -> None:
    assert SYSTEM.recognises([held("user.json", document())])
    assert not SYSTEM.recognises([held("user.json", document(2))])  # no asset tells whose it is
    assert not SYSTEM.recognises([TABLE])
