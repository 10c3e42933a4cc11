"""A Plonky2 proof as JSON: strict parsing against the sizes of one circuit. Pure.

Every list has exactly the length that the common data give, and no member is missing or unknown.
Digests, public inputs and the witness are elements of the field; openings and leaves may be any
number of 64 bits, because the published prover writes them without reducing them (a zero now and
then as P): they are reduced here. Source: liabilities spec, sections 4.4 and 4.6 step 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from crawler.liabilities.documents import Node
from crawler.liabilities.plonky2.goldilocks import Ext, P
from crawler.liabilities.plonky2.poseidon import DIGEST, Digest
from crawler.liabilities.plonky2.verifier_data import CommonData

SALT = 4
"""Random elements at the end of a leaf of a commitment that hides what it commits to."""


class ProofRefusedError(ValueError):
    """A proof of the right form does not hold; the message says at which step."""


@dataclass(frozen=True, slots=True)
class Openings:
    """Values of all polynomials at zeta, and of the permutation products one row further."""

    constants: tuple[Ext, ...]
    sigmas: tuple[Ext, ...]
    wires: tuple[Ext, ...]
    zs: tuple[Ext, ...]
    zs_next: tuple[Ext, ...]
    partial_products: tuple[Ext, ...]
    quotient: tuple[Ext, ...]

    def at_zeta(self) -> tuple[Ext, ...]:
        """Return the values at zeta in the order in which they are committed to."""
        return (
            *self.constants,
            *self.sigmas,
            *self.wires,
            *self.zs,
            *self.partial_products,
            *self.quotient,
        )


@dataclass(frozen=True, slots=True)
class InitialOpening:
    """One leaf of one of the four commitments, and its Merkle path."""

    leaf: tuple[int, ...]
    siblings: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class FoldOpening:
    """The values of one coset of a folded layer, and the coset's Merkle path."""

    values: tuple[Ext, ...]
    siblings: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """All that one query of the low-degree test opens."""

    initial: tuple[InitialOpening, ...]
    """Constants and sigmas, wires, permutation products, quotient."""
    folds: tuple[FoldOpening, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof of the sizes of its circuit; nothing is verified yet."""

    wires_cap: tuple[Digest, ...]
    products_cap: tuple[Digest, ...]
    quotient_cap: tuple[Digest, ...]
    openings: Openings
    layer_caps: tuple[tuple[Digest, ...], ...]
    queries: tuple[Query, ...]
    final: tuple[Ext, ...]
    pow_witness: int
    public_inputs: tuple[int, ...]


def elements(node: Node, count: int, most: int = P - 1) -> tuple[int, ...]:
    """Return `count` numbers from 0 to `most`, by default of the field. Raises LiabilitiesError."""
    value = node.value
    if not isinstance(value, list):
        node.refuse("a list was expected")
    if len(value) != count:
        node.refuse(f"a list of {count} was expected, not of {len(value)}")
    for place, item in enumerate(value):
        # `type`, not isinstance: true and false are no numbers; and fast, for there are many
        if type(item) is not int or not 0 <= item <= most:
            node.refuse(f"item {place} is not a number from 0 to {most}")
    return tuple(value)


def residues(node: Node, count: int) -> tuple[int, ...]:
    """Return `count` numbers of 64 bits, reduced into the field. Raises LiabilitiesError."""
    return tuple(item % P for item in elements(node, count, 2**64 - 1))


def digest(node: Node) -> Digest:
    """Return a digest written as ``{"elements": [4 numbers]}``. Raises LiabilitiesError."""
    node.only("elements")
    return elements(node.member("elements"), DIGEST)


def _digests(node: Node, count: int) -> tuple[Digest, ...]:
    return tuple(digest(item) for item in node.items(least=count, most=count))


def _exts(node: Node, count: int) -> tuple[Ext, ...]:
    return tuple(Ext(*residues(item, 2)) for item in node.items(least=count, most=count))


def _siblings(node: Node, count: int) -> tuple[Digest, ...]:
    node.only("siblings")
    return _digests(node.member("siblings"), count)


def _openings(node: Node, common: CommonData) -> Openings:
    challenges = common.config.challenges
    sizes = {
        "constants": common.constants,
        "plonk_sigmas": common.config.routed_wires,
        "wires": common.config.wires,
        "plonk_zs": challenges,
        "plonk_zs_next": challenges,
        "partial_products": challenges * common.partial_products,
        "quotient_polys": challenges * common.quotient_degree_factor,
    }
    # forks with lookup tables write their (here always empty) openings too
    node.only(*sizes, "lookup_zs", "lookup_zs_next")
    for name in ("lookup_zs", "lookup_zs_next"):
        if name in node.members():
            node.member(name).items(most=0)
    return Openings(*(_exts(node.member(name), size) for name, size in sizes.items()))


def leaf_lengths(common: CommonData) -> tuple[int, ...]:
    """Return the lengths, without salt, of the leaves of the four commitments."""
    challenges = common.config.challenges
    return (
        common.constants + common.config.routed_wires,
        common.config.wires,
        challenges * (1 + common.partial_products),
        challenges * common.quotient_degree_factor,
    )


def _initial(node: Node, common: CommonData) -> tuple[InitialOpening, ...]:
    node.only("evals_proofs")
    lengths = leaf_lengths(common)
    depth = common.lde_bits - common.fri.cap_height
    found = []
    trees = node.member("evals_proofs").items(least=len(lengths), most=len(lengths))
    for place, (tree, length) in enumerate(zip(trees, lengths, strict=True)):
        leaf, path = tree.items(least=2, most=2)
        salt = SALT if common.hiding and place else 0
        found.append(InitialOpening(residues(leaf, length + salt), _siblings(path, depth)))
    return tuple(found)


def _folds(node: Node, common: CommonData) -> tuple[FoldOpening, ...]:
    depth = common.lde_bits - common.fri.cap_height
    found = []
    count = len(common.arity_bits)
    for step, bits in zip(node.items(least=count, most=count), common.arity_bits, strict=True):
        step.only("evals", "merkle_proof")
        depth -= bits
        values = _exts(step.member("evals"), 1 << bits)
        found.append(FoldOpening(values, _siblings(step.member("merkle_proof"), depth)))
    return tuple(found)


def _query(node: Node, common: CommonData) -> Query:
    node.only("initial_trees_proof", "steps")
    initial = _initial(node.member("initial_trees_proof"), common)
    return Query(initial, _folds(node.member("steps"), common))


def parse(node: Node, common: CommonData) -> Proof:
    """Return the proof for that circuit. Raises LiabilitiesError with the place of the fault."""
    node.only("proof", "public_inputs")
    inner = node.member("proof")
    inner.only(
        "wires_cap",
        "plonk_zs_partial_products_cap",
        "quotient_polys_cap",
        "openings",
        "opening_proof",
    )
    fri = inner.member("opening_proof")
    fri.only("commit_phase_merkle_caps", "query_round_proofs", "final_poly", "pow_witness")
    fri.member("final_poly").only("coeffs")
    cap = 1 << common.fri.cap_height
    layers = len(common.arity_bits)
    caps = fri.member("commit_phase_merkle_caps").items(least=layers, most=layers)
    rounds = common.fri.queries
    queries = fri.member("query_round_proofs").items(least=rounds, most=rounds)
    final = 1 << (common.degree_bits - sum(common.arity_bits))
    return Proof(
        wires_cap=_digests(inner.member("wires_cap"), cap),
        products_cap=_digests(inner.member("plonk_zs_partial_products_cap"), cap),
        quotient_cap=_digests(inner.member("quotient_polys_cap"), cap),
        openings=_openings(inner.member("openings"), common),
        layer_caps=tuple(_digests(layer, cap) for layer in caps),
        queries=tuple(_query(query, common) for query in queries),
        final=_exts(fri.member("final_poly").member("coeffs"), final),
        pow_witness=fri.member("pow_witness").integer(0, P - 1),
        public_inputs=elements(node.member("public_inputs"), common.public_inputs),
    )
