from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.plonky2.gate_poseidon import poseidon, poseidon_mds
from crawler.liabilities.plonky2.goldilocks import ZERO, Algebra, Ext, P
from crawler.liabilities.plonky2.poseidon import permute
from crawler.liabilities.plonky2.poseidon_constants import MDS, ROUND_CONSTANTS


def honest_wires(inputs: list[int], *, swap: bool) -> list[int]:
    """Return the gate's 135 wires, with every S-box input that it stores."""
    deltas = [(inputs[place + 4] - inputs[place]) * swap % P for place in range(4)]
    state = [*inputs[4:8], *inputs[:4], *inputs[8:]] if swap else [*inputs]
    stored, permuted = [], permute(state)
    for number, constants in enumerate(ROUND_CONSTANTS):
        state = [(lane + constant) % P for lane, constant in zip(state, constants, strict=True)]
        boxed = 1 if 4 <= number < 26 else 12
        if number:
            stored += state[:boxed]
        state = [pow(lane, 7, P) if place < boxed else lane for place, lane in enumerate(state)]
        state = [sum(a * b for a, b in zip(row, state, strict=True)) % P for row in MDS]
    assert state == permuted
    return [*inputs, *permuted, int(swap), *deltas, *stored]


def evaluated(wires: list[int]) -> list[Ext]:
    return poseidon([Ext(wire) for wire in wires])


INPUTS = [pow(3, place + 5, P) for place in range(12)]


@pytest.mark.parametrize("swap", [False, True])
def test_an_honest_permutation_satisfies_all_123_constraints(swap: bool) -> None:
    wires = honest_wires(INPUTS, swap=swap)
    assert len(wires) == 135
    assert evaluated(wires) == [ZERO] * 123


@pytest.mark.parametrize("swap", [False, True])
def test_no_wire_is_free(swap: bool) -> None:
    wires = honest_wires(INPUTS, swap=swap)
    for place in range(0, 135, 3):
        wrong = [*wires]
        wrong[place] = (wrong[place] + 2) % P
        assert evaluated(wrong) != [ZERO] * 123, place


@given(st.lists(st.integers(0, P - 1), min_size=12, max_size=12))
def test_mixing_is_the_matrix_on_both_coordinates(lanes: list[int]) -> None:
    inputs = [Algebra(Ext(lane), Ext(lane * 2 % P)) for lane in lanes]
    mixed = [sum(a * b for a, b in zip(row, lanes, strict=True)) % P for row in MDS]
    outputs = [Algebra(Ext(lane), Ext(lane * 2 % P)) for lane in mixed]
    left = poseidon_mds([*inputs, *outputs])
    assert all((rest.x, rest.y) == (ZERO, ZERO) for rest in left)
    assert len(left) == 12
