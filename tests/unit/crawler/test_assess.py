from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import (
    Assurance,
    Control,
    ControlWord,
    OwnershipVerdict,
    OwnershipWord,
    Unresolved,
)
from chains.errors import UnresolvedReason
from crawler.assess import (
    ExitCode,
    assess,
    assess_duplicate,
    assess_malformed,
    exit_code_of,
    exit_code_of_ownership,
    settle,
    worst,
)
from crawler.models import Amount, FindingWord, MalformedRow
from tests.unit.crawler.samples import FAILED, PROVEN, UNSIGNED, claim, observed

GONE = Unresolved(UnresolvedReason.UNREACHABLE, "No endpoint answered.")


@pytest.mark.parametrize(
    ("amount", "word", "reason"),
    [
        (1_500_000, FindingWord.MATCH, "equal"),
        (1_500_001, FindingWord.SURPLUS, "observed-more"),
        (1_499_999, FindingWord.SHORTFALL, "observed-less"),
        (0, FindingWord.SHORTFALL, "observed-less"),
    ],
)
def test_one_base_unit_decides(amount: int, word: FindingWord, reason: str) -> None:
    finding = assess(claim(), PROVEN, observed(amount))
    assert (finding.word, finding.reason) == (word, reason)
    assert finding.observed == Amount(amount, 6)


@pytest.mark.parametrize(
    ("amount", "word", "reason"),
    [
        (1_495_000, FindingWord.MATCH, "equal-as-rounded"),
        (1_505_000, FindingWord.MATCH, "equal-as-rounded"),
        (1_500_000, FindingWord.MATCH, "equal"),
        (1_494_999, FindingWord.SHORTFALL, "observed-less"),
        (1_505_001, FindingWord.SURPLUS, "observed-more"),
    ],
)
def test_a_list_that_rounds_is_held_to_what_it_writes(
    amount: int, word: FindingWord, reason: str
) -> None:
    rounded = dataclasses.replace(claim(amount=Amount(150, 2)), rounding=Amount(5, 3))
    finding = assess(rounded, PROVEN, observed(amount))
    assert (finding.word, finding.reason) == (word, reason)


def test_a_claim_finer_than_the_asset_is_compared_exactly() -> None:
    finer = claim(amount=Amount(1_500_000_0000001, 13))
    assert assess(finer, PROVEN, observed(1_500_000)).word is FindingWord.SHORTFALL


def test_a_failed_read_is_never_a_number() -> None:
    finding = assess(claim(), PROVEN, GONE)
    assert finding.word is FindingWord.UNRESOLVED
    assert finding.reason == "unreachable"
    assert finding.observed is None


def test_a_live_reading_is_shown_but_never_a_match() -> None:
    finding = assess(claim(), PROVEN, observed(1_500_000, Assurance.LIVE))
    assert finding.word is FindingWord.UNRESOLVED
    assert finding.observed == Amount(1_500_000, 6)
    assert not finding.is_observed


def test_a_row_without_amount_is_out_of_scope() -> None:
    finding = assess(claim(amount=None), PROVEN, observed(5))
    assert (finding.word, finding.reason) == (FindingWord.OUT_OF_SCOPE, "no-amount")
    assert exit_code_of(finding) is ExitCode.INCOMPLETE


def test_an_amount_that_our_own_table_cannot_read_is_unresolved() -> None:
    gap = dataclasses.replace(claim(amount=None), amount_gap="Decimals are not known.")
    finding = assess(gap, PROVEN, observed(5))
    assert (finding.word, finding.detail) == (FindingWord.UNRESOLVED, "Decimals are not known.")


def test_a_malformed_row_is_unresolved_and_fails() -> None:
    row = MalformedRow("list.csv", 4, "ETH", "0x", "amount", "Not an amount.")
    finding = assess_malformed(row, FAILED)
    assert finding.word is FindingWord.UNRESOLVED
    assert exit_code_of(finding) is ExitCode.DOES_NOT_HOLD


@pytest.mark.parametrize(
    ("amount", "verdict", "code"),
    [
        (1_500_000, PROVEN, ExitCode.HOLDS),
        (1_500_001, PROVEN, ExitCode.HOLDS),
        (1_499_999, PROVEN, ExitCode.DOES_NOT_HOLD),
        (1_500_000, FAILED, ExitCode.DOES_NOT_HOLD),
        (1_500_000, UNSIGNED, ExitCode.INCOMPLETE),
    ],
)
def test_exit_codes(amount: int, verdict: OwnershipVerdict, code: ExitCode) -> None:
    assert exit_code_of(assess(claim(), verdict, observed(amount))) is code


def test_unresolved_is_incomplete_and_a_duplicate_does_not_hold() -> None:
    assert exit_code_of(assess(claim(), PROVEN, GONE)) is ExitCode.INCOMPLETE
    duplicate = assess_duplicate(claim(), PROVEN, first_row="Line 1")
    assert exit_code_of(duplicate) is ExitCode.DOES_NOT_HOLD
    assert "Line 1" in duplicate.detail


@given(st.sampled_from(list(OwnershipWord)))
def test_only_proven_holds(word: OwnershipWord) -> None:
    assert (exit_code_of_ownership(word) is ExitCode.HOLDS) == (word is OwnershipWord.PROVEN)


@given(st.lists(st.sampled_from(list(ExitCode)), min_size=1), st.sampled_from(list(ExitCode)))
def test_adding_an_outcome_never_improves_the_code(codes: list[ExitCode], more: ExitCode) -> None:
    before, after = worst(*codes), worst(*codes, more)
    assert worst(before, after) is after
    assert worst(ExitCode.INCOMPLETE, ExitCode.DOES_NOT_HOLD) is ExitCode.DOES_NOT_HOLD


@pytest.mark.parametrize(
    ("word", "due"),
    [("proven", "proven"), ("partial", "partial"), ("failed", "failed"), ("unsettled", "key-only")],
)
def test_the_chain_settles_key_only_rows_and_no_others(word: str, due: str) -> None:
    key_only = OwnershipVerdict(OwnershipWord.KEY_ONLY, "owner-signature", "Signed.", "d", "m")
    control = Control(ControlWord(word), "owners", "2 of 3 owners.")
    settled = settle(key_only, control)
    assert settled.word.value == due
    assert (settled.digest, settled.message) == ("d", "m")
    assert "2 of 3 owners." in settled.detail
    assert settled.reason == ("owner-signature" if due == "key-only" else "control-owners")
    assert settle(FAILED, control) is FAILED
    assert settle(key_only, None) is key_only


@pytest.mark.parametrize("word", list(ControlWord))
def test_a_proven_row_fails_only_when_the_chain_contradicts_it(word: ControlWord) -> None:
    control = Control(word, "master-disabled", "The key that signed is disabled.")
    settled = settle(PROVEN, control)
    if word is not ControlWord.FAILED:
        assert settled is PROVEN
    else:
        assert (settled.word, settled.reason) == (OwnershipWord.FAILED, "control-master-disabled")


def test_what_stands_beside_a_balance_is_told_in_the_finding() -> None:
    noted = dataclasses.replace(observed(1_500_000), note="Validator 7, exited.")
    assert assess(claim(), PROVEN, noted).detail == "Observed equals claimed. Validator 7, exited."
