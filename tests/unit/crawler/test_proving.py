from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import Assurance, Proven
from crawler.errors import ConfigurationError
from crawler.proving import (
    FormProofs,
    PolicyKind,
    ProvePolicy,
    choose,
    parse_policy,
    proven_reading,
    seed_of,
)
from tests.unit.crawler.samples import POINT, observed

SEED = seed_of(POINT, "ab" * 32, "ETH@ethereum")
BALANCES = st.dictionaries(st.binary(min_size=1, max_size=3), st.integers(0, 10**30), max_size=40)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("all", PolicyKind.ALL), (" value:99% ", PolicyKind.VALUE), ("sample:460", PolicyKind.SAMPLE)],
)
def test_policies_are_read(text: str, kind: PolicyKind) -> None:
    policy = parse_policy(text)
    assert (policy.kind, policy.text) == (kind, text.strip())


@pytest.mark.parametrize(
    "text",
    ["", "most", "value:99", "value:0%", "value:101%", "value:-1%", "value:1e1%", "sample:0",
     "sample:9999999", "sample:-5", "sample:4.5", "ALL", "all,sample:5", "sample:٤"],
)  # fmt: skip
def test_anything_else_is_a_mistake_of_the_user(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--prove"):
        parse_policy(text)


def test_all_takes_all_and_value_takes_the_largest_that_reach_the_share() -> None:
    readings = {b"a": 50, b"b": 30, b"c": 20, b"d": 0}
    assert choose(parse_policy("all"), readings, SEED) == [b"a", b"b", b"c", b"d"]
    assert choose(parse_policy("value:50%"), readings, SEED) == [b"a"]
    assert choose(parse_policy("value:50.01%"), readings, SEED) == [b"a", b"b"]
    assert choose(parse_policy("value:100%"), readings, SEED) == [b"a", b"b", b"c"]


@given(BALANCES, st.integers(1, 100))
def test_a_share_of_the_value_is_reached_and_no_account_more(
    readings: dict[bytes, int], percent: int
) -> None:
    chosen = choose(parse_policy(f"value:{percent}%"), readings, SEED)
    total = sum(readings.values())
    held = [readings[account] for account in chosen]
    assert sum(held) * 100 >= total * percent
    if chosen:
        assert (sum(held) - min(held)) * 100 < total * percent


@given(BALANCES, st.integers(1, 50))
def test_draws_are_repeatable_and_never_fall_on_nothing(
    readings: dict[bytes, int], draws: int
) -> None:
    policy = ProvePolicy(PolicyKind.SAMPLE, "", draws=draws)
    chosen = choose(policy, readings, SEED)
    assert chosen == choose(policy, dict(reversed(readings.items())), SEED)
    assert all(readings[account] for account in chosen)
    assert len(chosen) <= draws
    assert bool(chosen) == any(readings.values())


def test_draws_weigh_by_value() -> None:
    readings = {n.to_bytes(2, "big"): 1 for n in range(1_000)} | {b"whale": 9_000}
    hits = sum(
        b"whale" in choose(parse_policy("sample:1"), readings, seed_of(POINT, str(n), "f"))
        for n in range(1_000)
    )
    # 900 are due; five standard deviations of the binomial distribution are 47
    assert 853 <= hits <= 947


def test_the_seed_depends_on_block_list_and_form() -> None:
    seeds = {seed_of(POINT, digest, form) for digest in ("a", "b") for form in ("x", "y")}
    assert len(seeds) == 4


def test_the_probability_of_detection() -> None:
    assert parse_policy("all").detection() == 1
    assert parse_policy("value:99%").detection() is None
    found = parse_policy("sample:460").detection()
    assert found == 1 - Fraction(99, 100) ** 460
    assert found is not None
    assert Fraction("0.99") < found < Fraction("0.9903")


def form() -> FormProofs:
    return FormProofs("ETH@ethereum", "ethereum", 100, 18, read=2, chosen=2)


def test_a_proof_that_agrees_lifts_the_assurance() -> None:
    counted = form()
    revised = proven_reading(b"a", observed(5), Proven(5, "http://other"), counted)
    assert (revised.amount, revised.assurance) == (5, Assurance.PROOF)
    assert revised.sources == ("http://127.0.0.1", "http://other")
    assert (counted.proven, counted.value_proven, counted.contradicted) == (1, 5, [])


def test_a_proof_that_contradicts_replaces_and_names_who_said_it() -> None:
    counted = form()
    revised = proven_reading(b"a", observed(6), Proven(5, "http://127.0.0.1"), counted)
    assert (revised.amount, revised.assurance) == (5, Assurance.PROOF)
    (one,) = counted.contradicted
    assert (one.said, one.proven, one.sources) == (6, 5, ("http://127.0.0.1",))
    assert "said 6" in revised.note
    assert "shows 5" in revised.note
