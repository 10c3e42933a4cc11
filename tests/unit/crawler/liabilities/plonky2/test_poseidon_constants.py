"""The published table of constants, as a digest; and the whole of it where the samples are."""

from __future__ import annotations

import hashlib

from crawler.liabilities.plonky2.goldilocks import P
from crawler.liabilities.plonky2.poseidon_constants import MDS, ROUND_CONSTANTS, ROUNDS, WIDTH
from tests.unit.crawler.liabilities.zk_documents import needs_samples, sample

TABLE_SHA256 = "27592fdb034ddeae1d40dd97c0a85d203bc78119932461517dc30fc69a4cf993"
"""Of the 360 numbers of the published list as decimal text, one a line."""


def test_there_are_thirty_rounds_of_twelve() -> None:
    assert [len(row) for row in ROUND_CONSTANTS] == [WIDTH] * ROUNDS
    assert all(0 <= number < P for row in ROUND_CONSTANTS for number in row)


def test_the_first_constant_is_the_published_one() -> None:
    assert ROUND_CONSTANTS[0][0] == 0xB585F766F2144405


def test_the_constants_are_the_published_table() -> None:
    text = "\n".join(str(number) for row in ROUND_CONSTANTS for number in row)
    assert hashlib.sha256(text.encode()).hexdigest() == TABLE_SHA256


def test_the_matrix_is_circulant_but_for_its_corner() -> None:
    assert MDS[0] == (25, 15, 41, 16, 2, 28, 13, 13, 39, 18, 34, 20)
    assert MDS[1] == (20, 17, 15, 41, 16, 2, 28, 13, 13, 39, 18, 34)


@needs_samples
def test_constants_and_matrix_are_those_of_the_sample() -> None:
    published = sample("poseidon_goldilocks.json")
    flat = [number for row in ROUND_CONSTANTS for number in row]
    assert flat == [int(number) for number in published["round_constants_30x12"]]
    circulant = [int(number) for number in published["mds_circ_first_row"]]
    diagonal = [int(number) for number in published["mds_diag"]]
    assert list(MDS[0]) == [circulant[0] + diagonal[0], *circulant[1:]]
