from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.plonky2.fri import FriChallenges, fold, is_in_cap, verify_queries
from crawler.liabilities.plonky2.goldilocks import COSET_SHIFT, ONE, Ext, P, horner, reverse_bits
from crawler.liabilities.plonky2.goldilocks import root_of_unity as root
from crawler.liabilities.plonky2.poseidon import hash_no_pad
from crawler.liabilities.plonky2.proof import Proof, ProofRefusedError, Query
from crawler.liabilities.plonky2.verify import draw_challenges
from tests.unit.crawler.liabilities.plonky2.tiny_proofs import parsed
from tests.unit.crawler.liabilities.plonky2.tiny_prover import build, path

DATA, PROOF = parsed()
DRAWN = draw_challenges(PROOF, DATA.digest, hash_no_pad(PROOF.public_inputs), DATA.common).fri


def check(proof: Proof, drawn: FriChallenges = DRAWN) -> None:
    verify_queries(proof, DATA.cap, DATA.common, drawn)


def with_query(query: Query) -> Proof:
    return replace(PROOF, queries=(*PROOF.queries[:2], query, *PROOF.queries[3:]))


@pytest.mark.parametrize("place", range(8))
def test_a_leaf_is_found_at_its_place_only(place: int) -> None:
    leaves = [[number] * 6 for number in range(8)]
    tree = build(leaves)
    siblings = path(tree, place)
    assert is_in_cap(leaves[place], place, siblings, tree[-1])
    for other in range(8):
        assert is_in_cap(leaves[place], other, siblings, tree[-1]) == (other == place)
    assert not is_in_cap([9] * 6, place, siblings, tree[-1])
    assert not is_in_cap(leaves[place], place, siblings[:-1], tree[-1])


@given(
    st.lists(
        st.builds(Ext, st.integers(0, P - 1), st.integers(0, P - 1)), min_size=16, max_size=16
    ),
    st.integers(0, 1023),
)
def test_folding_a_polynomial_recombines_its_sixteen_parts(
    coefficients: list[Ext], index: int
) -> None:
    """The fold of sum c_k x^k is sum c_k beta^k at degree below 16: a constant."""
    beta = Ext(12345, 678)
    first = index & ~15
    points = [
        COSET_SHIFT * pow(root(10), reverse_bits(first + place, 10), P) % P for place in range(16)
    ]
    values = [horner(coefficients, Ext(point)) for point in points]
    place = index & 15
    assert fold(values, points[place], place, beta) == horner(coefficients, beta)


def test_the_tiny_proof_holds() -> None:
    check(PROOF)


def test_a_changed_leaf_is_not_under_its_cap() -> None:
    query = PROOF.queries[2]
    names = ("constants and sigmas", "wires", "permutation products", "quotient")
    for number, name in enumerate(names):
        opening = query.initial[number]
        wrong = replace(opening, leaf=(opening.leaf[0] ^ 1, *opening.leaf[1:]))
        initial = (*query.initial[:number], wrong, *query.initial[number + 1 :])
        with pytest.raises(ProofRefusedError, match=f"query 2: the leaf of the {name}"):
            check(with_query(replace(query, initial=initial)))


def test_a_changed_sibling_is_refused() -> None:
    query = PROOF.queries[2]
    siblings = ((1, 2, 3, 4), *query.initial[1].siblings[1:])
    initial = (query.initial[0], replace(query.initial[1], siblings=siblings), *query.initial[2:])
    with pytest.raises(ProofRefusedError, match="wires is not under its cap"):
        check(with_query(replace(query, initial=initial)))


@pytest.mark.parametrize("place", range(4))
def test_a_changed_coset_is_refused(place: int) -> None:
    query = PROOF.queries[2]
    values = list(query.folds[0].values)
    values[place] += ONE
    wrong = replace(query.folds[0], values=tuple(values))
    with pytest.raises(ProofRefusedError, match=r"query 2, layer 0: the (folded value|coset) is"):
        check(with_query(replace(query, folds=(wrong,))))


def test_a_changed_final_polynomial_is_refused() -> None:
    with pytest.raises(ProofRefusedError, match="final polynomial has another value"):
        check(replace(PROOF, final=(PROOF.final[0], PROOF.final[1] + ONE)))


@pytest.mark.parametrize(
    "drawn",
    [
        replace(DRAWN, zeta=DRAWN.zeta + ONE),
        replace(DRAWN, alpha=DRAWN.alpha + ONE),
        replace(DRAWN, betas=(DRAWN.betas[0] + ONE,)),
        replace(DRAWN, indices=tuple(index ^ 1 for index in DRAWN.indices)),
    ],
    ids=["zeta", "alpha", "beta", "indices"],
)
def test_other_challenges_are_not_met(drawn: FriChallenges) -> None:
    with pytest.raises(ProofRefusedError):
        check(PROOF, drawn)


def test_a_challenge_inside_the_domain_is_refused() -> None:
    point = COSET_SHIFT * pow(root(6), reverse_bits(DRAWN.indices[0], 6), P) % P
    with pytest.raises(ProofRefusedError, match="evaluation domain"):
        check(PROOF, replace(DRAWN, zeta=Ext(point)))


def test_every_index_must_have_its_query() -> None:
    with pytest.raises(ValueError, match="zip"):
        check(PROOF, replace(DRAWN, indices=DRAWN.indices[:-1]))
