"""The sponge against its definition, written out for each case."""

from __future__ import annotations

from crawler.liabilities.plonky2.challenger import Challenger
from crawler.liabilities.plonky2.goldilocks import Ext
from crawler.liabilities.plonky2.poseidon import permute


def test_challenges_come_from_the_end_of_the_rate() -> None:
    challenger = Challenger()
    challenger.observe([1, 2, 3])
    state = permute([1, 2, 3, *[0] * 9])
    assert challenger.challenges(8) == state[7::-1]
    assert challenger.challenge() == permute(state)[7]


def test_eight_elements_are_absorbed_at_once_and_the_rest_waits() -> None:
    challenger = Challenger()
    challenger.observe(range(10))
    first = permute([*range(8), 0, 0, 0, 0])
    assert challenger.challenge() == permute([8, 9, *first[2:]])[7]


def test_observing_throws_away_what_was_not_taken() -> None:
    challenger = Challenger()
    challenger.observe([1])
    challenger.challenge()
    state = permute([1, *[0] * 11])
    challenger.observe([2])
    assert challenger.challenge() == permute([2, *state[1:]])[7]


def test_a_full_block_needs_no_second_permutation() -> None:
    challenger = Challenger()
    challenger.observe(range(8))
    assert challenger.challenge() == permute([*range(8), 0, 0, 0, 0])[7]


def test_nothing_observed_still_gives_challenges() -> None:
    assert Challenger().challenge() == permute([0] * 12)[7]


def test_digests_and_extensions_are_observed_as_their_elements() -> None:
    one, other = Challenger(), Challenger()
    one.observe_cap([(1, 2, 3, 4), (5, 6, 7, 8)])
    one.observe_ext([Ext(9, 10)])
    other.observe(range(1, 11))
    drawn = one.ext_challenge()
    assert [drawn.a, drawn.b] == other.challenges(2)
