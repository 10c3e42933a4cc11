from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.bn254_accounts import (
    asset_index,
    base64_element,
    climb,
    empty_root,
    hex_element,
    hex_of,
    pack,
    root_of,
)
from crawler.liabilities.interface import LiabilitiesError
from crawler.liabilities.poseidon_bn254 import R, digest
from tests.unit.crawler.liabilities.bn254_prover import SparseTree, text
from tests.unit.crawler.liabilities.zk_documents import node


@given(st.integers(0, R - 1))
def test_elements_are_read_as_written(element: int) -> None:
    assert base64_element(node(text(element))) == element
    assert hex_element(node(hex_of(element))) == element


@pytest.mark.parametrize(
    "wrong",
    ["", "a", "!!!!", text(0)[:-1], text(0) + "\n", text(0)[:-2] + "B=", base64.b64encode(
        R.to_bytes(32, "big")).decode(), base64.b64encode(bytes(31)).decode(), 5, None],
)  # fmt: skip
def test_other_base64_is_refused(wrong: object) -> None:
    with pytest.raises(LiabilitiesError):
        base64_element(node(wrong))


@pytest.mark.parametrize("wrong", ["00" * 31, "AA" * 32, f"{R:064x}", 5])
def test_other_hex_is_refused(wrong: object) -> None:
    with pytest.raises(LiabilitiesError):
        hex_element(node(wrong))


def test_an_asset_stands_once() -> None:
    seen: set[int] = set()
    assert asset_index(node({"Index": 3}), seen) == 3
    with pytest.raises(LiabilitiesError, match="asset 3 stands twice"):
        asset_index(node({"Index": 3}), seen)
    with pytest.raises(LiabilitiesError):
        asset_index(node({"Index": -1}), seen)


def test_packing_fills_up_with_zeros() -> None:
    assert pack([]) == []
    assert pack([1]) == [1 << 128]


@pytest.mark.parametrize("index", range(5))
def test_every_leaf_leads_to_the_root(index: int) -> None:
    tree = SparseTree([11, 22, 33, 44, 55], 7)
    leaf = 11 * (index + 1)
    root, steps = climb(leaf, index, tree.path(index))
    assert root == tree.root == root_of(leaf, index, tree.path(index))
    assert len(steps) == 29
    assert root_of(leaf, index ^ 1, tree.path(index)) != tree.root


# gateio/proof-of-reserves and gatechain/gate-zkmerkle-proof: the roots that their first batches
# start from, for 800 and for 350 assets
@pytest.mark.parametrize(
    ("assets", "root"),
    [
        (350, "0118925954da77d1a4b241fd163e4373e2265c515cfa60af7fcd28c8cb9ad58a"),
        (800, "037bf6d8fe5b7cbaecf7b35604b57f82173f5c8155c1c750cef00afebcd65436"),
    ],
)
def test_published_empty_trees_are_reproduced(assets: int, root: str) -> None:
    assert hex_of(empty_root(digest([0] * ((2 * assets + 2) // 3)))) == root
