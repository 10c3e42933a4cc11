"""Vectors of Plonky2's own tests (0xPolygonZero/plonky2), and a plain permutation beside ours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.plonky2.goldilocks import P
from crawler.liabilities.plonky2.poseidon import (
    hash_no_pad,
    hash_or_noop,
    hash_pad,
    permute,
    two_to_one,
)
from crawler.liabilities.plonky2.poseidon_constants import MDS, ROUND_CONSTANTS
from tests.unit.crawler.liabilities.zk_documents import needs_samples, sample

elements = st.integers(0, P - 1)

OF_ZEROS = [0x3C18A9786CB0B359, 0xC4055E3364A246C3, 0x7953DB0AB48808F4, 0xC71603F33A1144CA]
OF_COUNTING = [0xD64E1E3EFC5B8E9E, 0x53666633020AAA47, 0xD40285597C6A8825, 0x613A4F81E81231D2]


def plain_permutation(state: list[int]) -> list[int]:
    """Follow the definition, round by round."""
    for number, constants in enumerate(ROUND_CONSTANTS):
        state = [(lane + constant) % P for lane, constant in zip(state, constants, strict=True)]
        boxed = 1 if 4 <= number < 26 else 12
        state = [pow(lane, 7, P) if place < boxed else lane for place, lane in enumerate(state)]
        state = [sum(a * b for a, b in zip(row, state, strict=True)) % P for row in MDS]
    return state


@given(st.lists(elements, min_size=12, max_size=12))
def test_the_short_cut_changes_nothing(state: list[int]) -> None:
    assert permute(state) == plain_permutation(state)


def test_the_permutation_has_the_published_values() -> None:
    assert permute([0] * 12)[:4] == OF_ZEROS
    assert permute(list(range(12)))[:4] == OF_COUNTING


@given(st.lists(elements, min_size=4, max_size=4), st.lists(elements, min_size=4, max_size=4))
def test_two_digests_hash_like_their_eight_elements(left: list[int], right: list[int]) -> None:
    assert two_to_one(left, right) == hash_no_pad([*left, *right])


def test_hashing_overwrites_and_keeps_what_a_short_chunk_leaves() -> None:
    first = permute([*range(1, 9), 0, 0, 0, 0])
    assert hash_no_pad(list(range(1, 11))) == tuple(permute([9, 10, *first[2:]])[:4])


def test_nothing_hashes_to_zeros_without_padding() -> None:
    assert hash_no_pad([]) == (0, 0, 0, 0)


def test_padding_fills_to_a_multiple_of_eight() -> None:
    assert hash_pad([]) == hash_no_pad([1, 0, 0, 0, 0, 0, 0, 1])
    assert hash_pad([5] * 6) == hash_no_pad([5] * 6 + [1, 1])
    assert hash_pad([5] * 7) == hash_no_pad([5] * 7 + [1] + [0] * 7 + [1])


def test_short_leaves_are_kept_as_they_are() -> None:
    assert hash_or_noop([7, 8]) == (7, 8, 0, 0)
    assert hash_or_noop([1, 2, 3, 4, 5]) == hash_no_pad([1, 2, 3, 4, 5])


@needs_samples
def test_the_sample_vectors_hold() -> None:
    functions = {
        "permute_in": permute,
        "hash_no_pad_in": hash_no_pad,
        "hash_pad_in": hash_pad,
    }
    vectors = sample("poseidon_goldilocks.json")["vectors"]
    for vector in vectors:
        out = [int(number) for number in vector["out"]]
        for name, function in functions.items():
            if name in vector:
                assert list(function([int(number) for number in vector[name]])) == out
        if "two_to_one" in vector:
            assert list(two_to_one(*vector["two_to_one"])) == out
    assert len(vectors) == 6
