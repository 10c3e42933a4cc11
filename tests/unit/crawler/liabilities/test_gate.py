from __future__ import annotations

import pytest

from crawler.liabilities import batch_table, gate
from crawler.liabilities import bn254_accounts as accounts
from crawler.liabilities.gate import SYSTEM, AssetTotal, Holding, totals_commitment
from crawler.liabilities.interface import (
    NOTHING_ADDED,
    Grade,
    HeldFile,
    LiabilitiesError,
    LiabilitiesResult,
    Outcome,
    Request,
)
from crawler.liabilities.poseidon_bn254 import digest
from tests.unit.crawler.liabilities.bn254_prover import SparseTree, table, text
from tests.unit.crawler.liabilities.zk_documents import changed, changes, held

ASSETS = 9
PRICES = (3, 5, 7, 2, 2, 2, 2, 2, 11)
USERS = [
    [Holding(0, 100, 10), Holding(4, 6, 0)],
    [Holding(1, 50, 0)],
    [Holding(2, 1000, 999), Holding(8, 4, 4)],
]


def committed(user: list[Holding]) -> int:
    return digest(gate._packed(user, ASSETS))


EMPTY_LEAF = digest([0, 0, 0, committed([])])


def value(user: list[Holding], name: str) -> int:
    return sum(getattr(holding, name) * PRICES[holding.index] for holding in user)


LEAVES = [
    digest([77 + number, value(user, "equity"), value(user, "debt"), committed(user)])
    for number, user in enumerate(USERS)
]
TREE = SparseTree(LEAVES, EMPTY_LEAF)


def totals_after(count: int) -> list[AssetTotal]:
    held_by = [holding for user in USERS[:count] for holding in user]
    return [
        AssetTotal(
            f"C{index}",
            sum(holding.equity for holding in held_by if holding.index == index),
            sum(holding.debt for holding in held_by if holding.index == index),
            price,
        )
        for index, price in enumerate(PRICES)
    ]


TOTALS = [
    {"TotalEquity": t.equity, "TotalDebt": t.debt, "BasePrice": t.price, "Symbol": t.symbol,
     "Index": index}
    for index, t in enumerate(totals_after(3))
]  # fmt: skip
CONFIG = held("cex_config.json", {"ProofCsv": "x", "CexAssetsInfo": TOTALS})
TABLE = table(
    [SparseTree(LEAVES[:count], EMPTY_LEAF).root for count in (0, 2, 3)],
    [totals_commitment(totals_after(count), ASSETS) for count in (0, 2, 3)],
)


@pytest.fixture(autouse=True)
def few_assets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try small numbers of assets only: each costs a whole path."""
    monkeypatch.setattr(gate, "ASSET_COUNTS", (3, ASSETS, 12))
    monkeypatch.setattr(gate, "MOST_TRIED", 12)


def document(number: int = 0) -> dict[str, object]:
    user = USERS[number]
    return {
        "Arrangement": number,
        "UniqueIdentification": accounts.hex_of(77 + number),
        "TotalAssetEquity": value(user, "equity"),
        "TotalAssetDebt": value(user, "debt"),
        "AssetDetails": [
            {"Index": one.index, "Equity": one.equity, "Debt": one.debt} for one in user
        ],
        "TreeRootHash": accounts.hex_of(TREE.root),
        "MerkleProofEncode": [text(sibling) for sibling in TREE.path(number)],
    }


def customer(number: int = 0) -> HeldFile:
    return held("user_config.json", document(number))


def failed(result: LiabilitiesResult) -> dict[str, str]:
    return {check.name: check.detail for check in result.checks if check.outcome is Outcome.FAILED}


@pytest.mark.parametrize("number", range(3))
def test_customers_are_included(number: int) -> None:
    request = Request(root=accounts.hex_of(TREE.root))
    result = SYSTEM.include([TABLE, CONFIG, customer(number)], request)
    assert (result.exit_code, result.grade) == (0, Grade.CONSISTENT)
    assert result.totals["C2"].text() == "0.0000000000000007"
    assert [check.name for check in result.checks if check.outcome is Outcome.NOT_POSSIBLE] == [
        "batch proofs"
    ]
    assert len(result.path) == 29


def test_a_customer_alone_is_checked_up_to_the_root() -> None:
    result = SYSTEM.verify([customer()], NOTHING_ADDED)
    assert (result.exit_code, result.grade, dict(result.totals)) == (0, Grade.CLAIMED, {})


def test_the_file_of_earlier_years_has_other_names() -> None:
    names = zip(gate._NOW.all(), gate._FORMERLY.all(), strict=True)
    earlier = {new: document()[old] for old, new in names}
    assert SYSTEM.include([held("user_config.json", earlier)], NOTHING_ADDED).exit_code == 0


def test_a_table_without_totals_is_incomplete() -> None:
    assert SYSTEM.verify([TABLE], NOTHING_ADDED).exit_code == 3


def test_the_number_of_assets_is_found_in_a_table_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "ASSET_COUNTS", (3, 12))
    result = SYSTEM.include([TABLE, customer(1)], NOTHING_ADDED)
    assert failed(result) == {}
    monkeypatch.setattr(gate, "MOST_TRIED", ASSETS - 2)
    assert set(failed(SYSTEM.include([TABLE, customer(1)], NOTHING_ADDED))) == {
        "empty tree",
        "path",
    }


def test_other_totals_are_refused() -> None:
    for name, check in (("TotalEquity", "asset totals"), ("BasePrice", "first totals")):
        wrong = changed(TOTALS, (0, name), 200)
        result = SYSTEM.verify([TABLE, held("c.json", {"CexAssetsInfo": wrong})], NOTHING_ADDED)
        assert check in failed(result)
    wrong = changed(TOTALS, (1, "TotalDebt"), 51)
    result = SYSTEM.verify([held("c.json", {"CexAssetsInfo": wrong})], NOTHING_ADDED)
    assert failed(result)["equity and debt"] == "C1: equity 50 is less than debt 51"


def test_a_chain_must_start_from_nothing_and_end_at_the_customers_root() -> None:
    roots = [batch.roots for batch in batch_table.parse(TABLE)]
    late = table([roots[0][1], roots[1][1]], [1, 2])
    result = SYSTEM.verify([late], NOTHING_ADDED)
    assert "empty tree" in failed(result)
    early = table([roots[0][0], roots[0][1]], [1, 2])
    assert "inclusion" in failed(SYSTEM.include([early, customer()], NOTHING_ADDED))


def test_customers_values_are_at_the_published_prices() -> None:
    wrong = changed(TOTALS, (0, "BasePrice"), 4)
    files = [held("c.json", {"CexAssetsInfo": wrong}), customer()]
    assert "amounts and prices give" in failed(SYSTEM.include(files, NOTHING_ADDED))["total value"]
    few = held("c.json", {"CexAssetsInfo": TOTALS[:3]})
    assert "no asset 4" in failed(SYSTEM.include([few, customer()], NOTHING_ADDED))["total value"]


def test_every_single_change_of_a_customers_file_is_refused() -> None:
    accepted = []
    for place, wrong in changes(document(2), 70, seed=31):
        file = held("user_config.json", changed(document(2), place, wrong))
        try:
            if SYSTEM.include([file], NOTHING_ADDED).exit_code == 0:
                accepted.append(place)
        except LiabilitiesError:
            continue
    assert accepted == []


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("MerkleProofEncode",), []),
        (("Arrangement",), 2**28),
        (("AssetDetails", 0, "Equity"), 2**64),
        (("AssetDetails", 0, "Debt"), -1),
        (("AssetDetails", 1, "Index"), 0),
        (("UniqueIdentification",), "00"),
        (("TotalAssetEquity",), "5"),
    ],
)
def test_values_out_of_range_are_unusable(place: tuple[str | int, ...], wrong: object) -> None:
    with pytest.raises(LiabilitiesError):
        SYSTEM.include([held("u.json", changed(document(), place, wrong))], NOTHING_ADDED)


def test_what_cannot_be_included_or_found() -> None:
    for files in ([], [TABLE], [CONFIG]):
        with pytest.raises(LiabilitiesError, match="last file"):
            SYSTEM.include(files, NOTHING_ADDED)
    with pytest.raises(LiabilitiesError, match="was expected"):
        SYSTEM.verify([], NOTHING_ADDED)
    with pytest.raises(LiabilitiesError, match="more than one"):
        SYSTEM.verify([TABLE, TABLE], NOTHING_ADDED)
    with pytest.raises(LiabilitiesError, match="no list of ids"):
        SYSTEM.find(TABLE, "00", NOTHING_ADDED)
    gap = held("c.json", {"CexAssetsInfo": TOTALS[1:]})
    with pytest.raises(LiabilitiesError, match="not numbered"):
        SYSTEM.verify([gap], NOTHING_ADDED)


def test_the_files_are_recognised() -> None:
    assert SYSTEM.recognises([customer()])
    assert SYSTEM.recognises([TABLE, CONFIG])
    assert not SYSTEM.recognises([TABLE])
    assert not SYSTEM.recognises([held("b.json", {"AccountIdHash": 1, "TotalCollateral": 1})])
