"""The interpolation gate against a polynomial that is evaluated with plain integers."""

from __future__ import annotations

import random

from crawler.liabilities.plonky2.gate_interpolation import low_degree_interpolation
from crawler.liabilities.plonky2.goldilocks import ZERO, Ext, P, root_of_unity

Pair = tuple[int, int]
BITS, COUNT = 4, 16


def times(left: Pair, right: Pair) -> Pair:
    return (
        (left[0] * right[0] + 7 * left[1] * right[1]) % P,
        (left[0] * right[1] + left[1] * right[0]) % P,
    )


def value_at(coefficients: list[Pair], point: Pair) -> Pair:
    total = (0, 0)
    for a, b in reversed(coefficients):
        product = times(total, point)
        total = ((product[0] + a) % P, (product[1] + b) % P)
    return total


def honest_wires() -> list[int]:
    source = random.Random(9)  # noqa: S311 (a sample, not a secret)
    shift = source.randrange(1, P)
    coefficients = [(source.randrange(P), source.randrange(P)) for _ in range(COUNT)]
    point = (source.randrange(P), source.randrange(P))
    generator = root_of_unity(BITS)
    values = [
        value_at(coefficients, (shift * pow(generator, place, P) % P, 0)) for place in range(COUNT)
    ]
    powers = [point]
    while len(powers) < COUNT - 1:
        powers.append(times(powers[-1], point))
    pairs = [*values, point, value_at(coefficients, point), *coefficients]
    return [
        shift,
        *(number for pair in pairs for number in pair),
        *(pow(shift, exponent, P) for exponent in range(2, COUNT)),
        *(number for pair in powers[1:] for number in pair),
    ]


def evaluated(wires: list[int]) -> list[Ext]:
    return low_degree_interpolation([Ext(wire) for wire in wires], BITS)


def test_honest_wires_satisfy_every_constraint() -> None:
    wires = honest_wires()
    assert (wires[33 + 2], len(wires)) == (wires[35], 69 + 14 + 28)
    assert evaluated(wires) == [ZERO] * (14 + 32 + 28 + 2)


def test_no_wire_is_free() -> None:
    wires = honest_wires()
    for place in range(len(wires)):
        wrong = [*wires]
        wrong[place] = (wrong[place] + 1) % P
        assert set(evaluated(wrong)) != {ZERO}, place
