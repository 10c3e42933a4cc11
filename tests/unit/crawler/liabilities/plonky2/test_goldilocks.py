from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.plonky2.goldilocks import (
    ONE,
    ZERO,
    Algebra,
    Ext,
    P,
    horner,
    interpolate_on_coset,
    powers,
    reverse_bits,
    root_of_unity,
)

elements = st.integers(0, P - 1)
exts = st.builds(Ext, elements, elements)
algebras = st.builds(Algebra, exts, exts)


def same(left: Algebra, right: Algebra) -> bool:
    return (left.x, left.y) == (right.x, right.y)


@given(exts, exts, exts)
def test_the_extension_is_a_commutative_ring(a: Ext, b: Ext, c: Ext) -> None:
    assert a * b == b * a
    assert a * (b * c) == (a * b) * c
    assert a * (b + c) == a * b + a * c
    assert a - a == ZERO
    assert hash(a + ZERO) == hash(a * ONE)


@given(exts)
def test_every_element_but_zero_has_an_inverse(a: Ext) -> None:
    if a == ZERO:
        with pytest.raises(ZeroDivisionError):
            a.inverse()
    else:
        assert a * a.inverse() == ONE


@given(exts, st.integers(0, 40))
def test_a_power_is_a_repeated_product(a: Ext, exponent: int) -> None:
    product = ONE
    for _ in range(exponent):
        product *= a
    assert a.power(exponent) == product
    assert powers(a, exponent + 1)[-1] == product


@given(algebras, algebras, algebras)
def test_the_algebra_is_a_commutative_ring(a: Algebra, b: Algebra, c: Algebra) -> None:
    assert same(a * b, b * a)
    assert same(a * (b * c), (a * b) * c)
    assert same(a * (b - c), a * b - a * c)
    assert same(a.times(b.x), a * Algebra(b.x))


def test_the_square_of_y_is_seven() -> None:
    square = Algebra(ZERO, ONE) * Algebra(ZERO, ONE)
    assert same(square, Algebra(Ext(7)))


def test_an_element_equals_no_other_type() -> None:
    assert Ext(1) != 1


@pytest.mark.parametrize("bits", [0, 1, 4, 32])
def test_a_root_of_unity_has_exactly_its_order(bits: int) -> None:
    root = root_of_unity(bits)
    assert pow(root, 1 << bits, P) == 1
    assert bits == 0 or pow(root, 1 << (bits - 1), P) == P - 1


@pytest.mark.parametrize("bits", [-1, 33])
def test_other_orders_have_no_root(bits: int) -> None:
    with pytest.raises(ValueError, match="no subgroup"):
        root_of_unity(bits)


@given(st.lists(exts, min_size=8, max_size=8), exts, st.integers(1, P - 1))
def test_interpolation_gives_back_the_polynomial(
    coefficients: list[Ext], point: Ext, start: int
) -> None:
    nodes = [start * pow(root_of_unity(3), place, P) % P for place in range(8)]
    values = [horner(coefficients, Ext(node)) for node in nodes]
    assert interpolate_on_coset(start, values, point) == horner(coefficients, point)
    assert interpolate_on_coset(start, values, Ext(nodes[5])) == values[5]


@given(st.integers(0, 255))
def test_reversing_bits_twice_changes_nothing(index: int) -> None:
    assert reverse_bits(reverse_bits(index, 8), 8) == index
    assert reverse_bits(index & 1, 1) == index & 1


def test_no_bits_reverse_to_nothing() -> None:
    assert reverse_bits(0, 0) == 0
