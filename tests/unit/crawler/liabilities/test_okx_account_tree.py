from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.interface import LiabilitiesError
from crawler.liabilities.okx_account_tree import (
    Shape,
    climb,
    hex_of,
    id_elements,
    leaf,
    parse,
    shape_faults,
)
from crawler.liabilities.plonky2.goldilocks import P
from crawler.liabilities.plonky2.poseidon import hash_no_pad
from tests.unit.crawler.liabilities.account_tree_prover import SHAPE, AccountTree
from tests.unit.crawler.liabilities.zk_documents import Place, changed, node, places

TREE = AccountTree()
DOCUMENT = TREE.proof(17)
PROOF = parse(node(DOCUMENT))


@pytest.mark.parametrize("index", range(SHAPE.accounts))
def test_every_account_leads_to_the_root(index: int) -> None:
    proof = parse(node(TREE.proof(index)))
    root, steps = climb(proof)
    assert root == TREE.root
    assert shape_faults(proof, SHAPE) == []
    assert [step.level for step in steps] == [
        "batch height 0", "batch height 1", "level 0", "level 1", "root",
    ]  # fmt: skip
    assert steps[2].sibling_side == "among 2"


def test_a_leaf_commits_to_id_and_sums() -> None:
    identity = "00000000000001" + "0000000000000f" + "0" * 28 + "000000ff"
    assert id_elements(identity) == [1, 15, 0, 0, 255]
    assert leaf(identity, 7, 5) == hash_no_pad([1, 15, 0, 0, 255, 7, 5])


@pytest.mark.parametrize(
    ("shape", "fault"),
    [
        (replace(SHAPE, batch_size=8), "siblings in the batch"),
        (replace(SHAPE, levels=3), "recursive levels"),
        (replace(SHAPE, branching=64), "siblings left and right"),
        (replace(SHAPE, levels=1), "recursive levels"),
        (replace(SHAPE, tokens=3), "figures of equity for 3 tokens"),
        (Shape(4, 2, 2, 2), "in a tree of 16 accounts"),
    ],
)
def test_a_tree_of_another_shape_is_a_fault(shape: Shape, fault: str) -> None:
    assert any(fault in found for found in shape_faults(PROOF, shape))


def test_the_index_says_where_among_the_siblings() -> None:
    assert any("left and right" in fault for fault in shape_faults(replace(PROOF, index=1), SHAPE))


def test_an_inner_node_is_no_account() -> None:
    short = replace(PROOF, batch_siblings=PROOF.batch_siblings[1:])
    assert "1 siblings in the batch instead of 2" in shape_faults(short, SHAPE)


@given(
    st.sampled_from(list(places(DOCUMENT))),
    st.sampled_from([None, True, {}, [], "", "-1", "+1", "01", "1e3", -1, 2**64, str(2**64)]),
)
def test_noise_in_any_place_is_refused(place: Place, value: object) -> None:
    with pytest.raises(LiabilitiesError):
        parse(node(changed(DOCUMENT, place, value)))


def test_limbs_beyond_the_field_are_refused() -> None:
    text = hex_of((P - 1, 0, 0, 0))
    found = parse(node(changed(DOCUMENT, ("sum_tree_siblings", 0), text)))
    assert found.batch_siblings[0] == (P - 1, 0, 0, 0)
    beyond = P.to_bytes(8, "little").hex() + "0" * 48
    with pytest.raises(LiabilitiesError, match="four elements"):
        parse(node(changed(DOCUMENT, ("sum_tree_siblings", 0), beyond)))


@pytest.mark.parametrize("identity", ["5" * 63, "5" * 65, "A" * 64, "g" * 64, "0x" + "0" * 62])
def test_an_id_is_64_lowercase_digits(identity: str) -> None:
    with pytest.raises(LiabilitiesError):
        parse(node(changed(DOCUMENT, ("account", "id"), identity)))


def test_unknown_members_are_refused() -> None:
    with pytest.raises(LiabilitiesError, match="not known here"):
        parse(node({**DOCUMENT, "extra": 1}))
