from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.signatures import keccak256
from crawler.liabilities.starks.tree import (
    Branch,
    StarkRefusedError,
    climb,
    root,
    slot,
    verify_branches,
)
from tests.unit.crawler.liabilities.starks.sum_prover import branches, full_branch

SIZE = 64
LEAVES = [keccak256(bytes([place])) for place in range(SIZE)]
ROOT = root(LEAVES)


def raw(written: list[str]) -> Branch:
    return tuple(bytes.fromhex(part) for part in written)


def test_four_leaves_are_hashed_pairwise() -> None:
    a, b, c, d = LEAVES[:4]
    assert root([a, b, c, d]) == keccak256(keccak256(a + b) + keccak256(c + d))


@given(st.integers(2, 10))
def test_every_position_has_its_own_slot(bits: int) -> None:
    size = 1 << bits
    assert sorted(slot(position, size) for position in range(size)) == list(range(size))


def test_points_of_one_fold_are_neighbours() -> None:
    assert [slot(3 + turn * 16, SIZE) for turn in range(4)] == [12, 13, 14, 15]


@pytest.mark.parametrize("place", range(0, SIZE, 7))
def test_a_full_branch_leads_to_the_root_from_its_place_only(place: int) -> None:
    branch = raw(full_branch(LEAVES, place))
    assert climb(branch, place, SIZE) == ROOT
    assert climb(branch, place ^ 1, SIZE) != ROOT


@given(st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=20))
def test_branches_that_share_nodes_lead_to_the_root(places: list[int]) -> None:
    shared = [raw(branch) for branch in branches(LEAVES, places)]
    verify_branches("tree", ROOT, SIZE, places, shared)


PLACES = [3, 19, 40, 41]
SHARED = [raw(branch) for branch in branches(LEAVES, PLACES)]


def test_every_part_of_a_branch_counts() -> None:
    for number, branch in enumerate(SHARED):
        for level, part in enumerate(branch):
            wrong = bytes([part[0] ^ 1]) + part[1:] if part else bytes(32)
            changed = [*SHARED]
            changed[number] = (*branch[:level], wrong, *branch[level + 1 :])
            with pytest.raises(StarkRefusedError):
                verify_branches("tree", ROOT, SIZE, PLACES, changed)


def test_a_sibling_may_not_be_left_out_for_nothing() -> None:
    alone = raw(full_branch(LEAVES, 5))
    with pytest.raises(StarkRefusedError, match="neither given nor computable"):
        verify_branches("tree", ROOT, SIZE, [5], [(*alone[:2], b"", *alone[3:])])


@pytest.mark.parametrize("length", [1, 6, 8])
def test_a_branch_has_the_depth_of_the_tree(length: int) -> None:
    branch = (*raw(full_branch(LEAVES, 5)), bytes(32))[:length]
    with pytest.raises(StarkRefusedError, match="a branch of"):
        verify_branches("tree", ROOT, SIZE, [5], [branch])


def test_another_root_is_refused() -> None:
    with pytest.raises(StarkRefusedError, match="another root"):
        verify_branches("tree", bytes(32), SIZE, PLACES, SHARED)


def test_every_position_must_have_its_branch() -> None:
    with pytest.raises(ValueError, match="zip"):
        verify_branches("tree", ROOT, SIZE, PLACES, SHARED[:-1])
