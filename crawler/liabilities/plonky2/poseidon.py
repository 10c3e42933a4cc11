"""Poseidon over Goldilocks, width 12: the permutation and the hashes built on it.

In the 22 middle rounds only lane 0 passes the S-box, so every lane is a linear function of the
lanes at their start and of the S-box outputs so far. Those functions are worked out once, which
makes a middle round one dot product instead of a matrix, and the permutation several times as
fast; the numbers are the same. Source: liabilities spec, section 4.1.

>>> hex(permute([0] * 12)[0])
'0x3c18a9786cb0b359'
"""

from collections.abc import Sequence
from functools import cache
from operator import mul

from crawler.liabilities.plonky2.goldilocks import P
from crawler.liabilities.plonky2.poseidon_constants import (
    HALF_FULL_ROUNDS,
    MDS,
    PARTIAL_ROUNDS,
    ROUND_CONSTANTS,
    WIDTH,
)

RATE = 8
DIGEST = 4

Digest = tuple[int, ...]
"""Four elements of the field."""

_FIRST = ROUND_CONSTANTS[:HALF_FULL_ROUNDS]
_LAST = ROUND_CONSTANTS[-HALF_FULL_ROUNDS:]
_MIDDLE = ROUND_CONSTANTS[HALF_FULL_ROUNDS:-HALF_FULL_ROUNDS]


@cache
def _middle_rounds() -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """Return the rows that give each round's S-box input, and the lanes after the last round.

    A row holds the factors of: lanes 1..11 at the start, the number one, the S-box outputs.
    """
    basis = WIDTH + PARTIAL_ROUNDS
    lanes = [[0] * basis for _ in range(WIDTH)]
    for place in range(1, WIDTH):
        lanes[place][place - 1] = 1
    inputs = []
    for number, constants in enumerate(_MIDDLE):
        for lane, constant in zip(lanes, constants, strict=True):
            lane[WIDTH - 1] = (lane[WIDTH - 1] + constant) % P
        inputs.append(tuple(lanes[0][: WIDTH + number]))
        lanes[0] = [0] * basis
        lanes[0][WIDTH + number] = 1
        lanes = [
            [sum(map(mul, row, column)) % P for column in zip(*lanes, strict=True)] for row in MDS
        ]
    return inputs, [tuple(lane) for lane in lanes]


def permute(state: Sequence[int]) -> list[int]:
    """Return the permuted state of twelve elements of the field."""
    lanes = list(state)
    for constants in _FIRST:
        boxed = []
        for lane, constant in zip(lanes, constants, strict=True):
            value = lane + constant
            cube = value * value * value % P
            boxed.append(cube * cube * value % P)
        lanes = [sum(map(mul, row, boxed)) % P for row in MDS]
    inputs, outputs = _middle_rounds()
    known = [*lanes[1:], 1]
    value = lanes[0]  # the first row has no place for lane 0 itself
    for row in inputs:
        value = (value + sum(map(mul, row, known))) % P
        cube = value * value * value % P
        known.append(cube * cube * value % P)
        value = 0
    lanes = [sum(map(mul, row, known)) % P for row in outputs]
    for constants in _LAST:
        boxed = []
        for lane, constant in zip(lanes, constants, strict=True):
            value = lane + constant
            cube = value * value * value % P
            boxed.append(cube * cube * value % P)
        lanes = [sum(map(mul, row, boxed)) % P for row in MDS]
    return lanes


def hash_no_pad(elements: Sequence[int]) -> Digest:
    """Return the hash of any number of elements; lengths are not told apart by padding."""
    state = [0] * WIDTH
    for start in range(0, len(elements), RATE):
        chunk = elements[start : start + RATE]
        state = permute([*chunk, *state[len(chunk) :]])
    return tuple(state[:DIGEST])


def hash_pad(elements: Sequence[int]) -> Digest:
    """Return the hash of the elements followed by 1, zeros and 1, to a multiple of eight."""
    padded = [*elements, 1]
    padded += [0] * (-(len(padded) + 1) % RATE)
    return hash_no_pad([*padded, 1])


def two_to_one(left: Sequence[int], right: Sequence[int]) -> Digest:
    """Return the hash of two digests."""
    return tuple(permute([*left, *right, 0, 0, 0, 0])[:DIGEST])


def hash_or_noop(elements: Sequence[int]) -> Digest:
    """Return up to four elements as they are, with zeros behind, and the hash of more."""
    if len(elements) <= DIGEST:
        return (*elements, *[0] * (DIGEST - len(elements)))
    return hash_no_pad(elements)
