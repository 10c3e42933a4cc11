"""Every gate: rows made by plain integer arithmetic satisfy it, and no wire of them is free."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from crawler.liabilities.plonky2.gates import Row, constraints
from crawler.liabilities.plonky2.goldilocks import ONE, ZERO, Ext, P
from crawler.liabilities.plonky2.poseidon import permute
from crawler.liabilities.plonky2.poseidon_constants import MDS
from crawler.liabilities.plonky2.verifier_data import Gate

WIRES = 135
HASH = (11, 22, 33, 44)
CONSTANTS = [3, 5]
Pair = tuple[int, int]


def times(left: Pair, right: Pair) -> Pair:
    """Multiply in F[Y]/(Y^2 - 7): wires on a real row are elements of the base field."""
    return (
        (left[0] * right[0] + 7 * left[1] * right[1]) % P,
        (left[0] * right[1] + left[1] * right[0]) % P,
    )


def plus(left: Pair, right: Pair) -> Pair:
    return ((left[0] + right[0]) % P, (left[1] + right[1]) % P)


def scaled(pair: Pair, factor: int) -> Pair:
    return (pair[0] * factor % P, pair[1] * factor % P)


class Rows:
    """Makes the wires of honest rows, always the same."""

    def __init__(self) -> None:
        self.source = random.Random(5)  # noqa: S311 (a sample, not a secret)

    def one(self) -> int:
        return self.source.randrange(P)

    def pair(self) -> Pair:
        return self.one(), self.one()

    def noop(self) -> list[int]:
        return []

    def constant(self) -> list[int]:
        return CONSTANTS

    def public_input(self) -> list[int]:
        return list(HASH)

    def arithmetic(self) -> list[int]:
        wires = []
        for _ in range(20):
            a, b, c = self.one(), self.one(), self.one()
            wires += [a, b, c, (a * b * 3 + c * 5) % P]
        return wires

    def arithmetic_extension(self) -> list[int]:
        wires: list[int] = []
        for _ in range(10):
            a, b, c = self.pair(), self.pair(), self.pair()
            wires += [*a, *b, *c, *plus(scaled(times(a, b), 3), scaled(c, 5))]
        return wires

    def mul_extension(self) -> list[int]:
        wires: list[int] = []
        for _ in range(13):
            a, b = self.pair(), self.pair()
            wires += [*a, *b, *scaled(times(a, b), 3)]
        return wires

    def base_sum(self) -> list[int]:
        value = self.source.getrandbits(63)
        return [value % P, *((value >> place) & 1 for place in range(63))]

    def exponentiation(self) -> list[int]:
        base, exponent = self.one(), self.source.getrandbits(66)
        steps = [pow(base, exponent >> (65 - place), P) for place in range(66)]
        return [base, *((exponent >> place) & 1 for place in range(66)), steps[-1], *steps]

    def mds(self) -> list[int]:
        inputs = [self.pair() for _ in range(12)]
        wires = [number for pair in inputs for number in pair]
        for row in MDS:
            total = (0, 0)
            for factor, pair in zip(row, inputs, strict=True):
                total = plus(total, scaled(pair, factor))
            wires += total
        return wires

    def random_access(self, bits: int, copies: int, extra: int) -> list[int]:
        wires, choices = [], []
        for _ in range(copies):
            items = [self.one() for _ in range(1 << bits)]
            index = self.source.randrange(1 << bits)
            wires += [index, items[index], *items]
            choices += [(index >> place) & 1 for place in range(bits)]
        return [*wires, *CONSTANTS[:extra], *choices]

    def reducing(self) -> list[int]:
        alpha, old = self.pair(), self.pair()
        coefficients = [self.one() for _ in range(43)]
        sums = [old]
        for coefficient in coefficients:
            sums.append(plus(times(sums[-1], alpha), (coefficient, 0)))
        inner = [number for pair in sums[1:-1] for number in pair]
        return [*sums[-1], *alpha, *old, *coefficients, *inner]

    def reducing_extension(self) -> list[int]:
        alpha, old = self.pair(), self.pair()
        coefficients = [self.pair() for _ in range(32)]
        sums = [old]
        for coefficient in coefficients:
            sums.append(plus(times(sums[-1], alpha), coefficient))
        written = [number for pair in (*coefficients, *sums[1:-1]) for number in pair]
        return [*sums[-1], *alpha, *old, *written]


ROWS = Rows()
CASES: dict[str, tuple[Gate, Callable[[], list[int]], int]] = {
    "noop": (Gate("Noop"), ROWS.noop, 0),
    "constant": (Gate("Constant", (2,)), ROWS.constant, 2),
    "public input": (Gate("PublicInput"), ROWS.public_input, 4),
    "arithmetic": (Gate("Arithmetic", (20,)), ROWS.arithmetic, 20),
    "arithmetic extension": (Gate("ArithmeticExtension", (10,)), ROWS.arithmetic_extension, 20),
    "mul extension": (Gate("MulExtension", (13,)), ROWS.mul_extension, 26),
    "base sum": (Gate("BaseSum", (63,)), ROWS.base_sum, 64),
    "exponentiation": (Gate("Exponentiation", (66,)), ROWS.exponentiation, 67),
    "mds": (Gate("PoseidonMds"), ROWS.mds, 24),
    "random access": (Gate("RandomAccess", (4, 4, 2)), lambda: ROWS.random_access(4, 4, 2), 26),
    "narrow access": (Gate("RandomAccess", (1, 20, 0)), lambda: ROWS.random_access(1, 20, 0), 60),
    "reducing": (Gate("Reducing", (43,)), ROWS.reducing, 86),
    "reducing extension": (Gate("ReducingExtension", (32,)), ROWS.reducing_extension, 64),
}
UNREAD = {"random access", "narrow access"}
"""The items that are not chosen are free."""


def evaluated(gate: Gate, wires: list[int]) -> list[Ext]:
    padded = [*wires, *[0] * (WIRES - len(wires))]
    return constraints(gate, Row([Ext(wire) for wire in padded], [Ext(c) for c in CONSTANTS], HASH))


@pytest.mark.parametrize("name", CASES)
def test_an_honest_row_satisfies_every_constraint(name: str) -> None:
    gate, make, count = CASES[name]
    wires = make()
    assert len(wires) <= WIRES
    assert evaluated(gate, wires) == [ZERO] * count


@pytest.mark.parametrize("name", sorted(CASES.keys() - UNREAD))
def test_no_wire_of_a_gate_is_free(name: str) -> None:
    gate, make, count = CASES[name]
    wires = make()
    for place in range(len(wires)):
        wrong = [*wires]
        wrong[place] = (wrong[place] + 2) % P
        assert evaluated(gate, wrong) != [ZERO] * count, place


@pytest.mark.parametrize("place", [0, 1, 72, 73, 74, 80])
def test_index_claim_constants_and_bits_of_an_access_are_not_free(place: int) -> None:
    wires = ROWS.random_access(4, 4, 2)
    wires[place] = (wires[place] + 2) % P
    assert set(evaluated(Gate("RandomAccess", (4, 4, 2)), wires)) != {ZERO}


def test_only_the_chosen_item_of_an_access_is_bound() -> None:
    wires = ROWS.random_access(4, 4, 2)
    chosen = 2 + wires[0]
    for place in range(2, 18):
        wrong = [*wires]
        wrong[place] = (wrong[place] + 1) % P
        broken = set(evaluated(Gate("RandomAccess", (4, 4, 2)), wrong)) != {ZERO}
        assert broken == (place == chosen)


def test_a_bit_must_be_zero_or_one() -> None:
    wires = ROWS.base_sum()
    wires[1:3] = [2 + wires[1], (wires[2] - 1) % P]  # the sum stays what it is
    values = evaluated(Gate("BaseSum", (63,)), wires)
    assert values[0] == ZERO
    assert values != [ZERO] * 64


def test_the_poseidon_gate_is_among_them() -> None:
    inputs = list(range(1, 13))
    wires = [ZERO] * WIRES
    wires[:12] = [Ext(number) for number in inputs]
    wires[12:24] = [Ext(number) for number in permute(inputs)]
    values = constraints(Gate("Poseidon"), Row(wires, [ONE], HASH))
    assert len(values) == 123
    assert values[:5] == [ZERO] * 5  # nothing is swapped; the S-box inputs are missing
    assert set(values[5:]) != {ZERO}
