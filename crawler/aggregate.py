"""Findings -> totals per asset, network, custodian and entity. Pure; independent of row order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple, TypeVar

from chains.adapter import OwnershipWord
from crawler.assess import ExitCode, Finding, exit_code_of, worst
from crawler.entities import published_name
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


class Cell(NamedTuple):
    """What rows have in common that are added up together, in the words of the report."""

    asset: str
    network: str
    custodian: str
    kind: ClaimKind
    holding: str
    """native, issued, wrapped, custodian-issued, staked, lent or unknown."""
    ownership: str
    finding: str
    is_duplicate: bool
    assurance: str
    """Empty on rows whose balance was not observed at the snapshot."""

    @property
    def is_proven(self) -> bool:
        """Whether ownership is proven."""
        return self.ownership == OwnershipWord.PROVEN


@dataclass(slots=True)
class Tally:
    """The rows of a cell, added up as they are: what counts where is for `Totals`."""

    first: Finding
    """The first of the rows; the others are like it in everything but their amounts."""
    rows: int = 0
    claimed: Sum = field(default_factory=Sum)
    observed: Sum = field(default_factory=Sum)

    def cell(self) -> Cell | None:
        """Return what the rows have in common; None when they are no claims."""
        finding, claim = self.first, self.first.claim
        if isinstance(claim, MalformedRow):
            return None
        return Cell(
            *name_of(claim),
            claim.custodian,
            claim.kind,
            holding_of(claim),
            finding.ownership.word.value,
            finding.word.value,
            finding.is_duplicate,
            finding.assurance.value if finding.assurance and finding.is_observed else "",
        )


@dataclass(slots=True)
class Part:
    """The rows of a group that share one property, duplicates counted as rows only."""

    rows: int = 0
    claimed: Sum = field(default_factory=Sum)
    observed: Sum = field(default_factory=Sum)
    attested: Sum = field(default_factory=Sum)

    def take(self, cell: Cell, tally: Tally) -> None:
        """Count the rows of a cell."""
        self.rows += tally.rows
        if cell.is_duplicate:
            return
        self.claimed.merge(tally.claimed)
        if cell.assurance:
            self.observed.merge(tally.observed)
            if cell.is_proven:
                self.attested.merge(tally.observed)


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

    def take(self, cell: Cell, tally: Tally) -> None:
        """Count the rows of a cell."""
        self.rows += tally.rows
        self.findings[cell.finding] += tally.rows
        self.ownership[cell.ownership] += tally.rows
        if cell.is_duplicate:
            self.duplicated.merge(tally.claimed)
            return
        self.claimed.merge(tally.claimed)
        if cell.is_proven:
            self.rows_proven += tally.rows
            self.claimed_proven.merge(tally.claimed)
        if cell.assurance:
            self._take_observed(cell, tally)
        elif cell.finding == FindingWord.UNRESOLVED:
            self.unresolved.merge(tally.claimed)

    def _take_observed(self, cell: Cell, tally: Tally) -> None:
        self.rows_observed += tally.rows
        self.observed.merge(tally.observed)
        self.claimed_observed.merge(tally.claimed)
        self.assurances[cell.assurance] += tally.rows
        if cell.is_proven:
            self.rows_attested += tally.rows
            self.attested.merge(tally.observed)
            self.claimed_attested.merge(tally.claimed)


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
    lacks_amounts: bool = False
    """Whether there are amounts that Assay cannot use, which is not the list's fault."""


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
    agrees: bool | None
    """Equal at the precision that the summary publishes. None when it is above `detail`, and rows
    whose amount or place Assay does not know may make up for it."""

    @property
    def publishes_too_much(self) -> bool:
        """Whether the summary is above what its rows add up to."""
        return self.agrees is False and self.published.minus(self.detail).units > 0


class Aggregate:
    """All totals of one run. Feed it every finding once, then every summary row."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[object, ...], Tally] = {}
        """Everything by which rows are told apart anywhere -> the rows that are alike in it.
        A row is counted once, and every table is made from these."""
        self._summaries = ExitCode.HOLDS
        self._published: dict[tuple[str, bool, str | None], _Published] | None = None

    def add(self, finding: Finding) -> None:
        """Count one finding."""
        tally = self._tally(finding)
        tally.rows += 1
        if finding.claimed is not None:
            tally.claimed.add(finding.claimed)
        if finding.observed is not None:
            tally.observed.add(finding.observed)

    def _tally(self, finding: Finding) -> Tally:
        claim, ownership = finding.claim, finding.ownership
        # Once a row, so as little as possible; the tally's first finding keeps the mapping alive.
        key: tuple[object, ...] = (
            ownership.word, ownership.reason, ownership.digest, ownership.message, finding.word,
            finding.reason, finding.assurance,
        )  # fmt: skip
        if isinstance(claim, Claim):
            key += id(claim.mapping), claim.coin, claim.file, claim.kind, claim.custodian
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = Tally(finding)
        return tally

    def tallies(self) -> Iterator[Tally]:
        """Yield the rows so far, those that are alike together."""
        yield from self._tallies.values()

    def take(self, tally: Tally) -> None:
        """Count what another aggregate counted of some rows."""
        own = self._tally(tally.first)
        own.rows += tally.rows
        own.claimed.merge(tally.claimed)
        own.observed.merge(tally.observed)

    @property
    def exit_code(self) -> ExitCode:
        """The worst outcome of any row or summary so far."""
        return worst(
            self._summaries, *(exit_code_of(tally.first) for tally in self._tallies.values())
        )

    @property
    def groups(self) -> Counter[tuple[str, str]]:
        """(finding, reason) -> rows."""
        return self._counted(lambda finding: (finding.word.value, finding.reason))

    @property
    def ownership_reasons(self) -> Counter[tuple[str, str]]:
        """(ownership word, reason) -> rows."""
        return self._counted(
            lambda finding: (finding.ownership.word.value, finding.ownership.reason)
        )

    @property
    def digests(self) -> Counter[tuple[str, str]]:
        """(digest, message) -> rows with a valid signature over it."""
        return self._counted(
            lambda finding: (
                (finding.ownership.digest, finding.ownership.message)
                if finding.ownership.digest
                else None
            )
        )

    def _counted(
        self, group: Callable[[Finding], tuple[str, str] | None]
    ) -> Counter[tuple[str, str]]:
        counted: Counter[tuple[str, str]] = Counter()
        for tally in self._tallies.values():
            name = group(tally.first)
            if name is not None:
                counted[name] += tally.rows
        return counted

    @property
    def entity(self) -> Totals:
        """The totals of all rows so far."""
        totals = Totals()
        for tally in self._tallies.values():
            # A row that is no claim has no asset and no amount, and is counted all the same.
            totals.take(tally.cell() or _no_claim(tally.first), tally)
        return totals

    @property
    def assets(self) -> dict[str, Totals]:
        """Asset -> totals."""
        return self._merged(lambda cell: cell.asset)

    @property
    def networks(self) -> dict[tuple[str, str], Totals]:
        """(asset, network) -> totals."""
        return self._merged(lambda cell: (cell.asset, cell.network))

    @property
    def custodians(self) -> dict[tuple[str, str], Totals]:
        """(asset, custodian) -> totals."""
        return self._merged(lambda cell: (cell.asset, cell.custodian))

    def parts(
        self, group: Callable[[Cell], Group], split: Callable[[Cell], Property | None]
    ) -> dict[Group, dict[Property, Part]]:
        """Return, for each group of claims, its parts by a property; None is in no part."""
        found: dict[Group, dict[Property, Part]] = {}
        for cell, tally in self._cells():
            if (name := split(cell)) is not None:
                found.setdefault(group(cell), {}).setdefault(name, Part()).take(cell, tally)
        return found

    def _merged(self, group: Callable[[Cell], Group]) -> dict[Group, Totals]:
        merged: dict[Group, Totals] = {}
        for cell, tally in self._cells():
            merged.setdefault(group(cell), Totals()).take(cell, tally)
        return merged

    def _cells(self) -> Iterator[tuple[Cell, Tally]]:
        """Yield the rows that are claims."""
        for tally in self._tallies.values():
            cell = tally.cell()
            if cell is not None:
                yield cell, tally

    def _sums_as_published(self) -> dict[tuple[str, bool, str | None], _Published]:
        """Return (file, is a unit, coin or unit) -> what its rows add up to, as published.

        The unit None is that of rows of which no table says which unit they count for.
        """
        found: dict[tuple[str, bool, str | None], _Published] = {}
        for tally in self._tallies.values():
            claim = tally.first.claim
            if isinstance(claim, MalformedRow):
                continue
            coin = published_name(claim.coin)
            unit = claim.mapping.unit if claim.mapping is not None else None
            keys: set[tuple[bool, str | None]] = {(False, coin), (True, unit or coin), (True, unit)}
            for key in keys:
                published = found.setdefault((claim.file, *key), _Published())
                published.rows += tally.rows
                published.sum.merge(tally.claimed)
                published.lacks_amounts |= bool(claim.amount_gap)
        return found

    def compare(
        self, summary: SummaryRow, *, unit: str, others: Collection[str] = ()
    ) -> SummaryComparison:
        """Return how a summary line compares with the rows of its own file (feed all first).

        `unit` is the entity's own name for the asset of an aggregate line; `others` are further
        names, upper case, that its rows may have. A summary that publishes more than its rows add
        up to does not hold (exit code 1).
        """
        if self._published is None:
            self._published = self._sums_as_published()
        detail = _Published()
        for name in {unit} if summary.is_aggregate else {published_name(summary.coin), *others}:
            part = self._published.get((summary.file, summary.is_aggregate, name), _Published())
            detail.rows += part.rows
            detail.sum.merge(part.sum)
            detail.lacks_amounts |= part.lacks_amounts
        total = detail.sum.amount()
        agrees: bool | None = _is_equal_as_rounded(summary.amount, total)
        if not agrees and summary.amount.minus(total).units > 0:
            most = Sum()
            most.merge(detail.sum)
            if summary.is_aggregate and (
                unplaced := self._published.get((summary.file, True, None))
            ):
                most.merge(unplaced.sum)
                detail.lacks_amounts |= unplaced.lacks_amounts
            is_reached = summary.amount.minus(most.amount()).units <= 0
            if detail.lacks_amounts or is_reached or _is_equal_as_rounded(
                summary.amount, most.amount()
            ):  # fmt: skip
                agrees = None
                self._summaries = worst(self._summaries, ExitCode.INCOMPLETE)
        comparison = SummaryComparison(
            summary.file, summary.row, summary.coin, summary.amount, total, detail.rows, agrees
        )
        if comparison.publishes_too_much:
            self._summaries = ExitCode.DOES_NOT_HOLD
        return comparison


def _is_equal_as_rounded(published: Amount, amount: Amount) -> bool:
    """Return whether two amounts differ by less than one unit of the last published digit."""
    difference = published.minus(amount)
    step: int = 10 ** (difference.decimals - published.decimals)
    return abs(difference.units) < step


def name_of(claim: Claim) -> tuple[str, str]:
    """Return (asset, network) that a claim is counted under; unknown ones keep a stated name."""
    mapping = claim.mapping
    if mapping is None:
        return f"? {claim.coin}", "?"
    return mapping.asset or f"? {claim.coin}", mapping.network or "?"


def _no_claim(finding: Finding) -> Cell:
    word = finding.ownership.word.value
    return Cell("", "", "", ClaimKind.WALLET, "", word, finding.word.value, False, "")  # noqa: FBT003


def holding_of(claim: Claim) -> str:
    """Return how a claim holds its asset: the kind of its holding form, or that it is staked."""
    if claim.kind is ClaimKind.STAKING:
        return "staked"
    mapping = claim.mapping
    return mapping.form.kind if mapping is not None and mapping.form is not None else "unknown"
