from __future__ import annotations

import pytest

from crawler.liabilities.bitmex import BitMex
from crawler.liabilities.interface import Grade, LiabilitiesError, Request
from tests.shared_data import SHARED, WITHOUT_SHARED
from tests.unit.crawler.liabilities.files import held, refuses, sample, totals, wrong
from tests.vectors.liability_proofs import bitmex, other_text, seeded

SYSTEM = BitMex()
NOTHING = Request()
TREE, ACCOUNT = bitmex(1)


@pytest.mark.parametrize("leaves", [4, 8, 64])
def test_the_whole_tree_and_an_account_in_it(leaves: int) -> None:
    tree, account = bitmex(2, leaves)
    assert SYSTEM.recognises([held(tree)])
    result = SYSTEM.include([held(tree), held(account)], NOTHING)
    assert result.exit_code == 0
    assert result.grade is Grade.PROVEN
    assert len(result.path) == leaves.bit_length()
    assert result.path[-1].node == result.root


def test_no_changed_node_is_taken() -> None:
    chance = seeded(0)
    lines = TREE.splitlines()
    for _ in range(300):
        place = chance.randrange(1, len(lines))  # without an account the height is not hashed
        changed = other_text(lines[place], chance)
        text = "\n".join([*lines[:place], changed, *lines[place + 1 :]])
        assert refuses(SYSTEM, text), (lines[place], changed)


def test_another_block_height_or_nonce_has_no_leaves() -> None:
    other = TREE.replace("block_height:100", "block_height:101")
    assert wrong(SYSTEM.include([held(other), held(ACCOUNT)], NOTHING)) == ["account 3"]
    nonce = f"3,{'00' * 32}\n"
    assert wrong(SYSTEM.include([held(TREE), held(nonce)], NOTHING)) == ["account 3"]


def test_an_account_without_balance_is_not_held_against_the_others() -> None:
    result = SYSTEM.include([held(TREE), held(f"{ACCOUNT}4,{'00' * 32}\n")], NOTHING)
    assert result.exit_code == 0
    assert dict(result.found)["account 4"] == "0.00000000 BTC"


def test_a_leaf_or_an_account_is_found() -> None:
    leaf = TREE.splitlines()[-1].split(",")[0]
    assert SYSTEM.find(held(TREE), leaf, NOTHING).exit_code == 0
    assert SYSTEM.find(held(TREE), ACCOUNT.strip().replace(",", ":"), NOTHING).exit_code == 0
    assert wrong(SYSTEM.find(held(TREE), "00" * 32, NOTHING)) == ["found"]
    with pytest.raises(LiabilitiesError, match="neither"):
        SYSTEM.find(held(TREE), "x", NOTHING)


def test_a_tree_that_is_not_full_is_broken() -> None:
    lines = TREE.splitlines(keepends=True)
    for count in (3, 5, 14, 15):
        assert "shape" in wrong(SYSTEM.verify([held("".join(lines[:count]))], NOTHING))


def test_a_negative_balance_is_a_failed_check() -> None:
    lines = TREE.splitlines()
    lines[5] = lines[5].replace(",", ",-")
    assert wrong(SYSTEM.verify([held("\n".join(lines))], NOTHING)) == ["no negative balance"]


@pytest.mark.parametrize(
    "text",
    ["", "x", "block_height:1", "block_height:-1\n", "block_height:1\nx\n",
     f"block_height:1\n{'ab' * 32},{2**64}\n",
     f"block_height:1\n{'ab' * 32},01\n"],
)  # fmt: skip
def test_no_tree_at_all_is_refused(text: str) -> None:
    with pytest.raises(LiabilitiesError):
        SYSTEM.verify([held(text)], NOTHING)


@pytest.mark.parametrize("text", ["", "x", "3,ab", f"3,{'ab' * 32}\n3,{'ac' * 32}\n"])
def test_a_list_of_accounts_is_read_strictly(text: str) -> None:
    with pytest.raises(LiabilitiesError):
        SYSTEM.include([held(TREE), held(text)], NOTHING)


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
def test_the_sample_holds() -> None:
    tree = sample("bitmex/liabilities_height100.csv")
    result = SYSTEM.include([tree, sample("bitmex/nonces.txt")], NOTHING)
    assert result.exit_code == 0
    assert totals(result) == {"BTC": "40.00004000"}
    chance = seeded(1)
    lines = tree.read().decode().splitlines()
    for _ in range(250):
        place = chance.randrange(1, len(lines))
        changed = other_text(lines[place], chance)
        assert refuses(SYSTEM, "\n".join([*lines[:place], changed, *lines[place + 1 :]]))
