"""The combined constraint polynomial at zeta, and what the quotient makes of it. Pure.

Terms, in order: the products start at one; the partial products link up; the gates' constraints.
Each challenge alpha sums them with its powers. Source: liabilities spec, section 4.6, steps 2, 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from crawler.liabilities.plonky2.gates import Row, constraints
from crawler.liabilities.plonky2.goldilocks import ONE, ZERO, Ext, P, horner, powers
from crawler.liabilities.plonky2.proof import Openings, ProofRefusedError
from crawler.liabilities.plonky2.verifier_data import CommonData

_UNUSED_SELECTOR = 2**32 - 1


def gate_filter(common: CommonData, gate: int, selector: Ext) -> Ext:
    """Return the factor that is zero on rows where another gate of the same group stands."""
    first, end = common.groups[common.selectors[gate]]
    product = ONE
    for other in range(first, end):
        if other != gate:
            product *= Ext(other) - selector
    if len(common.groups) > 1:
        product *= Ext(_UNUSED_SELECTOR) - selector
    return product


def gate_terms(common: CommonData, openings: Openings, inputs_hash: Sequence[int]) -> list[Ext]:
    """Return the sums of all gates' filtered constraints, by their place within the gate."""
    selectors = len(common.groups)
    row = Row(openings.wires, openings.constants[selectors:], inputs_hash)
    totals = [ZERO] * common.gate_constraints
    for number, gate in enumerate(common.gates):
        factor = gate_filter(common, number, openings.constants[common.selectors[number]])
        for place, value in enumerate(constraints(gate, row)):
            totals[place] += factor * value
    return totals


def _permutation_terms(
    common: CommonData, openings: Openings, zeta: Ext, challenge: int, drawn: tuple[int, int]
) -> list[Ext]:
    """Return what links the partial products of one challenge: one term a chunk of wires."""
    beta, gamma = drawn
    shifted = [
        wire + zeta.scaled(beta * factor % P) + Ext(gamma)
        for wire, factor in zip(openings.wires, common.k_is, strict=False)
    ]
    permuted = [
        wire + sigma.scaled(beta) + Ext(gamma)
        for wire, sigma in zip(openings.wires, openings.sigmas, strict=False)
    ]
    count = common.partial_products
    products = (
        openings.zs[challenge],
        *openings.partial_products[challenge * count : (challenge + 1) * count],
        openings.zs_next[challenge],
    )
    terms = []
    size = common.quotient_degree_factor
    for chunk, (before, after) in enumerate(pairwise(products)):
        left, right = before, after
        for wire in range(chunk * size, min((chunk + 1) * size, common.config.routed_wires)):
            left *= shifted[wire]
            right *= permuted[wire]
        terms.append(left - right)
    return terms


def combined_terms(
    common: CommonData,
    openings: Openings,
    inputs_hash: Sequence[int],
    point: Ext,
    drawn: Sequence[tuple[int, int]],
) -> list[Ext]:
    """Return all terms at a point, in order; `drawn` is beta and gamma of each challenge.

    Every term is zero on every row, that is a multiple of point^n - 1.
    """
    size = 1 << common.degree_bits
    vanishing = point.power(size) - ONE
    lagrange = vanishing * (point - ONE).scaled(size).inverse()
    terms = [lagrange * (product - ONE) for product in openings.zs]
    for challenge, pair in enumerate(drawn):
        terms += _permutation_terms(common, openings, point, challenge, pair)
    return terms + gate_terms(common, openings, inputs_hash)


def verify_vanishing(
    common: CommonData,
    openings: Openings,
    inputs_hash: Sequence[int],
    zeta: Ext,
    drawn: tuple[Sequence[int], Sequence[int], Sequence[int]],
) -> None:
    """Check the constraints at zeta; `drawn` are betas, gammas, alphas.

    Raises ProofRefusedError when they are not the quotient times the vanishing polynomial.
    """
    betas, gammas, alphas = drawn
    zeta_n = zeta.power(1 << common.degree_bits)
    vanishing = zeta_n - ONE
    if vanishing == ZERO:
        raise ProofRefusedError("zeta lies in the subgroup of the rows")
    pairs = list(zip(betas, gammas, strict=True))
    terms = combined_terms(common, openings, inputs_hash, zeta, pairs)
    factor = common.quotient_degree_factor
    zeta_powers = powers(zeta_n, factor)
    for challenge, alpha in enumerate(alphas):
        quotient = ZERO
        pieces = openings.quotient[challenge * factor : (challenge + 1) * factor]
        for piece, power in zip(pieces, zeta_powers, strict=True):
            quotient += piece * power
        if horner(terms, Ext(alpha)) != vanishing * quotient:
            raise ProofRefusedError(f"the constraints do not hold at zeta (challenge {challenge})")
