from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chains.starknet import curve
from chains.starknet.curve import G, N, P, is_key, is_signature, pedersen, pedersen_chain
from tests.vectors import rare_rows

felts = st.integers(0, P - 1) | st.integers(0, 300)
secrets = st.integers(1, N - 1)


# From the documentation of StarkWare's Pedersen hash.
def test_published_hashes() -> None:
    one = 0x3D937C035C878245CAF64531A5756109C53068DA139362728FEB561405371CB
    other = 0x208A0A10250E382E1E4BBE2880906C2791BF6275695E02FBBC6AEFF9CD8B31A
    found = 0x30E480BED5FE53FA909CC0F8C4D99B8F9F2C016BE4C41E13A4848797979C662
    assert pedersen(one, other) == found


@settings(max_examples=30)
@given(felts, felts)
@example(0, 0)
@example(P - 1, P - 1)
def test_hashes_are_those_of_plain_arithmetic(left: int, right: int) -> None:
    expected = rare_rows.pedersen(left, right)
    assert pedersen(left, right) == expected
    assert curve.after_each((left, 7), right) == [expected, pedersen(7, right)]
    if right:
        assert curve.before_each(left, (right, 7)) == [expected, pedersen(left, 7)]


@pytest.mark.parametrize("pair", [(-1, 0), (0, P), (P, 0), (1 << 300, 0)])
def test_what_is_no_field_element_is_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="field element"):
        pedersen(*pair)


def test_a_chain_begins_with_zero() -> None:
    assert pedersen_chain([5, 7]) == pedersen(pedersen(0, 5), 7)
    assert pedersen_chain([]) == 0


@settings(max_examples=15)
@given(secrets)
def test_keys_are_multiples_of_the_generator(secret: int) -> None:
    key = rare_rows.multiply(secret, G)[0]
    assert is_key(key)
    for scalar in (1, 2, 3, 16, 31, 1 << 250, N - 1):
        found = curve._multiple_of_key(key, scalar)
        assert found
        scale = curve._right_side(key) * found[2] ** 2
        assert found[0] * pow(scale, -1, P) % P == rare_rows.multiply(scalar * secret % N, G)[0]


def sign(secret: int, hashed: int, nonce: int) -> tuple[int, int]:
    r = rare_rows.multiply(nonce, G)[0]
    return r, (hashed + r * secret) * pow(nonce, -1, N) % N


@settings(max_examples=15)
@given(secrets, st.integers(1, curve.HASH_LIMIT - 1), secrets, st.integers(0, 250))
def test_signatures(secret: int, hashed: int, nonce: int, bit: int) -> None:
    key = rare_rows.multiply(secret, G)[0]
    r, s = sign(secret, hashed, nonce)
    if not (r < curve.HASH_LIMIT and s):
        return
    assert is_signature(key, hashed, r, s)
    assert is_signature(key, hashed, r, N - s)  # the negative nonce: the key is only an x
    assert not is_signature(key, hashed ^ 1 << bit, r, s)
    assert not is_signature(key, hashed, r ^ 1 << bit, s)
    assert not is_signature(key, hashed, r, s ^ 1 << bit)
    assert not is_signature(key ^ 1 << bit, hashed, r, s)


def test_numbers_out_of_range() -> None:
    key, hashed = rare_rows.multiply(5, G)[0], 1234
    r, s = sign(5, hashed, 99)
    assert is_signature(key, hashed, r, s)
    for arguments in (
        (key, hashed, r, 0), (key, hashed, r, N), (key, hashed, r, s + N), (key, hashed, 0, s),
        (key, hashed, r + P, s), (key, hashed, curve.HASH_LIMIT, s), (key, 0, r, s),
        (key, curve.HASH_LIMIT, r, s), (key, hashed + N, r, s), (key + P, hashed, r, s),
        (-1, hashed, r, s), (key, hashed, -r, s),
    ):  # fmt: skip
        assert not is_signature(*arguments)


def test_a_number_that_is_no_key_signs_nothing() -> None:
    """Seen through the root of a non-square, such a number lies on the curve's twist."""
    outside = [x for x in range(2, 60) if not is_key(x)]
    assert 20 < len(outside) < 40
    assert not any(is_signature(x, 1, r, s) for x in outside[:4] for r in (1, 2) for s in (1, 5))


def test_the_sum_is_never_a_doubling() -> None:
    """hashed / s = r / s makes both terms one point: refused, nobody can meet it by chance."""
    key, r = G[0], 12345
    assert not is_signature(key, r, r, 77)


def test_the_arithmetic_at_its_edges() -> None:
    infinity, point = curve._INFINITY, (*G, 1)
    assert curve._add(infinity, G) == point
    assert curve._add(point, (G[0], -G[1] % P)) == infinity
    doubled = curve._add(point, G)
    assert curve._normalise([doubled]) == [rare_rows.add(G, G)]
    assert curve._double(infinity, 1) == infinity
    last = curve._multiple(G, N - 1, 1)
    assert last
    assert curve._normalise([last]) == [(G[0], -G[1] % P)]


@given(st.integers(1, N - 1))
def test_the_digits_make_the_scalar(scalar: int) -> None:
    place, found = 0, 0
    for gap, digit in curve._digits(scalar):
        place += gap
        found += digit << place
        assert digit % 2
        assert abs(digit) < 1 << curve._DIGIT - 1
    assert found == scalar
    assert digit > 0
