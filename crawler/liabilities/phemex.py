"""Phemex (since 2022-11): the published CSV of hashed client ids with all balances. Pure.

What is checked: ids are different and of one form; no balance is negative; sums per currency; the
file's digest, to compare with others; the root of the page, by a search over plausible rules (the
rule is not published); an id with its position, its balances and its way to the root.

A second published file may be a list of reserves (asset, amount): it is set beside the sums.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import islice

from crawler.liabilities.blocks import Duplicates
from crawler.liabilities.generic import read_amounts
from crawler.liabilities.id_table import ID_COLUMN, Row, Sums, Table
from crawler.liabilities.interface import (
    Check,
    Grade,
    LiabilitiesError,
    LiabilitiesResult,
    Outcome,
    PathStep,
    ProofFile,
    Request,
    failed,
    judged,
    not_possible,
    passed,
)
from crawler.liabilities.merkle_rules import Climber, Rule, leaf_maker, search
from crawler.liabilities.sums import trimmed
from crawler.models import Amount

COLUMN_NAME = 100
"""Characters that the name of the first column may have."""

IDS = 100_000
"""Ids that one customer's file may name."""

_ROOT = re.compile(r"(?:0x)?([0-9a-fA-F]{64})", re.ASCII)


@dataclass(slots=True)
class Wanted:
    """An id that is looked up, and what is expected of it."""

    id: str
    amounts: tuple[str, ...] = ()
    rows: list[Row] = field(default_factory=list)


class Phemex:
    """The system ``phemex``."""

    name = "phemex"
    scope = (
        (
            "Shown: every row of the published list is counted in the sums, and anybody can find "
            "the row of an id in it."
        ),
        (
            "Not proven: that every customer has a row, or that all customers were given the same "
            "list. Compare the file's digest, and the root, with others."
        ),
        (
            "Phemex has not published how its root is made; a rule that leads to it is found by "
            "trying. Without one the root says nothing about this file."
        ),
        "Not proven: that a hashed id is a real customer; negative rows would lower the sums.",
    )

    def recognises(self, files: Sequence[ProofFile]) -> bool:
        """Return whether the first file begins with a header whose first column is an id."""
        if not files or not files[0].head:
            return False
        head = files[0].head.decode("utf-8-sig", "replace").lstrip("\r\n")
        first, comma, _ = head.partition("\n")[0].partition(",")
        is_name = len(first) <= COLUMN_NAME and not first.startswith(("{", "["))
        return bool(comma) and is_name and ID_COLUMN.search(first) is not None

    def verify(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check the list of the first file; a second file may be a list of reserves."""
        if not 1 <= len(files) <= 2:  # noqa: PLR2004 (the list and the reserves)
            raise LiabilitiesError("phemex needs the CSV, and may have a list of reserves besides")
        table = Table(files[0], lenient=request.lenient)
        reserves = read_amounts(files[1]) if len(files) > 1 else {}
        return self._result(table, [], request, reserves=reserves)

    def include(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check that the rows of the last file (ids, or whole rows) stand in the first one."""
        if len(files) != 2:  # noqa: PLR2004 (the list and the customer's file)
            raise LiabilitiesError("phemex needs the CSV and the customer's file with the id")
        table = Table(files[0], lenient=request.lenient)
        return self._result(table, _customer(files[1], table, request), request)

    def find(self, file: ProofFile, wanted: str, request: Request) -> LiabilitiesResult:
        """Look a hashed client id up, with all its balances and its position."""
        if not wanted.strip() or "," in wanted:
            raise LiabilitiesError(f"{wanted!r} is no hashed client id")
        table = Table(file, lenient=request.lenient)
        return self._result(table, [Wanted(wanted.strip())], request)

    def _result(
        self,
        table: Table,
        wanted: list[Wanted],
        request: Request,
        *,
        reserves: dict[str, Amount] | None = None,
    ) -> LiabilitiesResult:
        root = _wanted_root(request)
        duplicates = Duplicates()
        sums = table.sums(duplicates)
        checks = [*_table_checks(table, sums, duplicates)]
        rule: Rule | None = None
        if root:
            rule, tried = search(table.rows, table.currencies, root, prefix=request.rule)
            checks.append(_rule_check(rule, tried))
        else:
            detail = "give the root of the page with --root: a rule that leads to it is searched"
            checks.append(not_possible("published root", detail))
        found: list[tuple[str, str]] = []
        path: tuple[PathStep, ...] = ()
        if wanted:
            _look_up(table, wanted)
            for entry in wanted:
                checks.append(_found_check(entry))
                found.extend(_found(entry, table, sums))
            if wanted[0].rows:
                place = wanted[0].rows[0].number - 1
                path = _path(table, rule, place) if rule else _outline(place, sums.rows)
        totals = {
            currency: _amount(total)
            for currency, total in zip(table.currencies, sums.totals, strict=True)
        }
        is_sound = all(check.outcome is not Outcome.FAILED for check in checks)
        grade = Grade.PROVEN if rule else Grade.CONSISTENT
        return LiabilitiesResult(
            system=self.name,
            checks=tuple(checks),
            totals=totals,
            grade=grade if is_sound else Grade.CLAIMED,
            scope=self.scope,
            root=root if rule else "",
            path=path,
            found=tuple(found),
            facts=(
                ("rows", f"{sums.rows:,}"),
                ("sha256 of the file", sums.digest),
                *((("rule of the root", str(rule)),) if rule else ()),
                *_beside(totals, reserves or {}),
            ),
        )


def _wanted_root(request: Request) -> str:
    if not request.root:
        return ""
    match = _ROOT.fullmatch(request.root.strip())
    if match is None:
        raise LiabilitiesError(f"{request.root!r} is no root: 64 hex digits were expected")
    return match.group(1).lower()


def _table_checks(table: Table, sums: Sums, duplicates: Duplicates) -> Iterator[Check]:
    repeated = table.repeated(duplicates, sums)
    if repeated:
        name, times = next(iter(repeated.items()))
        detail = f"{len(repeated):,} ids stand in the list more than once, {name} {times} times"
        yield failed("ids are different", detail)
    elif duplicates.is_complete:
        yield passed("ids are different", f"{sums.rows:,} ids")
    else:
        yield not_possible("ids are different", "too many to be sure in bounded memory")
    yield judged(
        "ids are of one form",
        holds=not sums.irregular,
        wrong=f"{sums.irregular:,} ids are not of the form of the first one, {sums.first_id}",
    )
    negative = [
        f"{count:,} of {currency} with {total:f} together"
        for currency, count, total in zip(
            table.currencies, sums.negative_count, sums.negative_sums, strict=True
        )
        if count
    ]
    wrong = f"negative balances lower what is owed: {'; '.join(negative)}"
    yield judged("no negative balance", holds=not negative, wrong=wrong)


def _rule_check(rule: Rule | None, tried: int) -> Check:
    if rule is not None:
        return passed("published root", f"the list leads to it by the rule {rule}")
    detail = f"none of {tried} rules that were tried leads to it: the rule is not known"
    return not_possible("published root", detail, needed=True)


def _look_up(table: Table, wanted: list[Wanted]) -> None:
    by_id = {entry.id: entry for entry in wanted}
    for batch in table.batches():
        if by_id.keys().isdisjoint(batch.ids):
            continue
        for row in batch.rows():
            if row.id in by_id:
                by_id[row.id].rows.append(row)


def _found_check(entry: Wanted) -> Check:
    name = f"id {entry.id[:16]}"
    if not entry.rows:
        return failed(name, f"{entry.id} does not stand in the list")
    if entry.amounts and not all(_equal(row.amounts, entry.amounts) for row in entry.rows):
        said, expected = ", ".join(entry.rows[0].amounts), ", ".join(entry.amounts)
        return failed(name, f"the list has {said}, the customer expects {expected}")
    return passed(name, f"stands in row {entry.rows[0].number:,}")


def _equal(left: Sequence[str], right: Sequence[str]) -> bool:
    return len(left) == len(right) and all(map(_same, left, right))


def _same(left: str, right: str) -> bool:
    return Decimal(left).compare(Decimal(right)) == 0


def _found(entry: Wanted, table: Table, sums: Sums) -> Iterator[tuple[str, str]]:
    for row in entry.rows:
        yield "id", row.id
        yield "position", f"row {row.number:,} of {sums.rows:,}"
        yield from zip(table.currencies, row.amounts, strict=True)


def _path(table: Table, rule: Rule, place: int) -> tuple[PathStep, ...]:
    """Return the way from a row to the root by the rule that was found."""
    climber = Climber(rule, wanted=place)
    make = leaf_maker(rule, table.currencies)
    for row in table.rows():
        leaf = make(row)
        if leaf is not None:
            climber.add(leaf)
    climber.root()
    return tuple(climber.path)


def _outline(place: int, rows: int) -> tuple[PathStep, ...]:
    """Return the way as rows, for a root whose rule is not known: which rows meet where."""
    steps: list[PathStep] = []
    level = 0
    while (1 << level) < rows:
        own = place >> level
        beside = own ^ 1
        there = (beside << level) < rows
        side = ("left" if own % 2 else "right") if there else ""
        sibling = _span(beside, level, rows) if there else ""
        steps.append(PathStep(f"level {level}", _span(own, level, rows), sibling, side))
        level += 1
    steps.append(PathStep("root", _span(0, level, rows)))
    return tuple(steps)


def _span(node: int, level: int, rows: int) -> str:
    first, last = (node << level) + 1, min((node + 1) << level, rows)
    return f"row {first:,}" if first == last else f"rows {first:,} to {last:,}"


def _customer(file: ProofFile, table: Table, request: Request) -> list[Wanted]:
    """Return the ids of a customer's file: a part of the table, or one id a line."""
    head = file.head.decode("utf-8-sig", "replace")
    if "," in head.partition("\n")[0]:
        own = Table(file, lenient=request.lenient)
        if own.currencies != table.currencies:
            raise LiabilitiesError(f"{file.name} has other columns than the published list")
        wanted = [Wanted(row.id, row.amounts) for row in islice(own.rows(), IDS)]
    else:
        text = file.read(1 << 24).decode("utf-8-sig", "replace")
        wanted = [Wanted(line.strip()) for line in text.splitlines() if line.strip()]
    if not wanted or len({entry.id for entry in wanted}) != len(wanted):
        raise LiabilitiesError(f"{file.name}: different ids, at least one, were expected")
    return wanted


def _beside(totals: dict[str, Amount], reserves: dict[str, Amount]) -> Iterator[tuple[str, str]]:
    """Yield what is held beside what is owed, for the assets that both lists name."""
    for asset in sorted(totals.keys() & reserves.keys()):
        held, owed = reserves[asset], totals[asset]
        yield f"{asset} held / owed", f"{held.text()} / {owed.text()} = {share_text(held, owed)}"


def share_text(held: Amount, owed: Amount) -> str:
    """Return held over owed in percent with two decimals, rounded down.

    >>> share_text(Amount(1049, 1), Amount(100, 0)), share_text(Amount(1, 0), Amount(0, 0))
    ('104.90%', 'nothing is owed')
    """
    if owed.units <= 0:
        return "nothing is owed"
    ratio = Fraction(held.units, 10**held.decimals) / Fraction(owed.units, 10**owed.decimals)
    basis = ratio.numerator * 10_000 // ratio.denominator
    return f"{basis // 100}.{basis % 100:02d}%"


def _amount(total: Decimal) -> Amount:
    whole, _, fraction = format(total, "f").partition(".")
    return trimmed(Amount(int(whole + fraction), len(fraction)))
