"""The constraints of every kind of gate, at one point, in their order. Pure.

A constraint is an expression in the gate's wires and constants that is zero on every row where
the gate stands. Source: liabilities spec, section 4.7. Poseidon and the low-degree interpolation
have modules of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crawler.liabilities.plonky2.gate_interpolation import low_degree_interpolation
from crawler.liabilities.plonky2.gate_poseidon import poseidon, poseidon_mds
from crawler.liabilities.plonky2.goldilocks import ONE, ZERO, Algebra, Ext
from crawler.liabilities.plonky2.poseidon import DIGEST
from crawler.liabilities.plonky2.verifier_data import Gate


@dataclass(frozen=True, slots=True)
class Row:
    """What a gate's constraints are made of, at one point."""

    wires: Sequence[Ext]
    constants: Sequence[Ext]
    """Without the selectors."""
    inputs_hash: Sequence[int]
    """Digest of the public inputs."""

    def pair(self, wire: int) -> Algebra:
        """Return two neighbouring wires as one element of the algebra."""
        return Algebra(self.wires[wire], self.wires[wire + 1])


def both(values: Sequence[Algebra]) -> list[Ext]:
    """Return the two coordinates of each value, in order."""
    return [coordinate for value in values for coordinate in (value.x, value.y)]


def _bit(bit: Ext) -> Ext:
    return bit * (bit - ONE)


def _noop(_row: Row, _gate: Gate) -> list[Ext]:
    return []


def _constant(row: Row, gate: Gate) -> list[Ext]:
    return [row.constants[i] - row.wires[i] for i in range(gate.parameters[0])]


def _public_input(row: Row, _gate: Gate) -> list[Ext]:
    return [row.wires[i] - Ext(row.inputs_hash[i]) for i in range(DIGEST)]


def _arithmetic(row: Row, gate: Gate) -> list[Ext]:
    first, second = row.constants[:2]
    found = []
    for at in range(0, 4 * gate.parameters[0], 4):
        left, right, addend, output = row.wires[at : at + 4]
        found.append(output - (left * right * first + addend * second))
    return found


def _arithmetic_extension(row: Row, gate: Gate) -> list[Ext]:
    first, second = row.constants[:2]
    return both(
        [
            row.pair(at + 6)
            - ((row.pair(at) * row.pair(at + 2)).times(first) + row.pair(at + 4).times(second))
            for at in range(0, 8 * gate.parameters[0], 8)
        ]
    )


def _mul_extension(row: Row, gate: Gate) -> list[Ext]:
    return both(
        [
            row.pair(at + 4) - (row.pair(at) * row.pair(at + 2)).times(row.constants[0])
            for at in range(0, 6 * gate.parameters[0], 6)
        ]
    )


def _base_sum(row: Row, gate: Gate) -> list[Ext]:
    limbs = row.wires[1 : 1 + gate.parameters[0]]
    total = ZERO
    for limb in reversed(limbs):
        total = total.scaled(2) + limb
    return [total - row.wires[0], *map(_bit, limbs)]


def _exponentiation(row: Row, gate: Gate) -> list[Ext]:
    count = gate.parameters[0]
    base, bits = row.wires[0], row.wires[1 : 1 + count]
    output, steps = row.wires[1 + count], row.wires[2 + count : 2 + 2 * count]
    found: list[Ext] = []
    previous = ONE
    for bit, step in zip(reversed(bits), steps, strict=True):
        found.append(previous * (bit * base + ONE - bit) - step)
        previous = step * step
    return [*found, output - steps[-1]]


def _random_access(row: Row, gate: Gate) -> list[Ext]:
    bits, copies, extra = gate.parameters
    width = 2 + (1 << bits)
    found: list[Ext] = []
    for copy in range(copies):
        index, claimed, *items = row.wires[width * copy : width * (copy + 1)]
        first_bit = width * copies + extra + bits * copy
        choice = row.wires[first_bit : first_bit + bits]
        found += map(_bit, choice)
        total = ZERO
        for bit in reversed(choice):
            total = total.scaled(2) + bit
        found.append(total - index)
        for bit in choice:
            items = [
                low + bit * (high - low) for low, high in zip(items[::2], items[1::2], strict=True)
            ]
        found.append(items[0] - claimed)
    return found + [row.constants[i] - row.wires[width * copies + i] for i in range(extra)]


def _reduce(row: Row, terms: Sequence[Algebra], first_step: int) -> list[Ext]:
    """Return the constraints of a Horner sum whose accumulators start at `first_step`."""
    output, alpha, sum_so_far = row.pair(0), row.pair(2), row.pair(4)
    steps = [row.pair(first_step + 2 * i) for i in range(len(terms) - 1)]
    found = []
    for term, following in zip(terms, [*steps, output], strict=True):
        found.append(sum_so_far * alpha + term - following)
        sum_so_far = following
    return both(found)


def _reducing(row: Row, gate: Gate) -> list[Ext]:
    count = gate.parameters[0]
    return _reduce(row, [Algebra(wire) for wire in row.wires[6 : 6 + count]], 6 + count)


def _reducing_extension(row: Row, gate: Gate) -> list[Ext]:
    count = gate.parameters[0]
    return _reduce(row, [row.pair(6 + 2 * i) for i in range(count)], 6 + 2 * count)


def _poseidon(row: Row, _gate: Gate) -> list[Ext]:
    return poseidon(row.wires)


def _poseidon_mds(row: Row, _gate: Gate) -> list[Ext]:
    return both(poseidon_mds([row.pair(2 * i) for i in range(24)]))


def _interpolation(row: Row, gate: Gate) -> list[Ext]:
    return low_degree_interpolation(row.wires, gate.parameters[0])


_CONSTRAINTS: dict[str, Callable[[Row, Gate], list[Ext]]] = {
    "Noop": _noop,
    "Constant": _constant,
    "PublicInput": _public_input,
    "Arithmetic": _arithmetic,
    "ArithmeticExtension": _arithmetic_extension,
    "MulExtension": _mul_extension,
    "BaseSum": _base_sum,
    "Exponentiation": _exponentiation,
    "RandomAccess": _random_access,
    "Reducing": _reducing,
    "ReducingExtension": _reducing_extension,
    "LowDegreeInterpolation": _interpolation,
    "Poseidon": _poseidon,
    "PoseidonMds": _poseidon_mds,
}


def constraints(gate: Gate, row: Row) -> list[Ext]:
    """Return the values of the gate's constraints, in order."""
    return _CONSTRAINTS[gate.name](row, gate)
