from __future__ import annotations

import json

import pytest

from crawler.liabilities.interface import Grade, LiabilitiesError, Outcome, Request
from crawler.liabilities.okx_full_tree import LINE, _parent_line
from crawler.liabilities.okx_merkle_v2 import OkxMerkleV2
from tests.shared_data import SHARED, WITHOUT_SHARED
from tests.unit.crawler.liabilities.files import (
    SAMPLES,
    held,
    outcome,
    refuses,
    sample,
    totals,
    wrong,
)
from tests.vectors.liability_proofs import mutations, okx_v2, other_text, seeded

SYSTEM = OkxMerkleV2()
NOTHING = Request()
TREE, CUSTOMER = okx_v2(1, 5)


def test_the_whole_tree_and_a_customer_in_it() -> None:
    assert SYSTEM.recognises([held(TREE)])
    assert not SYSTEM.recognises([held(CUSTOMER)])
    assert SYSTEM.verify([held(TREE)], NOTHING).grade is Grade.PROVEN
    result = SYSTEM.include([held(TREE), held(CUSTOMER)], NOTHING)
    assert result.exit_code == 0
    assert result.path[-1].node == result.root


@pytest.mark.parametrize("customers", [1, 2, 3, 5, 6, 11])
def test_every_path_adds_up(customers: int) -> None:
    tree, customer = okx_v2(2, customers)
    result = SYSTEM.include([held(tree), held(customer)], NOTHING)
    assert result.exit_code == 0
    for step in result.path[:-1]:
        for node in (step.node, step.sibling):
            assert f"{node},{step.level.removeprefix('height ')}," in tree
    assert len(result.path) == int(result.path[-1].level.removeprefix("height "))


def test_no_changed_character_of_the_tree_is_taken() -> None:
    chance = seeded(0)
    lines = TREE.splitlines()
    for _ in range(300):
        place = chance.randrange(len(lines))
        changed = other_text(lines[place], chance)
        text = "\n".join([*lines[:place], changed, *lines[place + 1 :]])
        assert refuses(SYSTEM, text), (lines[place], changed)


def test_no_changed_value_of_the_customers_file_is_taken() -> None:
    for place, changed in mutations(CUSTOMER, 300):
        assert refuses(SYSTEM, TREE, changed), place


def test_a_customer_of_another_round_is_not_in_the_tree() -> None:
    result = SYSTEM.include([held(TREE), held(okx_v2(9)[1])], NOTHING)
    assert len(wrong(result)) == 2
    assert result.grade is Grade.CLAIMED


def test_a_leaf_is_found_by_its_hash() -> None:
    leaf = TREE.splitlines()[-2][:64]
    result = SYSTEM.find(held(TREE), leaf.upper(), NOTHING)
    assert dict(result.found)["position"] == "2 of 10 from the left"
    assert wrong(SYSTEM.find(held(TREE), "00" * 32, NOTHING)) == [f"leaf {'0' * 16}"]
    with pytest.raises(LiabilitiesError, match="64 hex digits"):
        SYSTEM.find(held(TREE), "ab", NOTHING)


def test_shared_leaves_are_reported() -> None:
    line = f'{"ab" * 32},1,{{"BTC":"1","ETH":"1","USDT":"1"}}'
    match = LINE.fullmatch(line)
    assert match is not None
    row = match.groups()
    root = _parent_line(row, row, 2)  # type: ignore[arg-type]
    assert wrong(SYSTEM.verify([held(f"{root}\n{line}\n{line}\n")], NOTHING)) == [
        "leaves are different"
    ]


def test_a_broken_tree_says_where_and_gives_no_total() -> None:
    result = SYSTEM.verify([held(TREE.replace('"ETH":"', '"ETH":"-', 1))], NOTHING)
    assert wrong(result) == ["no negative balance"]
    assert outcome(result, "nodes below") is Outcome.NOT_POSSIBLE
    assert not result.totals


def test_the_files_come_in_order() -> None:
    with pytest.raises(LiabilitiesError, match="without the tree"):
        SYSTEM.verify([held(CUSTOMER)], NOTHING)
    with pytest.raises(LiabilitiesError, match="the full tree and the customer"):
        SYSTEM.include([held(TREE)], NOTHING)
    with pytest.raises(LiabilitiesError):
        SYSTEM.verify([], NOTHING)


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
def test_the_sample_holds() -> None:
    folder = SAMPLES / "okx_merkle_v2"
    expected = json.loads((folder / "expected.json").read_text("utf-8"))["root"]
    tree = sample("okx_merkle_v2/full-tree.txt")
    customer = sample("okx_merkle_v2/user_info_0.json")
    result = SYSTEM.include([tree, customer], Request(root=expected["hash"]))
    assert result.exit_code == 0
    assert totals(result) == expected["balances"]
    chance = seeded(1)
    lines = tree.read().decode().splitlines()
    for _ in range(250):
        place = chance.randrange(len(lines))
        changed = other_text(lines[place], chance)
        assert refuses(SYSTEM, "\n".join([*lines[:place], changed, *lines[place + 1 :]]))
