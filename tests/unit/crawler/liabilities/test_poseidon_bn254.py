"""circomlib's vectors (lane 0) for the constants, and the exchanges' lane 1 beside them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.liabilities.poseidon_bn254 import R, constants, digest, permute, prefix_digests
from tests.unit.crawler.liabilities.zk_documents import needs_samples, sample

# iden3/circomlibjs, test/poseidon.js: poseidon([1]), poseidon([1, 2]), poseidon([1, 2, 3, 4])
CIRCOMLIB = {
    1: 0x29176100EAA962BDC1FE6C654D6A3C130E96A4D1168B33848B897DC502820133,
    2: 0x115CC0F5E7D690413DF64C6B9662E9CF2A3617F2743245519E19607A4417189A,
    4: 0x299C867DB6C1FDD79DCEFA40E4510B9837E60EBB1CE0663DBAA525DF65250465,
}


@pytest.mark.parametrize("count", CIRCOMLIB)
def test_lane_zero_is_circomlibs(count: int) -> None:
    state = permute([0, *range(1, count + 1)])
    assert state[0] == CIRCOMLIB[count]
    assert digest(list(range(1, count + 1))) == state[1]


@pytest.mark.parametrize("width", range(2, 14))
def test_every_width_has_its_constants(width: int) -> None:
    added, mixing = constants(width)
    assert {len(row) for row in (*added, *mixing)} == {width}
    assert len(added) == 8 + (56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65)[width - 2]
    assert all(0 <= number < R for row in (*added, *mixing) for number in row)


def test_more_than_twelve_inputs_carry_lane_zero_on() -> None:
    inputs = list(range(1, 16))
    carried = permute([0, *inputs[:12]])[0]
    assert digest(inputs) == permute([carried, *inputs[12:]])[1]


def test_nothing_has_no_hash() -> None:
    with pytest.raises(ValueError, match="nothing to hash"):
        digest([])


@settings(max_examples=20)
@given(st.lists(st.integers(0, R - 1), max_size=20), st.sets(st.integers(1, 30), max_size=4))
def test_prefixes_hash_as_they_do_alone(inputs: list[int], lengths: set[int]) -> None:
    for length, found in prefix_digests(inputs, sorted(lengths)):
        padded = [*inputs, *[0] * 30][:length]
        assert found == digest(padded)


@needs_samples
def test_the_sample_vectors_hold() -> None:
    for vector in sample("poseidon_bn254_vectors.json")["vectors"]:
        assert digest(vector["in"]) == int(vector["out_lane1"], 16)
