from __future__ import annotations

from dataclasses import fields, replace

import pytest

from crawler.liabilities.plonky2.goldilocks import ONE, ZERO, Ext, P, root_of_unity
from crawler.liabilities.plonky2.poseidon import hash_no_pad
from crawler.liabilities.plonky2.proof import Openings, ProofRefusedError
from crawler.liabilities.plonky2.vanishing import combined_terms, gate_filter, verify_vanishing
from crawler.liabilities.plonky2.verify import draw_challenges
from tests.unit.crawler.liabilities.plonky2.tiny_proofs import parsed

DATA, PROOF = parsed()
HASH = hash_no_pad(PROOF.public_inputs)
DRAWN = draw_challenges(PROOF, DATA.digest, HASH, DATA.common)


def check(openings: Openings, zeta: Ext = DRAWN.zeta) -> None:
    drawn = (DRAWN.betas, DRAWN.gammas, DRAWN.alphas)
    verify_vanishing(DATA.common, openings, HASH, zeta, drawn)


def test_the_tiny_proof_holds() -> None:
    check(PROOF.openings)


PLACES = [
    (part.name, place)
    for part in fields(Openings)
    for place in range(0, len(getattr(PROOF.openings, part.name)), 9)
]
FREE_WIRES = range(80, 135)
"""No gate of the tiny circuit reads them, and they cannot be copied."""


@pytest.mark.parametrize(("name", "place"), PLACES, ids=str)
def test_every_opening_takes_part(name: str, place: int) -> None:
    values = list(getattr(PROOF.openings, name))
    values[place] += ONE
    wrong = replace(PROOF.openings, **{name: tuple(values)})
    if name == "wires" and place in FREE_WIRES:
        check(wrong)
        return
    with pytest.raises(ProofRefusedError, match="do not hold at zeta"):
        check(wrong)


def test_another_hash_of_the_inputs_is_refused() -> None:
    with pytest.raises(ProofRefusedError):
        verify_vanishing(
            DATA.common,
            PROOF.openings,
            (0, 0, 0, 0),
            DRAWN.zeta,
            (DRAWN.betas, DRAWN.gammas, DRAWN.alphas),
        )


@pytest.mark.parametrize("exponent", [0, 3])
def test_a_zeta_on_a_row_is_refused(exponent: int) -> None:
    with pytest.raises(ProofRefusedError, match="subgroup"):
        check(PROOF.openings, Ext(pow(root_of_unity(3), exponent, P)))


@pytest.mark.parametrize("gate", range(5))
def test_a_filter_is_zero_on_the_rows_of_the_other_gates(gate: int) -> None:
    common = DATA.common
    zeros = {row for row in range(5) if gate_filter(common, gate, Ext(row)) == ZERO}
    assert zeros == set(range(5)) - {gate}


def test_with_several_selectors_a_filter_is_zero_on_unused_rows() -> None:
    common = replace(DATA.common, groups=((0, 3), (3, 5)), selectors=(0, 0, 0, 1, 1))
    unused = Ext(2**32 - 1)
    assert gate_filter(common, 1, unused) == ZERO
    assert gate_filter(DATA.common, 1, unused) != ZERO
    assert gate_filter(common, 4, Ext(3)) == ZERO
    assert gate_filter(common, 4, Ext(0)) != ZERO


def test_there_is_a_term_for_every_product_chunk_and_constraint() -> None:
    pairs = list(zip(DRAWN.betas, DRAWN.gammas, strict=True))
    terms = combined_terms(DATA.common, PROOF.openings, HASH, DRAWN.zeta, pairs)
    assert len(terms) == 2 + 2 * 10 + DATA.common.gate_constraints
