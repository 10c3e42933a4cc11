from __future__ import annotations

import dataclasses
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import Assurance, OwnershipVerdict, Unresolved
from chains.errors import UnresolvedReason
from crawler.aggregate import Aggregate, Sum, share
from crawler.assess import ExitCode, Finding, assess, assess_duplicate
from crawler.models import Amount, ClaimKind, SummaryRow
from tests.unit.crawler.samples import ETH, FAILED, PROVEN, UNSIGNED, claim, mapping, observed

GONE = Unresolved(UnresolvedReason.UNREACHABLE, "gone")


def total(findings: list[Finding]) -> Aggregate:
    aggregate = Aggregate()
    for finding in findings:
        aggregate.add(finding)
    return aggregate


def test_the_four_columns_stand_side_by_side() -> None:
    aggregate = total([
        assess(claim(1), PROVEN, observed(1_500_000)),
        assess(claim(2), UNSIGNED, observed(1_500_000)),
        assess(claim(3), PROVEN, GONE),
        assess(claim(4), PROVEN, observed(1_000_000)),
        assess_duplicate(claim(5), PROVEN, first_row="Line 1"),
    ])  # fmt: skip
    usdt = aggregate.assets["USDT"]
    assert usdt.claimed.amount() == Amount(6_000_000, 6)
    assert usdt.observed.amount() == Amount(4_000_000, 6)
    assert usdt.attested.amount() == Amount(2_500_000, 6)
    assert usdt.unresolved.amount() == Amount(1_500_000, 6)
    assert usdt.duplicated.amount() == Amount(1_500_000, 6)
    assert (usdt.rows, usdt.rows_observed, usdt.rows_proven, usdt.rows_attested) == (5, 3, 3, 2)
    assert share(usdt.claimed_observed, usdt.claimed) == Fraction(3, 4)
    assert aggregate.exit_code is ExitCode.DOES_NOT_HOLD


def test_a_share_of_nothing_is_unknown() -> None:
    assert share(Sum(), Sum()) is None


words = st.sampled_from([PROVEN, FAILED, UNSIGNED])
readings = st.one_of(st.just(GONE), st.builds(observed, st.integers(0, 3_000_000)))


@given(st.lists(st.tuples(words, readings, st.booleans())), st.randoms(use_true_random=False))
def test_totals_do_not_depend_on_the_order_of_rows(
    rows: list[tuple[OwnershipVerdict, object, bool]], chance: random.Random
) -> None:
    findings = [
        assess(claim(n, coin=mapping("ETH", ETH) if eth else None), verdict, reading)  # type: ignore[arg-type]
        for n, (verdict, reading, eth) in enumerate(rows)
    ]
    shuffled = findings[:]
    chance.shuffle(shuffled)
    one, other = total(findings), total(shuffled)
    assert one.exit_code is other.exit_code
    assert one.groups == other.groups
    for asset, totals in one.assets.items():
        assert totals.claimed.amount() == other.assets[asset].claimed.amount()
        assert totals.attested.amount() == other.assets[asset].attested.amount()
    assert sum(totals.rows for totals in one.assets.values()) == one.entity.rows == len(rows)


@given(st.lists(st.tuples(words, readings)))
def test_an_unresolved_row_never_improves_the_outcome(
    rows: list[tuple[OwnershipVerdict, object]],
) -> None:
    findings = [assess(claim(n), v, r) for n, (v, r) in enumerate(rows)]  # type: ignore[arg-type]
    before = total(findings).exit_code
    after = total([*findings, assess(claim(99), PROVEN, GONE)]).exit_code
    assert (before, after) in {
        (ExitCode.HOLDS, ExitCode.INCOMPLETE),
        (ExitCode.INCOMPLETE, ExitCode.INCOMPLETE),
        (ExitCode.DOES_NOT_HOLD, ExitCode.DOES_NOT_HOLD),
    }


@pytest.mark.parametrize(
    ("published", "agrees", "code"),
    [
        (Amount(15, 1), True, ExitCode.HOLDS),
        (Amount(150, 2), True, ExitCode.HOLDS),
        (Amount(1, 0), True, ExitCode.HOLDS),
        (Amount(2, 0), True, ExitCode.HOLDS),
        (Amount(3, 0), False, ExitCode.DOES_NOT_HOLD),
        (Amount(14, 1), False, ExitCode.HOLDS),
    ],
)
def test_a_summary_agrees_at_its_own_precision(
    published: Amount,
    agrees: bool,
    code: ExitCode,
) -> None:
    aggregate = total([assess(claim(1), PROVEN, observed(1_500_000))])
    line = aggregate.compare(
        SummaryRow("list.csv", 2, "USDT-ERC20", 100, published, is_aggregate=False), unit="USDT"
    )
    assert (line.agrees, aggregate.exit_code) == (agrees, code)
    whole = aggregate.compare(
        SummaryRow("list.csv", 2, "USDT(ALL)", None, published, is_aggregate=True), unit="USDT"
    )
    assert whole.agrees == agrees
    assert whole.rows == 1


def test_a_summary_speaks_of_the_rows_of_its_own_file() -> None:
    other = dataclasses.replace(claim(2), file="staking.csv")
    aggregate = total([
        assess(claim(1), PROVEN, observed(1_500_000)), assess(other, PROVEN, observed(1_500_000)),
    ])  # fmt: skip
    for file, rows in (("list.csv", 1), ("staking.csv", 1), ("third.csv", 0)):
        published = Amount(15 * rows, 1)
        line = aggregate.compare(
            SummaryRow(file, 2, "USDT-ERC20", 100, published, is_aggregate=False), unit="USDT"
        )
        assert (line.agrees, line.rows) == (True, rows)


@pytest.mark.parametrize(
    ("published", "agrees", "code"),
    [
        (Amount(15, 1), True, ExitCode.INCOMPLETE),
        (Amount(25, 1), None, ExitCode.INCOMPLETE),  # as much as the row of no known unit has
        (Amount(30, 1), None, ExitCode.INCOMPLETE),
        (Amount(41, 1), False, ExitCode.DOES_NOT_HOLD),  # more than that row can make up for
        (Amount(14, 1), False, ExitCode.INCOMPLETE),
    ],
)
@pytest.mark.parametrize("is_named", [True, False])
def test_a_row_that_no_table_places_may_make_up_for_an_aggregate_line(
    is_named: bool, published: Amount, agrees: bool | None, code: ExitCode
) -> None:
    unplaced = claim(2, coin=dataclasses.replace(mapping("NEW-USDT"), unit=None), mapped=is_named)
    aggregate = total([
        assess(claim(1), PROVEN, observed(1_500_000)), assess(unplaced, PROVEN, GONE),
    ])  # fmt: skip
    line = aggregate.compare(
        SummaryRow("list.csv", 2, "USDT(ALL)", None, published, is_aggregate=True), unit="USDT"
    )
    assert (line.agrees, line.rows, aggregate.exit_code) == (agrees, 1, code)
    assert line.publishes_too_much == (code is ExitCode.DOES_NOT_HOLD)


@pytest.mark.parametrize(
    ("published", "agrees", "code"),
    [
        (Amount(10**9, 0), None, ExitCode.INCOMPLETE),
        (Amount(14, 1), False, ExitCode.INCOMPLETE),
    ],
)
@pytest.mark.parametrize("coin", ["USDT-ERC20", "USDT(ALL)"])
def test_rows_whose_amounts_cannot_be_used_may_make_up_for_anything(
    coin: str, published: Amount, agrees: bool | None, code: ExitCode
) -> None:
    unusable = dataclasses.replace(claim(2, amount=None), amount_gap="Its decimals are not known.")
    aggregate = total([
        assess(claim(1), PROVEN, observed(1_500_000)), assess(unusable, PROVEN, GONE),
    ])  # fmt: skip
    is_aggregate = coin.endswith("(ALL)")
    line = aggregate.compare(
        SummaryRow("list.csv", 2, coin, None, published, is_aggregate=is_aggregate), unit="USDT"
    )
    assert (line.agrees, line.rows, aggregate.exit_code) == (agrees, 2, code)


def test_an_aggregate_line_that_cannot_be_compared_is_incomplete() -> None:
    unplaced = claim(2, coin=dataclasses.replace(mapping("NEW-USDT"), unit=None))
    aggregate = total([
        assess(one, PROVEN, observed(1_500_000)) for one in (claim(1), unplaced)
    ])  # fmt: skip
    before = aggregate.exit_code
    summary = SummaryRow("list.csv", 2, "USDT(ALL)", None, Amount(3, 0), is_aggregate=True)
    assert aggregate.compare(summary, unit="USDT").agrees is None
    assert (before, aggregate.exit_code) == (ExitCode.HOLDS, ExitCode.INCOMPLETE)


def test_rows_under_another_name_of_the_coin_count_where_they_are_named() -> None:
    aggregate = total([
        assess(claim(n, coin=mapping(name)), PROVEN, observed(1_500_000))
        for n, name in enumerate(["USDT-ERC20", "USDT-ETH"])
    ])  # fmt: skip
    summary = SummaryRow("list.csv", 2, "USDT-ERC20", None, Amount(3, 0), is_aggregate=False)
    line = aggregate.compare(summary, unit="USDT", others=["USDT-ETH"])
    assert (line.agrees, line.rows, aggregate.exit_code) == (True, 2, ExitCode.HOLDS)
    line = aggregate.compare(summary, unit="USDT")
    assert (line.agrees, line.rows, aggregate.exit_code) == (False, 1, ExitCode.DOES_NOT_HOLD)


def test_parts_of_a_property_add_up_and_staked_rows_are_staked() -> None:
    staked = claim(2, kind=ClaimKind.STAKING)
    aggregate = total([
        assess(claim(1), PROVEN, observed(1_500_000)),
        assess(staked, UNSIGNED, observed(1_500_000)),
        assess(claim(3, coin=mapping("ETH", ETH)), PROVEN, GONE),
        assess(claim(4, mapped=False), PROVEN, GONE),
        assess(claim(5), PROVEN, observed(1, Assurance.LIVE)),
        assess_duplicate(claim(6), PROVEN, first_row="Line 1"),
    ])  # fmt: skip
    holding = aggregate.parts(lambda cell: cell.asset, lambda cell: cell.holding)
    assert {asset: sorted(parts) for asset, parts in holding.items()} == {
        "USDT": ["issued", "staked"], "ETH": ["native"], "? USDT-ERC20": ["unknown"],
    }  # fmt: skip
    issued, usdt = holding["USDT"]["issued"], aggregate.assets["USDT"]
    assert (issued.rows, issued.claimed.amount()) == (3, Amount(3_000_000, 6))
    assert issued.rows + holding["USDT"]["staked"].rows == usdt.rows
    assurance = aggregate.parts(lambda cell: cell.asset, lambda cell: cell.assurance or None)
    assert {name: part.rows for name, part in assurance["USDT"].items()} == {"node": 2}
    assert assurance["USDT"]["node"].observed.amount() == usdt.observed.amount()
