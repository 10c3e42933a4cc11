"""The constraints of the two Poseidon gates. Pure.

The Poseidon gate stores the S-box inputs of the full rounds from the second on and of all middle
rounds, so that no constraint has a degree over 7. Source: liabilities spec, section 4.7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crawler.liabilities.plonky2.goldilocks import ONE, ZERO, Algebra, Ext
from crawler.liabilities.plonky2.poseidon_constants import (
    HALF_FULL_ROUNDS,
    MDS,
    PARTIAL_ROUNDS,
    ROUND_CONSTANTS,
    ROUNDS,
    WIDTH,
)

_OUTPUT = WIDTH
_SWAP = 2 * WIDTH
_DELTA = _SWAP + 1
_HALF = 4
_FIRST_BOXES = _DELTA + _HALF
_BOXES = (HALF_FULL_ROUNDS - 1) * WIDTH + PARTIAL_ROUNDS + HALF_FULL_ROUNDS * WIDTH


def _seventh(value: Ext) -> Ext:
    square = value * value
    return square * square * square * value


def _mixed(lanes: Sequence[Ext]) -> list[Ext]:
    mixed = []
    for row in MDS:
        total = ZERO
        for factor, lane in zip(row, lanes, strict=True):
            total += lane.scaled(factor)
        mixed.append(total)
    return mixed


def _swapped(wires: Sequence[Ext]) -> tuple[list[Ext], list[Ext]]:
    """Return the input with its halves exchanged when the swap wire says so, and constraints."""
    swap, deltas = wires[_SWAP], wires[_DELTA : _DELTA + _HALF]
    left, right, rest = wires[:_HALF], wires[_HALF : 2 * _HALF], wires[2 * _HALF : WIDTH]
    found = [swap * (swap - ONE)]
    state = list(rest)
    lower, upper = [], []
    for low, high, delta in zip(left, right, deltas, strict=True):
        found.append(swap * (high - low) - delta)
        lower.append(low + delta)
        upper.append(high - delta)
    return [*lower, *upper, *state], found


def poseidon(wires: Sequence[Ext]) -> list[Ext]:
    """Return the 123 constraints of one permutation."""
    state, found = _swapped(wires)
    stored: Iterator[Ext] = iter(wires[_FIRST_BOXES : _FIRST_BOXES + _BOXES])
    for number in range(ROUNDS):
        constants = ROUND_CONSTANTS[number]
        state = [lane + Ext(constant) for lane, constant in zip(state, constants, strict=True)]
        middle = HALF_FULL_ROUNDS <= number < HALF_FULL_ROUNDS + PARTIAL_ROUNDS
        boxed = 1 if middle else WIDTH
        if number > 0:  # the inputs of the first round are the gate's inputs
            for lane in range(boxed):
                wire = next(stored)
                found.append(state[lane] - wire)
                state[lane] = wire
        state[:boxed] = map(_seventh, state[:boxed])
        state = _mixed(state)
    return found + [state[lane] - wires[_OUTPUT + lane] for lane in range(WIDTH)]


def poseidon_mds(pairs: Sequence[Algebra]) -> list[Algebra]:
    """Return the 12 constraints of one mixing of lanes: 12 input pairs, then 12 output pairs."""
    inputs, outputs = pairs[:WIDTH], pairs[WIDTH:]
    across = _mixed([pair.x for pair in inputs])
    along = _mixed([pair.y for pair in inputs])
    return [output - Algebra(x, y) for output, x, y in zip(outputs, across, along, strict=True)]
