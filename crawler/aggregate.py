"""Findings -> totals per asset, network, custodian and entity. Pure; independent of row order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import NamedTuple, TypeVar

from crawler.assess import ExitCode, Finding, exit_code_of, worst
from crawler.models import Amount, Claim, ClaimKind, FindingWord, MalformedRow, SummaryRow

Group = TypeVar("Group")
Property = TypeVar("Property")


class Sum:
    """An exact sum of amounts of several scales.

    >>> total = Sum(); total.add(Amount(15, 1)); total.add(Amount(1, 3)); total.amount().text()
    '1.501'
    """

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: dict[int, int] = {}

    def add(self, amount: Amount) -> None:
        """Add an amount."""
        parts = self._parts
        parts[amount.decimals] = parts.get(amount.decimals, 0) + amount.units

    def merge(self, other: Sum) -> None:
        """Add another sum."""
        for decimals, units in other._parts.items():
            self._parts[decimals] = self._parts.get(decimals, 0) + units

    def amount(self) -> Amount:
        """Return the sum, with as many decimals as the finest part had."""
        total = Amount(0, 0)
        for decimals, units in self._parts.items():
            total = total.plus(Amount(units, decimals))
        return total


@dataclass(slots=True)
class Totals:
    """Sums side by side, never merged, and how much of the rows and of the value they cover."""

    claimed: Sum = field(default_factory=Sum)
    """Every row once; duplicates left out."""
    observed: Sum = field(default_factory=Sum)
    attested: Sum = field(default_factory=Sum)
    """Observed at the snapshot on rows whose ownership is proven."""
    unresolved: Sum = field(default_factory=Sum)
    """Claimed on rows whose balance could not be read."""
    duplicated: Sum = field(default_factory=Sum)
    """Claimed again by later rows of a holding; in no other sum."""
    claimed_observed: Sum = field(default_factory=Sum)
    """Claimed on rows whose balance was read."""
    claimed_proven: Sum = field(default_factory=Sum)
    """Claimed on rows whose ownership is proven."""
    claimed_attested: Sum = field(default_factory=Sum)
    """Claimed on rows that are both."""
    rows: int = 0
    rows_observed: int = 0
    rows_proven: int = 0
    rows_attested: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    ownership: Counter[str] = field(default_factory=Counter)
    assurances: Counter[str] = field(default_factory=Counter)

    def add(self, finding: Finding) -> None:
        """Count one finding."""
        self.rows += 1
        self.findings[finding.word.value] += 1
        self.ownership[finding.ownership.word.value] += 1
        claimed = finding.claimed
        if finding.is_duplicate:
            if claimed is not None:
                self.duplicated.add(claimed)
            return
        if claimed is not None:
            self.claimed.add(claimed)
        if finding.is_proven:
            self.rows_proven += 1
            if claimed is not None:
                self.claimed_proven.add(claimed)
        if finding.is_observed and finding.observed is not None and claimed is not None:
            self._add_observed(finding, finding.observed, claimed)
        elif finding.word is FindingWord.UNRESOLVED and claimed is not None:
            self.unresolved.add(claimed)

    def merge(self, other: Totals) -> None:
        """Count all that other totals have counted."""
        for member in fields(self):
            mine, theirs = getattr(self, member.name), getattr(other, member.name)
            if isinstance(mine, Sum):
                mine.merge(theirs)
            elif isinstance(mine, Counter):
                mine.update(theirs)
            else:
                setattr(self, member.name, mine + theirs)

    def _add_observed(self, finding: Finding, observed: Amount, claimed: Amount) -> None:
        self.rows_observed += 1
        self.observed.add(observed)
        self.claimed_observed.add(claimed)
        if finding.assurance is not None:
            self.assurances[finding.assurance.value] += 1
        if finding.is_proven:
            self.rows_attested += 1
            self.attested.add(observed)
            self.claimed_attested.add(claimed)


class Cell(NamedTuple):
    """Everything by which rows are grouped anywhere; rows alike in all of it are added up once."""

    asset: str
    network: str
    custodian: str
    kind: ClaimKind
    holding: str
    """native, issued, wrapped, custodian-issued, staked, lent or unknown."""
    ownership: str
    assurance: str
    """Empty on rows whose balance was not observed at the snapshot."""


@dataclass(slots=True)
class Part:
    """The rows of a group that share one property, duplicates counted as rows only."""

    rows: int = 0
    claimed: Sum = field(default_factory=Sum)
    observed: Sum = field(default_factory=Sum)
    attested: Sum = field(default_factory=Sum)

    def take(self, totals: Totals) -> None:
        """Add what `totals` have counted."""
        self.rows += totals.rows
        self.claimed.merge(totals.claimed)
        self.observed.merge(totals.observed)
        self.attested.merge(totals.attested)


def share(part: Sum, whole: Sum) -> Fraction | None:
    """Return part / whole, or None when the whole is zero (a share of nothing is unknown)."""
    numerator, denominator = part.amount(), whole.amount()
    if denominator.units == 0:
        return None
    return Fraction(numerator.units, 10**numerator.decimals) / Fraction(
        denominator.units, 10**denominator.decimals
    )


@dataclass(slots=True)
class _Published:
    sum: Sum = field(default_factory=Sum)
    rows: int = 0


@dataclass(frozen=True, slots=True)
class SummaryComparison:
    """What the list's own summary says of a coin or asset, beside the sum of its rows."""

    file: str
    row: int
    coin: str
    published: Amount
    detail: Amount
    """Sum of the detail rows, duplicates included, as published."""
    rows: int
    agrees: bool
    """Equal at the precision that the summary publishes."""

    @property
    def publishes_too_much(self) -> bool:
        """Whether the summary is above what its rows add up to."""
        return not self.agrees and self.published.minus(self.detail).units > 0


class Aggregate:
    """All totals of one run. Feed it every finding once, then every summary row."""

    def __init__(self) -> None:
        self._totals: dict[Cell | None, Totals] = {}
        """What rows have in common -> their totals; None for rows that are no claims. A row is
        counted once, and every table is made from these."""
        self.groups: Counter[tuple[str, str]] = Counter()
        """(finding, reason) -> rows."""
        self.ownership_reasons: Counter[tuple[str, str]] = Counter()
        """(ownership word, reason) -> rows."""
        self.digests: Counter[tuple[str, str]] = Counter()
        """(digest, message) -> rows with a valid signature over it."""
        self.exit_code = ExitCode.HOLDS
        self._published: dict[tuple[str, bool, str], _Published] = {}
        """(file, is a unit, coin or unit) -> what its rows add up to, as published."""

    def add(self, finding: Finding) -> None:
        """Count one finding everywhere it belongs."""
        claim = finding.claim
        self.groups[finding.word.value, finding.reason] += 1
        ownership = finding.ownership
        self.ownership_reasons[ownership.word.value, ownership.reason] += 1
        if ownership.digest:
            self.digests[ownership.digest, ownership.message] += 1
        self.exit_code = worst(self.exit_code, exit_code_of(finding))
        if isinstance(claim, Claim):
            self._count_published(claim)
        key = _cell(claim, finding)
        totals = self._totals.get(key)
        if totals is None:
            totals = self._totals[key] = Totals()
        totals.add(finding)

    @property
    def entity(self) -> Totals:
        """The totals of all rows so far."""
        return self._merged(lambda _: ()).get((), Totals())

    @property
    def assets(self) -> dict[str, Totals]:
        """Asset -> totals."""
        return self._merged(lambda cell: None if cell is None else cell.asset)

    @property
    def networks(self) -> dict[tuple[str, str], Totals]:
        """(asset, network) -> totals."""
        return self._merged(lambda cell: None if cell is None else (cell.asset, cell.network))

    @property
    def custodians(self) -> dict[tuple[str, str], Totals]:
        """(asset, custodian) -> totals."""
        return self._merged(lambda cell: None if cell is None else (cell.asset, cell.custodian))

    def parts(
        self, group: Callable[[Cell], Group], split: Callable[[Cell], Property | None]
    ) -> dict[Group, dict[Property, Part]]:
        """Return, for each group of claims, its parts by a property; None is in no part."""
        found: dict[Group, dict[Property, Part]] = {}
        for cell, totals in self._totals.items():
            if cell is not None and (name := split(cell)) is not None:
                found.setdefault(group(cell), {}).setdefault(name, Part()).take(totals)
        return found

    def _merged(self, group: Callable[[Cell | None], Group | None]) -> dict[Group, Totals]:
        """Return the totals of each group; rows whose group is None are left out."""
        merged: dict[Group, Totals] = {}
        for key, totals in self._totals.items():
            name = group(key)
            if name is not None:
                merged.setdefault(name, Totals()).merge(totals)
        return merged

    def _count_published(self, claim: Claim) -> None:
        coin = claim.coin.strip().upper()
        unit = (claim.mapping.unit if claim.mapping is not None else None) or coin
        for key in ((claim.file, False, coin), (claim.file, True, unit)):
            published = self._published.get(key)
            if published is None:
                published = self._published[key] = _Published()
            published.rows += 1
            if claim.amount is not None:
                published.sum.add(claim.amount)

    def compare(self, summary: SummaryRow, *, unit: str) -> SummaryComparison:
        """Return how a summary line compares with the rows of its own file (feed all first).

        `unit` is the entity's own name for the asset of an aggregate line. A summary that
        publishes more than its rows add up to does not hold (exit code 1).
        """
        name = unit if summary.is_aggregate else summary.coin.strip().upper()
        published = self._published.get((summary.file, summary.is_aggregate, name), _Published())
        detail = published.sum.amount()
        difference = summary.amount.minus(detail)
        # Published figures are rounded: they agree when they differ by less than one unit of
        # the last digit that the summary writes.
        step = 10 ** (difference.decimals - summary.amount.decimals)
        agrees = abs(difference.units) < step
        comparison = SummaryComparison(
            summary.file, summary.row, summary.coin, summary.amount, detail, published.rows, agrees
        )
        if comparison.publishes_too_much:
            self.exit_code = worst(self.exit_code, ExitCode.DOES_NOT_HOLD)
        return comparison


def name_of(claim: Claim) -> tuple[str, str]:
    """Return (asset, network) that a claim is counted under; unknown ones keep a stated name."""
    mapping = claim.mapping
    if mapping is None:
        return f"? {claim.coin}", "?"
    return mapping.asset or f"? {claim.coin}", mapping.network or "?"


def _cell(claim: Claim | MalformedRow, finding: Finding) -> Cell | None:
    if isinstance(claim, MalformedRow):
        return None
    assurance = finding.assurance
    return Cell(
        *name_of(claim),
        claim.custodian,
        claim.kind,
        holding_of(claim),
        finding.ownership.word.value,
        assurance.value if assurance is not None and finding.is_observed else "",
    )


def holding_of(claim: Claim) -> str:
    """Return how a claim holds its asset: the kind of its holding form, or that it is staked."""
    if claim.kind is ClaimKind.STAKING:
        return "staked"
    mapping = claim.mapping
    return mapping.form.kind if mapping is not None and mapping.form is not None else "unknown"
