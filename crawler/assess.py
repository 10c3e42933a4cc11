"""Claim + ownership verdict + reading -> finding. Pure policy; every rule of it is here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import assert_never

from chains.adapter import (
    Assurance,
    Control,
    ControlWord,
    Observed,
    OwnershipVerdict,
    OwnershipWord,
    Reading,
    SnapshotPoint,
    Unresolved,
)
from crawler.models import Amount, Claim, FindingWord, MalformedRow

SNAPSHOT_ASSURANCES = frozenset(
    {Assurance.PROOF, Assurance.QUORUM, Assurance.NODE, Assurance.REPLAYED}
)
"""Readings of these count as observed at the snapshot; `live` never does (design rule 5)."""

OBSERVED_WORDS = frozenset({FindingWord.MATCH, FindingWord.SURPLUS, FindingWord.SHORTFALL})
"""What becomes of a row whose balance is known at the snapshot."""


class ExitCode(IntEnum):
    """What the process says when it ends; the worst outcome wins, 1 before 3."""

    HOLDS = 0
    DOES_NOT_HOLD = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERNAL = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one row of the list."""

    claim: Claim | MalformedRow
    ownership: OwnershipVerdict
    word: FindingWord
    reason: str
    """Stable code."""
    detail: str
    claimed: Amount | None
    observed: Amount | None = None
    """Set only when the balance was read at the snapshot, or `live`."""
    assurance: Assurance | None = None
    point: SnapshotPoint | None = None
    sources: tuple[str, ...] = ()

    @property
    def is_observed(self) -> bool:
        """Whether the balance is known at the snapshot point, and counted."""
        return self.word in OBSERVED_WORDS

    @property
    def is_proven(self) -> bool:
        """Whether the row's ownership is proven."""
        return self.ownership.word is OwnershipWord.PROVEN

    @property
    def is_duplicate(self) -> bool:
        """Whether an earlier row already claims this holding."""
        return self.reason == "duplicate"


def settle(verdict: OwnershipVerdict, control: Control | None) -> OwnershipVerdict:
    """Return the final ownership verdict of a row: its signatures and what the chain shows.

    A `key-only` verdict becomes what the chain shows; what it does not settle stays `key-only`,
    with the reason in its detail. A `proven` one changes only when the chain shows that the key
    that signed has no power over the account: it fails then.
    """
    if control is None:
        return verdict
    if verdict.word is OwnershipWord.PROVEN and control.word is not ControlWord.FAILED:
        return verdict
    if verdict.word not in {OwnershipWord.KEY_ONLY, OwnershipWord.PROVEN}:
        return verdict
    match control.word:
        case ControlWord.PROVEN:
            word = OwnershipWord.PROVEN
        case ControlWord.PARTIAL:
            word = OwnershipWord.PARTIAL
        case ControlWord.FAILED:
            word = OwnershipWord.FAILED
        case ControlWord.UNSETTLED:
            detail = f"{verdict.detail} Not settled: {control.detail}"
            return replace(verdict, detail=detail)
        case _:
            assert_never(control.word)
    return replace(verdict, word=word, reason=f"control-{control.reason}", detail=control.detail)


def assess_malformed(row: MalformedRow, ownership: OwnershipVerdict) -> Finding:
    """Return the finding for a row that is not a claim: it could not be checked."""
    return Finding(
        row, ownership, FindingWord.UNRESOLVED, f"malformed-{row.reason}", row.detail, None
    )


def assess_duplicate(claim: Claim, ownership: OwnershipVerdict, *, first_row: str) -> Finding:
    """Return the finding for a later row of a holding; `first_row` names the earlier one."""
    detail = f"{first_row} already claims this account for this asset; it is counted once."
    return Finding(claim, ownership, FindingWord.OUT_OF_SCOPE, "duplicate", detail, claim.amount)


def assess(claim: Claim, ownership: OwnershipVerdict, reading: Reading) -> Finding:
    """Return the finding for a claim and the reading of its balance.

    A claim of a format without amounts is out of scope for balances; an amount that Assay cannot
    use leaves the claim unresolved, and so does a reading that is not at the snapshot.
    """
    if claim.amount is None:
        if claim.amount_gap:
            word, detail = FindingWord.UNRESOLVED, claim.amount_gap
        else:
            word, detail = FindingWord.OUT_OF_SCOPE, "The list states no amount for this row."
        return Finding(claim, ownership, word, "no-amount", detail, None)
    if isinstance(reading, Unresolved):
        return Finding(
            claim, ownership, FindingWord.UNRESOLVED, reading.reason.value, reading.detail,
            claim.amount,
        )  # fmt: skip
    return _compare(claim, claim.amount, ownership, reading)


def _compare(
    claim: Claim, claimed: Amount, ownership: OwnershipVerdict, reading: Observed
) -> Finding:
    decimals = claim.mapping.form.decimals if claim.mapping and claim.mapping.form else 0
    observed = Amount(reading.amount, decimals)
    difference = observed.minus(claimed)
    if reading.assurance not in SNAPSHOT_ASSURANCES:
        word, reason = FindingWord.UNRESOLVED, "live-only"
        detail = "The balance was read, but not at the snapshot block."
    elif difference.units == 0:
        word, reason, detail = FindingWord.MATCH, "equal", "Observed equals claimed."
    elif claim.rounding is not None and _is_within(difference, claim.rounding):
        word, reason = FindingWord.MATCH, "equal-as-rounded"
        detail = f"Observed equals claimed to the {claimed.decimals} decimals that are published."
    elif difference.units > 0:
        word, reason = FindingWord.SURPLUS, "observed-more"
        detail = f"Observed {difference.text()} more than claimed."
    else:
        word, reason = FindingWord.SHORTFALL, "observed-less"
        detail = (
            f"Observed {Amount(-difference.units, difference.decimals).text()} less than claimed."
        )
    if reading.note:
        detail = f"{detail} {reading.note}"
    return Finding(
        claim, ownership, word, reason, detail, claimed,
        observed=observed, assurance=reading.assurance, point=reading.point,
        sources=reading.sources,
    )  # fmt: skip


def _is_within(difference: Amount, bound: Amount) -> bool:
    size = Amount(abs(difference.units), difference.decimals)
    return size.minus(bound).units <= 0


def exit_code_of_ownership(word: OwnershipWord) -> ExitCode:
    """Return what one ownership verdict means for the exit code."""
    match word:
        case OwnershipWord.PROVEN:
            return ExitCode.HOLDS
        case OwnershipWord.FAILED:
            return ExitCode.DOES_NOT_HOLD
        case _:
            return ExitCode.INCOMPLETE


def exit_code_of(finding: Finding) -> ExitCode:
    """Return what one finding means for the exit code.

    A false signature, a shortfall or a holding claimed twice does not hold; whatever is not
    proven or not observed is incomplete; a surplus holds.
    """
    if finding.word is FindingWord.SHORTFALL or finding.is_duplicate:
        return ExitCode.DOES_NOT_HOLD
    ownership = exit_code_of_ownership(finding.ownership.word)
    if finding.is_observed:
        return ownership
    return worst(ownership, ExitCode.INCOMPLETE)


_SEVERITY = {
    ExitCode.HOLDS: 0,
    ExitCode.INCOMPLETE: 1,
    ExitCode.DOES_NOT_HOLD: 2,
    ExitCode.USAGE: 3,
    ExitCode.INTERNAL: 4,
}


def worst(*codes: ExitCode) -> ExitCode:
    """Return the code that wins: internal, usage, does not hold, incomplete, holds.

    >>> worst(ExitCode.HOLDS, ExitCode.INCOMPLETE, ExitCode.DOES_NOT_HOLD)
    <ExitCode.DOES_NOT_HOLD: 1>
    """
    return max(codes, key=_SEVERITY.__getitem__)
