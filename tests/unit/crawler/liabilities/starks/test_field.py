from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.signatures import keccak256
from crawler.liabilities.starks.field import (
    P,
    coefficients,
    indices,
    interpolate,
    number,
    root_of_unity,
    word,
)


@pytest.mark.parametrize("order", [1, 2, 4096, 2**24])
def test_a_root_of_unity_has_exactly_its_order(order: int) -> None:
    root = root_of_unity(order)
    assert pow(root, order, P) == 1
    assert order == 1 or pow(root, order // 2, P) == P - 1


@pytest.mark.parametrize("order", [0, -2, 3, 2**193])
def test_other_orders_have_no_root(order: int) -> None:
    with pytest.raises(ValueError, match="no subgroup"):
        root_of_unity(order)


@given(st.integers(0, P - 1))
def test_words_are_big_endian(value: int) -> None:
    assert number(word(value)) == value
    assert len(word(value)) == 32


def test_coefficients_are_hashes_of_nonce_and_place() -> None:
    nonce = bytes(range(32))
    assert coefficients(nonce, 2) == [
        number(keccak256(nonce + place.to_bytes(32, "big"))) % P for place in (0, 1)
    ]


@given(st.binary(min_size=32, max_size=32), st.integers(4, 24))
def test_indices_avoid_the_trace_and_stay_inside(seed: bytes, bits: int) -> None:
    found = indices(seed, 1 << bits)
    assert len(found) == 16
    assert all(0 < index < 1 << bits and index % 16 for index in found)


def test_indices_follow_the_hash_chain() -> None:
    seed = bytes(31) + b"\1"
    data = seed + keccak256(seed)
    drawn = [int.from_bytes(data[at : at + 4], "big") % 3840 for at in range(0, 64, 4)]
    assert indices(seed, 4096) == [place + 1 + place // 15 for place in drawn]


@given(st.lists(st.integers(0, P - 1), min_size=1, max_size=6), st.integers(0, P - 1))
def test_interpolation_gives_back_the_polynomial(coefficients: list[int], at: int) -> None:
    def value(point: int) -> int:
        return sum(c * pow(point, degree, P) for degree, c in enumerate(coefficients)) % P

    points = [5 * place + 1 for place in range(len(coefficients))]
    values = [value(point) for point in points]
    assert interpolate(points, values, [at, points[0]]) == [value(at), values[0]]
