"""The low-degree test (FRI) of a Plonky2 proof, queried. Pure.

For every query must hold:

1. the four opened leaves are under their caps, at the query's index;
2. the first folded value is the combination of those leaves and of the openings;
3. in each layer the folded value stands at its place among the opened coset, the coset is under
   the layer's cap, and folding it at the layer's challenge gives the next value;
4. the last value is that of the final polynomial.

Source: liabilities spec, section 4.6, steps 4 to 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from crawler.liabilities.plonky2.goldilocks import (
    COSET_SHIFT,
    ZERO,
    Ext,
    P,
    horner,
    interpolate_on_coset,
    powers,
    reverse_bits,
    root_of_unity,
)
from crawler.liabilities.plonky2.poseidon import Digest, hash_or_noop, two_to_one
from crawler.liabilities.plonky2.proof import (
    FoldOpening,
    Proof,
    ProofRefusedError,
    Query,
    leaf_lengths,
)
from crawler.liabilities.plonky2.verifier_data import CommonData


@dataclass(frozen=True, slots=True)
class FriChallenges:
    """What the transcript drew for the low-degree test."""

    zeta: Ext
    alpha: Ext
    betas: tuple[Ext, ...]
    indices: tuple[int, ...]


def is_in_cap(
    leaf: Sequence[int], index: int, siblings: Sequence[Digest], cap: Sequence[Digest]
) -> bool:
    """Return whether the leaf stands at that index of the tree whose upper nodes are `cap`."""
    node = hash_or_noop(leaf)
    for sibling in siblings:
        node = two_to_one(sibling, node) if index & 1 else two_to_one(node, sibling)
        index >>= 1
    return index < len(cap) and node == cap[index]


def fold(values: Sequence[Ext], point: int, place: int, beta: Ext) -> Ext:
    """Return the value at beta of the polynomial through one coset.

    `values` are in bit-reversed order, and `point` is the domain's element at `place` among them.
    """
    bits = len(values).bit_length() - 1
    step = root_of_unity(bits)
    start = point * pow(step, (1 << bits) - reverse_bits(place, bits), P) % P
    ordered = [values[reverse_bits(natural, bits)] for natural in range(1 << bits)]
    return interpolate_on_coset(start, ordered, beta)


class _Combination:
    """The combined polynomial's values, from leaves and openings (step 2)."""

    def __init__(self, proof: Proof, common: CommonData, drawn: FriChallenges) -> None:
        openings = proof.openings
        self._lengths = leaf_lengths(common)
        alphas = powers(drawn.alpha, sum(self._lengths))
        self._real = [alpha.a for alpha in alphas]
        self._imaginary = [alpha.b for alpha in alphas]
        self._zeta = drawn.zeta
        self._zeta_next = drawn.zeta.scaled(root_of_unity(common.degree_bits))
        self._at_zeta = horner(openings.at_zeta(), drawn.alpha)
        self._at_next = horner(openings.zs_next, drawn.alpha)
        self._shift = drawn.alpha.power(common.config.challenges)
        self._challenges = common.config.challenges

    def _weighted(self, values: Sequence[int]) -> Ext:
        return Ext(
            sum(map(mul, values, self._real)) % P, sum(map(mul, values, self._imaginary)) % P
        )

    def at(self, query: Query, point: int) -> Ext:
        values = [
            value
            for opening, length in zip(query.initial, self._lengths, strict=True)
            for value in opening.leaf[:length]  # what follows is salt
        ]
        products = query.initial[2].leaf[: self._challenges]
        here, there = Ext(point) - self._zeta, Ext(point) - self._zeta_next
        if ZERO in (here, there):
            raise ProofRefusedError("a challenge lies in the evaluation domain")
        first = (self._weighted(values) - self._at_zeta) * here.inverse()
        second = (self._weighted(products) - self._at_next) * there.inverse()
        return (first * self._shift + second).scaled(point)


def _check_initial(query: Query, index: int, caps: Sequence[Sequence[Digest]], number: int) -> None:
    names = ("constants and sigmas", "wires", "permutation products", "quotient")
    for name, opening, cap in zip(names, query.initial, caps, strict=True):
        if not is_in_cap(opening.leaf, index, opening.siblings, cap):
            raise ProofRefusedError(f"query {number}: the leaf of the {name} is not under its cap")


def _check_fold(opening: FoldOpening, index: int, cap: Sequence[Digest], where: str) -> None:
    leaf = [coordinate for value in opening.values for coordinate in (value.a, value.b)]
    if not is_in_cap(leaf, index, opening.siblings, cap):
        raise ProofRefusedError(f"{where}: the coset is not under its cap")


def verify_queries(
    proof: Proof, circuit_cap: Sequence[Digest], common: CommonData, drawn: FriChallenges
) -> None:
    """Check every query of a proof. Raises ProofRefusedError at the first that does not hold."""
    caps = (circuit_cap, proof.wires_cap, proof.products_cap, proof.quotient_cap)
    combination = _Combination(proof, common, drawn)
    generator = root_of_unity(common.lde_bits)
    for number, (query, drawn_index) in enumerate(zip(proof.queries, drawn.indices, strict=True)):
        index = drawn_index
        _check_initial(query, index, caps, number)
        point = COSET_SHIFT * pow(generator, reverse_bits(index, common.lde_bits), P) % P
        value = combination.at(query, point)
        layers = zip(query.folds, common.arity_bits, drawn.betas, proof.layer_caps, strict=True)
        for layer, (opening, bits, beta, cap) in enumerate(layers):
            place = index & ((1 << bits) - 1)
            where = f"query {number}, layer {layer}"
            if opening.values[place] != value:
                raise ProofRefusedError(f"{where}: the folded value is not the one opened")
            index >>= bits
            _check_fold(opening, index, cap, where)
            value = fold(opening.values, point, place, beta)
            point = pow(point, 1 << bits, P)
        if horner(proof.final, Ext(point)) != value:
            raise ProofRefusedError(f"query {number}: the final polynomial has another value")
