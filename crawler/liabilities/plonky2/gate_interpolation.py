"""The constraints of the low-degree interpolation gate. Pure.

The gate holds 2^bits values on a coset, the coefficients of the polynomial through them, and the
polynomial's value at a point. Source: liabilities spec, section 4.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from crawler.liabilities.plonky2.goldilocks import ONE, Algebra, Ext, P, root_of_unity


def low_degree_interpolation(wires: Sequence[Ext], bits: int) -> list[Ext]:
    """Return the constraints, in order.

    Wires: shift, values, point, result, coefficients, the shift's powers from the second on, the
    point's powers from the second on; all but shift and its powers are pairs.
    """
    count = 1 << bits

    def pairs(start: int, number: int) -> list[Algebra]:
        return [Algebra(wires[at], wires[at + 1]) for at in range(start, start + 2 * number, 2)]

    shift, values = wires[0], pairs(1, count)
    at = 1 + 2 * count
    point, result = pairs(at, 2)
    coefficients = pairs(at + 4, count)
    at += 4 + 2 * count
    shift_powers = [ONE, shift, *wires[at : at + count - 2]]
    point_powers = [Algebra(ONE), point, *pairs(at + count - 2, count - 2)]

    found = [previous * shift - power for previous, power in pairwise(shift_powers[1:])]
    scaled = [
        coefficient.times(power)
        for coefficient, power in zip(coefficients, shift_powers, strict=True)
    ]
    generator = root_of_unity(bits)
    wide = []
    for place, value in enumerate(values):
        step, factor = pow(generator, place, P), 1
        for coefficient in scaled:
            value -= coefficient.times(Ext(factor))  # noqa: PLW2901 - what is left of the value
            factor = factor * step % P
        wide.append(value)
    wide += [previous * point - power for previous, power in pairwise(point_powers[1:])]
    for coefficient, power in zip(coefficients, point_powers, strict=True):
        result -= coefficient * power
    wide.append(result)
    return found + [coordinate for value in wide for coordinate in (value.x, value.y)]
