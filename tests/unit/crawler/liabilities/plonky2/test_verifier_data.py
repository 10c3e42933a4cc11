from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities import okx_circuits
from crawler.liabilities.plonky2.verifier_data import (
    Gate,
    VerifierDataError,
    constant_arity,
    parse,
)
from tests.unit.crawler.liabilities.plonky2.verifier_bytes import number, to_bytes

DATA = okx_circuits.first_round()
RAW = to_bytes(DATA)


def test_the_first_rounds_bytes_have_the_published_digest() -> None:
    assert len(RAW) == 1333
    assert hashlib.sha256(RAW).hexdigest() == okx_circuits.FIRST_ROUND_SHA256


def test_writing_and_reading_gives_the_same() -> None:
    assert parse(RAW) == DATA


def test_the_digest_is_that_of_cap_and_degree() -> None:
    assert DATA.digest == DATA.expected_digest()
    other = replace(DATA, common=replace(DATA.common, degree_bits=18))
    assert other.expected_digest() != DATA.digest
    assert replace(DATA, cap=DATA.cap[::-1]).expected_digest() != DATA.digest


@pytest.mark.parametrize("strategy", [(0, 1, 2, 3), (1, 4, 5), (2,), (2, 7)])
def test_every_strategy_is_read(strategy: tuple[int, ...]) -> None:
    fri = replace(DATA.common.fri, strategy=strategy)
    data = replace(DATA, common=replace(DATA.common, fri=fri))
    assert parse(to_bytes(data)) == data


@given(st.integers(0, len(RAW) - 1))
def test_every_cut_is_refused(length: int) -> None:
    with pytest.raises(VerifierDataError, match="it ends at byte"):
        parse(RAW[:length])


def test_what_is_left_over_is_refused() -> None:
    with pytest.raises(VerifierDataError, match="2 bytes are left over"):
        parse(RAW + b"\0\0")


@given(st.integers(0, 8 * len(RAW) - 1))
def test_every_bit_counts(bit: int) -> None:
    flipped = bytearray(RAW)
    flipped[bit // 8] ^= 1 << (bit % 8)
    try:
        data = parse(bytes(flipped))
    except VerifierDataError:
        return
    assert data != DATA


@given(st.binary(max_size=400))
def test_noise_is_refused_in_no_other_way(noise: bytes) -> None:
    with pytest.raises(VerifierDataError):
        parse(noise)


@given(st.integers(0, 200), st.binary(min_size=1, max_size=40))
def test_noise_inside_good_bytes_is_refused_in_no_other_way(at: int, noise: bytes) -> None:
    with suppress(VerifierDataError):
        parse(RAW[:at] + noise + RAW[at + len(noise) :])


def test_a_flag_is_zero_or_one() -> None:
    at = RAW.index(bytes([1, 1]) + number(3))  # base arithmetic, zero knowledge, rate bits
    with pytest.raises(VerifierDataError, match="is over 1"):
        parse(RAW[:at] + b"\2" + RAW[at + 1 :])


@pytest.mark.parametrize("tag", [3, 6, 7, 17, 2**32 - 1])
def test_gates_that_do_not_occur_are_refused(tag: int) -> None:
    last = number(13, 4)
    assert RAW.endswith(last)
    with pytest.raises(VerifierDataError, match=f"gate tag {tag} does not occur"):
        parse(RAW[:-4] + number(tag, 4))


def test_a_limb_beyond_the_field_is_refused() -> None:
    with pytest.raises(VerifierDataError, match="is over"):
        parse(RAW[:8] + b"\xff" * 8 + RAW[16:])


@pytest.mark.parametrize("degree_bits", [0, 29])
def test_sizes_out_of_range_are_refused(degree_bits: int) -> None:
    common = replace(DATA.common, degree_bits=degree_bits)
    with pytest.raises(VerifierDataError, match="out of range"):
        parse(to_bytes(replace(DATA, common=common)))


def test_the_cap_must_have_the_height_of_the_parameters() -> None:
    with pytest.raises(VerifierDataError, match="cap's height"):
        parse(to_bytes(replace(DATA, cap=DATA.cap * 2)))


def test_a_list_of_absurd_length_is_refused_at_once() -> None:
    at = RAW.index(number(4) + number(4) * 4)  # the folds
    with pytest.raises(VerifierDataError, match="is over 4096"):
        parse(RAW[:at] + number(2**40) + RAW[at + 8 :])


def test_gates_say_what_they_are() -> None:
    assert str(Gate("RandomAccess", (4, 4, 2))) == "RandomAccess(4, 4, 2)"


@pytest.mark.parametrize(
    ("degree_bits", "folds"), [(5, ()), (6, (4,)), (9, (4,)), (10, (4, 4)), (18, (4,) * 4)]
)
def test_folds_go_on_until_the_final_size(degree_bits: int, folds: tuple[int, ...]) -> None:
    assert constant_arity(degree_bits, 4, 5) == folds


def test_lde_bits_are_the_degree_and_the_rate() -> None:
    assert DATA.common.lde_bits == 22
