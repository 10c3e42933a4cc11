"""The prime field of OKX's zk V1, its subgroups, and the numbers drawn from hashes. Pure.

Source: liabilities spec, sections 3.1 and 3.5.
"""

from __future__ import annotations

from collections.abc import Sequence

from chains.signatures import keccak256

P = 2**251 + 17 * 2**192 + 1
GENERATOR = 3
BLOW_UP = 16
"""Points of the evaluation domain for each row of the trace."""
QUERIES = 16
HASH = 32

_SEED_BYTES = 4 * QUERIES


def root_of_unity(order: int) -> int:
    """Return the generator used for the subgroup of that order, a power of two up to 2^192."""
    if order < 1 or (P - 1) % order:
        raise ValueError(f"no subgroup of order {order}")
    return pow(GENERATOR, (P - 1) // order, P)


def word(value: int) -> bytes:
    """Return a number as 32 bytes, big-endian."""
    return value.to_bytes(HASH, "big")


def number(data: bytes) -> int:
    """Return the number that big-endian bytes write."""
    return int.from_bytes(data, "big")


def coefficients(nonce: bytes, count: int) -> list[int]:
    """Return the factors of the linear combination, drawn from the proof of work's nonce."""
    return [number(keccak256(nonce + word(place))) % P for place in range(count)]


def indices(seed: bytes, domain: int) -> list[int]:
    """Return 16 positions of a domain that are no multiples of 16, drawn from a 32-byte seed.

    >>> len(indices(bytes(32), 4096)), any(i % 16 == 0 for i in indices(bytes(32), 4096))
    (16, False)
    """
    data = seed
    while len(data) < _SEED_BYTES:
        data += keccak256(data[-HASH:])
    found = []
    for at in range(0, _SEED_BYTES, 4):
        drawn = number(data[at : at + 4]) % (domain * (BLOW_UP - 1) // BLOW_UP)
        found.append(drawn + 1 + drawn // (BLOW_UP - 1))
    return found


def interpolate(points: Sequence[int], values: Sequence[int], at: Sequence[int]) -> list[int]:
    """Return, at each of `at`, the polynomial of lowest degree through distinct points.

    >>> interpolate([1, 2], [10, 20], [3, 1])
    [30, 10]
    """
    weights = []
    for place, point in enumerate(points):
        product = 1
        for other in (*points[:place], *points[place + 1 :]):
            product = product * (point - other) % P
        weights.append(values[place] * pow(product, -1, P) % P)
    found = []
    for where in at:
        # prefix and suffix products, so that no division is needed
        before, total, after = [1], 0, 1
        for point in points:
            before.append(before[-1] * (where - point) % P)
        for place in reversed(range(len(points))):
            total += weights[place] * before[place] * after
            after = after * (where - points[place]) % P
        found.append(total % P)
    return found
