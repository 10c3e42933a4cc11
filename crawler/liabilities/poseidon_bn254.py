"""Poseidon over the scalar field of BN254, as Gate, HTX and Binance use it. Pure.

Width t has lane 0 as capacity and t - 1 inputs; t is 2 to 13. More than 12 inputs are absorbed 12
at a permutation, with lane 0 carried over, and the last group uses the width that it needs. The
output is lane 1, not lane 0: these exchanges' fork differs there from circomlib. The constants are
made by the Grain generator that the Poseidon paper defines (appendix E). Source: liabilities
spec, section 10.

>>> hex(digest([1, 2]))
'0xfca49b798923ab0239de1c9e7a4a9a2210312b6a2f616d18b5a87f9b628ae29'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import compress
from operator import mul

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""Order of the scalar field."""
RATE = 12
FULL_ROUNDS = 8
_PARTIAL_ROUNDS = (56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65)
"""For widths 2 to 13."""

_FIELD_BITS = 254
_TAPS = (62, 51, 38, 23, 13, 0)
_REGISTER = 80
_DISCARDED = 160
_ASCII_BIT = bytes(max(0, code - ord("0")) & 1 for code in range(256))


def _register_stream(start: int, count: int) -> str:
    """Return at least `count` bits of the shift register that holds `start` (first bit highest).

    A linear recurrence over two elements holds with all distances doubled too, so blocks grow.
    """
    bits = [int(bit) for bit in format(start, f"0{_REGISTER}b")]
    while len(bits) < _REGISTER * 4:
        bits.append(sum(bits[len(bits) - _REGISTER + tap] for tap in _TAPS) & 1)
    # reversed, so that the i-th bit of the stream has the value 2^i
    stream, known = int("".join(map(str, reversed(bits))), 2), len(bits)
    scale = 1
    while known < count:
        while _REGISTER * scale * 2 <= known:
            scale *= 2
        block = (_REGISTER - _TAPS[0]) * scale
        first, mask, new = known - _REGISTER * scale, (1 << block) - 1, 0
        for tap in _TAPS:
            new ^= (stream >> (first + tap * scale)) & mask
        stream |= new << known
        known += block
    return format(stream, f"0{known}b")[::-1]


def _grain_bits(width: int, count: int) -> str:
    """Return `count` bits of the self-shrunk register for a width, as text of 0 and 1."""
    rounds = _PARTIAL_ROUNDS[width - 2]
    start = 1
    for value, bits in ((0, 4), (_FIELD_BITS, 12), (width, 12), (FULL_ROUNDS, 10), (rounds, 10)):
        start = start << bits | value
    start = start << 30 | (1 << 30) - 1
    skipped = _REGISTER + _DISCARDED
    stream = _register_stream(start, skipped + 5 * count)[skipped:]
    choosers = stream[0::2].encode().translate(_ASCII_BIT)
    return "".join(compress(stream[1::2], choosers))


def _numbers(bits: str) -> Iterator[int]:
    for at in range(0, len(bits) - _FIELD_BITS + 1, _FIELD_BITS):
        yield int(bits[at : at + _FIELD_BITS], 2)


@cache
def constants(width: int) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    """Return the round constants, a row a round, and the rows of the mixing matrix."""
    rounds = FULL_ROUNDS + _PARTIAL_ROUNDS[width - 2]
    # about three in four draws are below R; half as many again is always enough
    drawn = _numbers(_grain_bits(width, (rounds * width * 3 // 2 + 4 * width) * _FIELD_BITS))
    added = tuple(tuple(_below(drawn) for _ in range(width)) for _ in range(rounds))
    while True:
        points = [next(drawn) % R for _ in range(2 * width)]
        if len(set(points)) == len(points):
            break
    mixing = tuple(tuple(pow(x + y, -1, R) for y in points[width:]) for x in points[:width])
    return added, mixing


def _below(drawn: Iterator[int]) -> int:
    return next(number for number in drawn if number < R)


def permute(state: Sequence[int]) -> list[int]:
    """Return the permuted state of 2 to 13 elements of the field."""
    lanes = list(state)
    added, mixing = constants(len(lanes))
    half, last = FULL_ROUNDS // 2, len(added) - FULL_ROUNDS // 2
    for number, row in enumerate(added):
        lanes = [lane + constant for lane, constant in zip(lanes, row, strict=True)]
        boxed = len(lanes) if number < half or number >= last else 1
        for lane in range(boxed):
            square = lanes[lane] * lanes[lane] % R
            lanes[lane] = square * square * lanes[lane] % R
        lanes = [sum(map(mul, factors, lanes)) % R for factors in mixing]
    return lanes


def prefix_digests(inputs: Sequence[int], lengths: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield each length with the hash of that many inputs, zeros standing in for missing ones.

    What the lengths have in common is hashed once; they must grow and be at least 1.
    """
    carried, done = 0, 0
    for length in lengths:
        padded = [*inputs[done:length], *[0] * (length - max(done, len(inputs)))]
        while len(padded) > RATE:
            carried = permute([carried, *padded[:RATE]])[0]
            padded = padded[RATE:]
            done += RATE
        yield length, permute([carried, *padded])[1]


def digest(inputs: Sequence[int]) -> int:
    """Return the hash of one or more elements of the field."""
    if not inputs:
        raise ValueError("nothing to hash")
    state = [0]
    for at in range(0, len(inputs), RATE):
        state = permute([state[0], *inputs[at : at + RATE]])
    return state[1]
