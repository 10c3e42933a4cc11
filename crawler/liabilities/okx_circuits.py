"""Which circuits OKX's zk V2 proofs may be made with. Pure.

The digest of a Plonky2 circuit covers its commitment and its size, but not the list of gates, so
everything else is compared with what the published circuits have: the layout, the parameters of
the low-degree test, the gates in their order, and the selectors that follow from the gates. Only
the degree, the cap and the digest are a circuit's own. The commitment itself cannot be told right
or wrong without building the circuit. Source: liabilities spec, sections 4.4, 4.5 and 4.9.
"""

from __future__ import annotations

from dataclasses import replace

from crawler.liabilities.documents import Node
from crawler.liabilities.plonky2.goldilocks import P
from crawler.liabilities.plonky2.verifier_data import (
    CircuitConfig,
    CommonData,
    FriConfig,
    Gate,
    VerifierData,
    constant_arity,
)

PUBLIC_INPUTS = 6
"""Total equity, total debt, root hash."""

FRI = FriConfig(rate_bits=3, cap_height=1, queries=28, pow_bits=16, strategy=(1, 4, 5))
_FOLD_BITS, _FINAL_BITS = 4, 5
_GROUP_DEGREE = 9
"""Highest degree of a gate's constraints and its filter together."""

_KNOWN: dict[Gate, int] = {
    Gate("Noop"): 0,
    Gate("Constant", (2,)): 1,
    Gate("PoseidonMds"): 1,
    Gate("PublicInput"): 1,
    Gate("BaseSum", (63,)): 2,
    Gate("LowDegreeInterpolation", (4,)): 2,
    Gate("RandomAccess", (1, 20, 0)): 2,
    Gate("ReducingExtension", (32,)): 2,
    Gate("Reducing", (43,)): 2,
    Gate("ArithmeticExtension", (10,)): 3,
    Gate("Arithmetic", (20,)): 3,
    Gate("MulExtension", (13,)): 3,
    Gate("Exponentiation", (66,)): 4,
    Gate("RandomAccess", (4, 4, 2)): 5,
    Gate("Poseidon"): 7,
}
"""The gates in the order in which a circuit has them, with their degrees."""

_OPTIONAL = {Gate("Constant", (2,)), Gate("Exponentiation", (66,))}
"""Some of the published recursive circuits have no row for these."""

_BATCH = {
    Gate("Noop"),
    Gate("Constant", (2,)),
    Gate("PublicInput"),
    Gate("BaseSum", (63,)),
    Gate("Arithmetic", (20,)),
    Gate("Poseidon"),
}


def config(*, zero_knowledge: bool) -> CircuitConfig:
    """Return the one layout that all these circuits have."""
    return CircuitConfig(
        wires=135,
        routed_wires=80,
        constants=2,
        security_bits=100,
        challenges=2,
        max_quotient_degree_factor=8,
        base_arithmetic=True,
        zero_knowledge=zero_knowledge,
        fri=FRI,
    )


def _groups(gates: list[Gate]) -> list[tuple[int, int]]:
    """Return the runs of gates that share a selector: as many as the degree allows."""
    found, start = [], 0
    while start < len(gates):
        end = start
        while end < len(gates) and end - start + _KNOWN[gates[end]] < _GROUP_DEGREE:
            end += 1
        found.append((start, end))
        start = end
    return found


def expected(gates: list[Gate], degree_bits: int, *, zero_knowledge: bool) -> CommonData:
    """Return the common data of a circuit with these gates (all of them known ones)."""
    groups = _groups(gates)
    return CommonData(
        config=config(zero_knowledge=zero_knowledge),
        fri=FRI,
        arity_bits=constant_arity(degree_bits, _FOLD_BITS, _FINAL_BITS),
        degree_bits=degree_bits,
        hiding=zero_knowledge,
        selectors=tuple(
            number for number, (start, end) in enumerate(groups) for _ in range(start, end)
        ),
        groups=tuple(groups),
        quotient_degree_factor=8,
        gate_constraints=123,
        constants=len(groups) + 2,
        public_inputs=PUBLIC_INPUTS,
        k_is=tuple(pow(7, wire, P) for wire in range(80)),
        partial_products=9,
        gates=tuple(gates),
    )


def is_verifiable(common: CommonData) -> bool:
    """Return whether the circuit, known-good or not, is built as these circuits are.

    Only such a circuit's proof is tried: all sizes are then in range for the gates' constraints.
    """
    ordered = [gate for gate in _KNOWN if gate in common.gates]
    like = expected(ordered, common.degree_bits, zero_knowledge=common.hiding)
    return common == replace(like, public_inputs=common.public_inputs)


def differences(common: CommonData, levels: int) -> list[str]:
    """Return what sets these common data apart from the known-good ones; empty when nothing does.

    `levels` is the number of recursive levels above the batches; zero for a batch's own circuit.
    """
    wanted = _BATCH if levels == 0 else set(_KNOWN)
    optional = set() if levels == 0 else _OPTIONAL
    present = set(common.gates)
    ordered = [gate for gate in _KNOWN if gate in present & wanted]
    found = [f"the gate {gate} is not among the known ones" for gate in present - wanted]
    found += [f"the gate {gate} is missing" for gate in wanted - optional - present]
    if found:
        return sorted(found)
    known = expected(ordered, common.degree_bits, zero_knowledge=levels > 0)
    return [
        f"{name} differ from the known-good circuit"
        for name in CommonData.__dataclass_fields__
        if getattr(common, name) != getattr(known, name)
    ]


def read_config(node: Node) -> CircuitConfig:
    """Return a circuit configuration written as JSON. Raises LiabilitiesError."""
    names = (
        "num_wires",
        "num_routed_wires",
        "num_constants",
        "security_bits",
        "num_challenges",
        "max_quotient_degree_factor",
    )
    node.only(*names, "use_base_arithmetic_gate", "zero_knowledge", "fri_config")
    wires, routed, constants, security, challenges, factor = (
        node.member(name).integer(0, 2**32) for name in names
    )
    fri = node.member("fri_config")
    numbers = ("rate_bits", "cap_height", "num_query_rounds", "proof_of_work_bits")
    fri.only(*numbers, "reduction_strategy")
    strategy = fri.member("reduction_strategy")
    strategy.only("ConstantArityBits")
    arity = strategy.member("ConstantArityBits").items(least=2, most=2)
    rate_bits, cap_height, queries, pow_bits = (
        fri.member(name).integer(0, 2**32) for name in numbers
    )
    return CircuitConfig(
        wires=wires,
        routed_wires=routed,
        constants=constants,
        security_bits=security,
        challenges=challenges,
        max_quotient_degree_factor=factor,
        base_arithmetic=_flag(node.member("use_base_arithmetic_gate")),
        zero_knowledge=_flag(node.member("zero_knowledge")),
        fri=FriConfig(
            rate_bits=rate_bits,
            cap_height=cap_height,
            queries=queries,
            pow_bits=pow_bits,
            strategy=(1, *(item.integer(0, 2**32) for item in arity)),
        ),
    )


def _flag(node: Node) -> bool:
    if not isinstance(node.value, bool):
        node.refuse("true or false was expected")
    return node.value


FIRST_ROUND = 508787475
"""The round of 2024-09, whose file leaves the circuits out."""
FIRST_ROUND_LEVELS = 3
FIRST_ROUND_SHA256 = "2adf9bedf53b7f25e0909e730e7d3f468756a45f9e22c882a93fb3c9700ac774"
"""Digest of the 1,333 bytes that the published verifier has built in."""


def first_round() -> VerifierData:
    """Return the verifier data that the published verifier has built in for its first round."""
    gates = [gate for gate in _KNOWN if gate != Gate("Constant", (2,))]
    return VerifierData(
        cap=(
            (17071978807030527971, 9768814405914828927, 1723319037493802758, 14284142017426432822),
            (15576650912583475855, 17720080882555655616, 10284216594459565344, 5433874625223766517),
        ),
        digest=(
            12334891077924198050,
            2138746491511686090,
            18415961294283891919,
            4418839560457271489,
        ),
        common=expected(gates, 19, zero_knowledge=True),
    )
