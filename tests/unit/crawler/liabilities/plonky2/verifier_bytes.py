"""Write verifier data as the published binary form: the other direction of the parser."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.liabilities.plonky2.verifier_data import (
    CircuitConfig,
    CommonData,
    FriConfig,
    VerifierData,
)

TAGS = {
    "Arithmetic": 0,
    "ArithmeticExtension": 1,
    "BaseSum": 2,
    "LowDegreeInterpolation": 4,
    "Exponentiation": 5,
    "MulExtension": 8,
    "Noop": 9,
    "Constant": 10,
    "PoseidonMds": 11,
    "PublicInput": 12,
    "Poseidon": 13,
    "RandomAccess": 14,
    "ReducingExtension": 15,
    "Reducing": 16,
}


def number(value: int, size: int = 8) -> bytes:
    return value.to_bytes(size, "little")


def numbers(values: Sequence[int]) -> bytes:
    return number(len(values)) + b"".join(map(number, values))


def fri_bytes(fri: FriConfig) -> bytes:
    kind, *rest = fri.strategy
    if kind == 0:
        strategy = numbers(rest)
    elif kind == 1:
        strategy = b"".join(map(number, rest))
    else:
        strategy = number(len(rest), 1) + b"".join(map(number, rest))
    sizes = b"".join(map(number, (fri.rate_bits, fri.cap_height, fri.queries)))
    return sizes + number(fri.pow_bits, 4) + number(kind, 1) + strategy


def config_bytes(config: CircuitConfig) -> bytes:
    sizes = (
        config.wires,
        config.routed_wires,
        config.constants,
        config.security_bits,
        config.challenges,
        config.max_quotient_degree_factor,
    )
    flags = bytes([config.base_arithmetic, config.zero_knowledge])
    return b"".join(map(number, sizes)) + flags + fri_bytes(config.fri)


def common_bytes(common: CommonData) -> bytes:
    groups = b"".join(number(start) + number(end) for start, end in common.groups)
    sizes = (
        common.quotient_degree_factor,
        common.gate_constraints,
        common.constants,
        common.public_inputs,
    )
    gates = b"".join(
        number(TAGS[gate.name], 4) + b"".join(map(number, gate.parameters)) for gate in common.gates
    )
    return b"".join(
        (
            config_bytes(common.config),
            fri_bytes(common.fri),
            numbers(common.arity_bits),
            number(common.degree_bits),
            number(int(common.hiding), 1),
            numbers(common.selectors),
            number(len(common.groups)),
            groups,
            *map(number, sizes),
            numbers(common.k_is),
            number(common.partial_products),
            number(len(common.gates)),
            gates,
        )
    )


def to_bytes(data: VerifierData) -> bytes:
    limbs = [limb for digest in (*data.cap, data.digest) for limb in digest]
    head = number(len(data.cap).bit_length() - 1)
    return head + b"".join(map(number, limbs)) + common_bytes(data.common)
