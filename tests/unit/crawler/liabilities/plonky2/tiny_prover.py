"""A Plonky2 prover for one circuit of eight rows: enough for a proof that the verifier accepts.

No wires are copied, so the permutation products are one everywhere. Nothing is blinded, but the
leaves can carry salt as a hiding circuit's do.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

from crawler.liabilities import okx_circuits
from crawler.liabilities.plonky2.challenger import Challenger
from crawler.liabilities.plonky2.fri import fold
from crawler.liabilities.plonky2.goldilocks import (
    COSET_SHIFT,
    ONE,
    Ext,
    P,
    horner,
    powers,
    reverse_bits,
    root_of_unity,
)
from crawler.liabilities.plonky2.poseidon import Digest, hash_no_pad, hash_or_noop, two_to_one
from crawler.liabilities.plonky2.proof import Openings
from crawler.liabilities.plonky2.vanishing import combined_terms
from crawler.liabilities.plonky2.verifier_data import CommonData, FriConfig, Gate, VerifierData

DEGREE_BITS, LDE_BITS, FOLD_BITS = 3, 6, 2
ROWS, POINTS = 1 << DEGREE_BITS, 1 << LDE_BITS
PUBLIC_INPUTS = (1000, 400, 1, 2, 3, 4)
GATES = [
    Gate("Noop"),
    Gate("Constant", (2,)),
    Gate("PublicInput"),
    Gate("BaseSum", (63,)),
    Gate("Arithmetic", (20,)),
]
ROW_GATES = (2, 1, 4, 3, 0, 0, 0, 0)
"""Which gate stands on which row."""
CONSTANTS = (7, 9)
FRI = FriConfig(rate_bits=3, cap_height=1, queries=5, pow_bits=4, strategy=(1, 2, 1))

Polynomial = list[int]
"""Coefficients, lowest first."""
Tree = list[list[Digest]]
"""Levels from the leaves' hashes to the cap."""


def common_data(*, hiding: bool) -> CommonData:
    known = okx_circuits.expected(GATES, DEGREE_BITS, zero_knowledge=hiding)
    return replace(known, fri=FRI, arity_bits=(FOLD_BITS,), gate_constraints=64)


def natural(place: int) -> int:
    """Return the domain's element at a leaf's place: leaves are in bit-reversed order."""
    exponent = reverse_bits(place, LDE_BITS)
    return COSET_SHIFT * pow(root_of_unity(LDE_BITS), exponent, P) % P


def evaluate(polynomial: Polynomial, point: int) -> int:
    total = 0
    for coefficient in reversed(polynomial):
        total = (total * point + coefficient) % P
    return total


def interpolate(values: Sequence[int], shift: int = 1) -> Polynomial:
    """Return the polynomial with these values on shift * (powers of the root of unity)."""
    size = len(values)
    inverse = pow(root_of_unity(size.bit_length() - 1), -1, P)
    found = []
    for degree in range(size):
        step, total = pow(inverse, degree, P), 0
        for value in reversed(values):
            total = (total * step + value) % P
        found.append(total * pow(size, -1, P) * pow(shift, -degree, P) % P)
    return found


def build(leaves: Sequence[Sequence[int]]) -> Tree:
    levels = [[hash_or_noop(leaf) for leaf in leaves]]
    while len(levels[-1]) > 1 << FRI.cap_height:
        level = levels[-1]
        levels.append([two_to_one(level[at], level[at + 1]) for at in range(0, len(level), 2)])
    return levels


def path(tree: Tree, place: int) -> list[Digest]:
    return [level[(place >> height) ^ 1] for height, level in enumerate(tree[:-1])]


@dataclass
class Commitment:
    """Polynomials, their values at the leaves, and the tree over them."""

    polynomials: list[Polynomial]
    leaves: list[list[int]]
    tree: Tree

    @property
    def cap(self) -> list[Digest]:
        return self.tree[-1]

    def at(self, point: Ext) -> tuple[Ext, ...]:
        return tuple(horner(map(Ext, polynomial), point) for polynomial in self.polynomials)


def commit(polynomials: list[Polynomial], *, salted: bool) -> Commitment:
    leaves = [
        [evaluate(polynomial, natural(place)) for polynomial in polynomials]
        + ([place, 5, 6, 7] if salted else [])
        for place in range(POINTS)
    ]
    return Commitment(polynomials, leaves, build(leaves))


def witness(inputs_hash: Sequence[int]) -> list[list[int]]:
    """Return the wires of the eight rows."""
    rows = [[0] * 135 for _ in range(ROWS)]
    rows[0][:4] = inputs_hash
    rows[1][:2] = CONSTANTS
    for at in range(0, 80, 4):
        rows[2][at : at + 4] = [at + 1, 3, 5, ((at + 1) * 3 * CONSTANTS[0] + 5 * CONSTANTS[1]) % P]
    rows[3][0] = 0b1011
    rows[3][1:5] = [1, 1, 0, 1]
    return rows


def columns(rows: Sequence[Sequence[int]]) -> list[Polynomial]:
    return [interpolate(column) for column in zip(*rows, strict=True)]


def circuit(common: CommonData) -> Commitment:
    selectors = [[gate, *CONSTANTS] for gate in ROW_GATES]
    sigmas = [[0, factor, *[0] * (ROWS - 2)] for factor in common.k_is]
    return commit([*columns(selectors), *sigmas], salted=False)


class Prover:
    """Makes one proof; `wires` and `inputs` may be dishonest."""

    def __init__(
        self,
        *,
        hiding: bool = False,
        inputs: Sequence[int] = PUBLIC_INPUTS,
        wires: list[list[int]] | None = None,
    ) -> None:
        self.common = common_data(hiding=hiding)
        self.inputs = inputs
        self.inputs_hash = hash_no_pad(inputs)
        self.hiding = hiding
        self.circuit = circuit(self.common)
        data = VerifierData(tuple(self.circuit.cap), (0, 0, 0, 0), self.common)
        self.data = replace(data, digest=data.expected_digest())
        rows = witness(self.inputs_hash) if wires is None else wires
        self.wires = commit(columns(rows), salted=hiding)
        one = [1, *[0] * (ROWS - 1)]
        self.products = commit([one] * 20, salted=hiding)

    def openings(self, values: Sequence[Sequence[Ext]]) -> Openings:
        """Return openings from the values of circuit, wires, products and quotient."""
        constants, sigmas = values[0][:-80], values[0][-80:]
        return Openings(
            constants=tuple(constants),
            sigmas=tuple(sigmas),
            wires=tuple(values[1]),
            zs=tuple(values[2][:2]),
            zs_next=(ONE, ONE),
            partial_products=tuple(values[2][2:]),
            quotient=tuple(values[3]),
        )

    def quotient(self, pairs: list[tuple[int, int]], alphas: list[int]) -> Commitment:
        values: list[list[int]] = [[], []]
        for exponent in range(POINTS):
            place = reverse_bits(exponent, LDE_BITS)
            point = natural(place)
            lanes = [
                [Ext(value) for value in commitment.leaves[place][: len(commitment.polynomials)]]
                for commitment in (self.circuit, self.wires, self.products)
            ]
            openings = self.openings([*lanes, []])
            terms = combined_terms(self.common, openings, self.inputs_hash, Ext(point), pairs)
            divisor = pow(pow(point, ROWS, P) - 1, -1, P)
            for challenge, alpha in enumerate(alphas):
                values[challenge].append(horner(terms, Ext(alpha)).a * divisor % P)
        pieces = []
        for combined in values:
            whole = interpolate(combined, COSET_SHIFT)
            pieces += [whole[at : at + ROWS] for at in range(0, POINTS, ROWS)]
        return commit(pieces, salted=self.hiding)

    def prove(self) -> dict[str, object]:
        """Return the proof in the published form."""
        challenger = Challenger()
        challenger.observe(self.data.digest)
        challenger.observe(self.inputs_hash)
        challenger.observe_cap(self.wires.cap)
        betas, gammas = challenger.challenges(2), challenger.challenges(2)
        challenger.observe_cap(self.products.cap)
        alphas = challenger.challenges(2)
        quotient = self.quotient(list(zip(betas, gammas, strict=True)), alphas)
        challenger.observe_cap(quotient.cap)
        zeta = challenger.ext_challenge()
        trees = (self.circuit, self.wires, self.products, quotient)
        openings = self.openings([tree.at(zeta) for tree in trees])
        challenger.observe_ext(openings.at_zeta())
        challenger.observe_ext(openings.zs_next)
        layer = self.combined(trees, openings, zeta, challenger.ext_challenge())
        cosets = [layer[at : at + 4] for at in range(0, POINTS, 4)]
        folded = build(
            [[part for value in coset for part in (value.a, value.b)] for coset in cosets]
        )
        challenger.observe_cap(folded[-1])
        beta = challenger.ext_challenge()
        after = [fold(coset, natural(4 * at), 0, beta) for at, coset in enumerate(cosets)]
        first, second = (Ext(pow(natural(4 * at), 4, P)) for at in (0, 1))
        slope = (after[0] - after[1]) * (first - second).inverse()
        final = (after[0] - slope * first, slope)
        challenger.observe_ext(final)
        nonce = self.work(challenger)
        challenger.observe([nonce])
        challenger.challenge()
        indices = [drawn % POINTS for drawn in challenger.challenges(FRI.queries)]
        return {
            "proof": {
                "wires_cap": digests(self.wires.cap),
                "plonk_zs_partial_products_cap": digests(self.products.cap),
                "quotient_polys_cap": digests(quotient.cap),
                "openings": written(openings),
                "opening_proof": {
                    "commit_phase_merkle_caps": [digests(folded[-1])],
                    "query_round_proofs": [query(trees, cosets, folded, at) for at in indices],
                    "final_poly": {"coeffs": exts(final)},
                    "pow_witness": nonce,
                },
            },
            "public_inputs": list(self.inputs),
        }

    def combined(
        self, trees: Sequence[Commitment], openings: Openings, zeta: Ext, alpha: Ext
    ) -> list[Ext]:
        """Return the polynomial that is tested for low degree, at every leaf."""
        weights = powers(alpha, 300)
        behind = zeta.scaled(root_of_unity(DEGREE_BITS))
        found = []
        for place in range(POINTS):
            point = Ext(natural(place))
            values = [
                Ext(value)
                for tree in trees
                for value in tree.leaves[place][: len(tree.polynomials)]
            ]
            here, there = Ext(0), Ext(0)
            for value, opened, weight in zip(values, openings.at_zeta(), weights, strict=False):
                here += (value - opened) * weight
            for opened, weight in zip(openings.zs_next, weights, strict=False):
                there += (ONE - opened) * weight
            here *= (point - zeta).inverse() * alpha * alpha
            found.append(point * (here + there * (point - behind).inverse()))
        return found

    def work(self, challenger: Challenger) -> int:
        """Return the first witness whose response begins with enough zero bits."""
        for nonce in range(10_000):
            trial = copy.deepcopy(challenger)
            trial.observe([nonce])
            if trial.challenge() >> (64 - FRI.pow_bits) == 0:
                return nonce
        raise AssertionError("no witness found")


def digests(nodes: Sequence[Digest]) -> list[dict[str, list[int]]]:
    return [{"elements": list(entry)} for entry in nodes]


def exts(values: Sequence[Ext]) -> list[list[int]]:
    return [[value.a, value.b] for value in values]


def written(openings: Openings) -> dict[str, list[list[int]]]:
    return {
        "constants": exts(openings.constants),
        "plonk_sigmas": exts(openings.sigmas),
        "wires": exts(openings.wires),
        "plonk_zs": exts(openings.zs),
        "plonk_zs_next": exts(openings.zs_next),
        "partial_products": exts(openings.partial_products),
        "quotient_polys": exts(openings.quotient),
    }


def query(
    trees: Sequence[Commitment], cosets: Sequence[Sequence[Ext]], folded: Tree, place: int
) -> dict[str, object]:
    return {
        "initial_trees_proof": {
            "evals_proofs": [
                [tree.leaves[place], {"siblings": digests(path(tree.tree, place))}]
                for tree in trees
            ]
        },
        "steps": [
            {
                "evals": exts(cosets[place >> 2]),
                "merkle_proof": {"siblings": digests(path(folded, place >> 2))},
            }
        ],
    }
