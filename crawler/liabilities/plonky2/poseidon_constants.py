"""The numbers of Poseidon over Goldilocks, made by the rule that defines them.

The 360 round constants are uniform draws below P from a ChaCha generator of 8 rounds, seeded with
zero the way Rust's `rand_core` seeds from a number. Source: liabilities spec, section 4.1; the
published table is checked in the tests.
"""

from collections.abc import Iterator

from crawler.liabilities.plonky2.goldilocks import P

WIDTH = 12
HALF_FULL_ROUNDS = 4
PARTIAL_ROUNDS = 22
ROUNDS = 2 * HALF_FULL_ROUNDS + PARTIAL_ROUNDS

_CIRCULANT = (17, 15, 41, 16, 2, 28, 13, 13, 39, 18, 34, 20)
_CORNER = 8
_WORD = 2**32 - 1
_DOUBLE_WORD = 2**64 - 1
_SIGMA = (0x61707865, 0x3320646E, 0x79622D32, 0x6B206574)
_QUARTERS = (
    (0, 4, 8, 12),
    (1, 5, 9, 13),
    (2, 6, 10, 14),
    (3, 7, 11, 15),
    (0, 5, 10, 15),
    (1, 6, 11, 12),
    (2, 7, 8, 13),
    (3, 4, 9, 14),
)

MDS = tuple(
    tuple(
        _CIRCULANT[(column - row) % WIDTH] + (_CORNER if row == column == 0 else 0)
        for column in range(WIDTH)
    )
    for row in range(WIDTH)
)
"""The matrix that mixes the lanes, as rows."""


def _seed_words() -> list[int]:
    """Return the eight key words that the number zero is stretched to (PCG32)."""
    words, state = [], 0
    for _ in range(8):
        state = (state * 6364136223846793005 + 11634580027462260723) & _DOUBLE_WORD
        shifted = (((state >> 18) ^ state) >> 27) & _WORD
        turn = state >> 59
        words.append(((shifted >> turn) | (shifted << (-turn & 31))) & _WORD)
    return words


def _rotate(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (32 - bits))) & _WORD


def _block(key: list[int], counter: int) -> list[int]:
    """Return the sixteen words of one ChaCha block of 8 rounds, nonce zero."""
    start = [*_SIGMA, *key, counter & _WORD, counter >> 32, 0, 0]
    state = list(start)
    for _ in range(4):
        for a, b, c, d in _QUARTERS:
            state[a] = (state[a] + state[b]) & _WORD
            state[d] = _rotate(state[d] ^ state[a], 16)
            state[c] = (state[c] + state[d]) & _WORD
            state[b] = _rotate(state[b] ^ state[c], 12)
            state[a] = (state[a] + state[b]) & _WORD
            state[d] = _rotate(state[d] ^ state[a], 8)
            state[c] = (state[c] + state[d]) & _WORD
            state[b] = _rotate(state[b] ^ state[c], 7)
    return [(word + first) & _WORD for word, first in zip(state, start, strict=True)]


def _draws() -> Iterator[int]:
    """Yield uniform numbers below P, by widening multiplication with rejection."""
    key, counter = _seed_words(), 0
    while True:
        words = _block(key, counter)
        counter += 1
        for low, high in zip(words[::2], words[1::2], strict=True):
            product = (low | high << 32) * P
            if product & _DOUBLE_WORD <= P - 1:
                yield product >> 64


def _round_constants() -> tuple[tuple[int, ...], ...]:
    draws = _draws()
    return tuple(tuple(next(draws) for _ in range(WIDTH)) for _ in range(ROUNDS))


ROUND_CONSTANTS = _round_constants()
"""The numbers added to the twelve lanes, for each of the thirty rounds."""
