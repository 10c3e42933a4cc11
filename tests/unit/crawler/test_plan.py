from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import Unresolved
from chains.errors import UnresolvedReason
from crawler.models import NO_HEIGHT, ClaimKind
from crawler.plan import Plan
from tests.unit.crawler.samples import ETH, USDT, canonical, claim, mapping, observed


def address(number: int) -> str:
    return f"0x{number:040x}"


def test_groups_by_form_and_height_and_asks_each_account_once() -> None:
    plan = Plan(canonical)
    rows = [
        claim(1, address=address(1)),
        claim(2, address=address(2), height=200),
        claim(3, address=address(1).upper().replace("0X", "0x")),
        claim(4, address=address(1), coin=mapping("ETH", ETH)),
    ]
    for ordinal, row in enumerate(rows):
        plan.add(row, ordinal)
    asked = {(q.form.id, q.height): [a.hex()[-1] for a in q.addresses] for q in plan.queries()}
    assert asked == {
        ("USDT@ethereum", 100): ["1"],
        ("USDT@ethereum", 200): ["2"],
        ("ETH@ethereum", 100): ["1"],
    }
    assert plan.place(rows[2], 2).primary == 0
    assert plan.repeated == {0}


def test_the_same_account_at_another_height_is_still_a_duplicate() -> None:
    plan = Plan(canonical)
    rows = [claim(1), claim(2, height=200)]
    for ordinal, row in enumerate(rows):
        plan.add(row, ordinal)
    assert plan.place(rows[1], 1).primary == 0
    assert [q.height for q in plan.queries()] == [100]


def test_two_names_of_one_holding_form_are_duplicates() -> None:
    plan = Plan(canonical)
    rows = [claim(1, coin=mapping("USDT-ERC20")), claim(2, coin=mapping("USDT-ETH"))]
    for ordinal, row in enumerate(rows):
        plan.add(row, ordinal)
    assert plan.place(rows[1], 1).primary == 0


def test_a_row_that_only_names_an_owner_has_no_holding_and_repeats_none() -> None:
    plan = Plan(canonical, is_timed=True)
    owner = claim(1, amount=None, height=None)
    rows = [owner, claim(2), replace(owner, row=3), replace(owner, row=4)]
    for ordinal, row in enumerate(rows):
        plan.add(row, ordinal)
    assert [(q.height, len(q.addresses)) for q in plan.queries()] == [(100, 1)]
    assert plan.repeated == set()
    places = [plan.place(row, ordinal) for ordinal, row in enumerate(rows)]
    assert [place.holdings is not None for place in places] == [False, True, False, False]
    assert [place.primary for place in places] == [0, 1, 2, 3]


def test_an_amount_that_cannot_be_used_is_a_claim_all_the_same() -> None:
    plan = Plan(canonical)
    rows = [replace(claim(row, amount=None), amount_gap="Unknown decimals.") for row in (1, 2)]
    for ordinal, row in enumerate(rows):
        plan.add(row, ordinal)
    assert plan.repeated == {0}


def test_rows_that_cannot_be_looked_up_have_a_reason() -> None:
    plan = Plan(canonical)
    rows = [
        claim(1, address="nonsense"),
        claim(2, height=None),
        claim(3, kind=ClaimKind.STAKING, address="not even a key"),
        claim(4, coin=mapping("X", None, gap="Unknown contract.")),
        claim(5, mapped=False),
    ]
    for ordinal, row in enumerate(rows):
        plan.add(row, ordinal)
    assert list(plan.queries()) == []
    reasons = []
    for ordinal, row in enumerate(rows):
        place = plan.place(row, ordinal)
        reading = place.problem
        if place.holdings is not None:
            reading = place.holdings.readings[place.slot]  # type: ignore[assignment]
        reasons.append(reading.reason if isinstance(reading, Unresolved) else None)
    assert reasons == [
        UnresolvedReason.BAD_ADDRESS,
        UnresolvedReason.NO_HEIGHT,
        UnresolvedReason.BAD_ADDRESS,
        UnresolvedReason.NO_HOLDING_FORM,
        None,
    ]


def test_an_answer_nobody_asked_for_is_refused() -> None:
    plan = Plan(canonical)
    plan.add(claim(1, address=address(1)), 0)
    (query,) = plan.queries()
    with pytest.raises(KeyError):
        plan.answer(query, b"\x09" * 20, observed(1))


def test_a_second_answer_is_refused() -> None:
    plan = Plan(canonical)
    plan.add(claim(1, address=address(1)), 0)
    (query,) = plan.queries()
    plan.answer(query, query.addresses[0], observed(1))
    with pytest.raises(KeyError, match="twice"):
        plan.answer(query, query.addresses[0], observed(2))


def test_fill_only_fills_holes() -> None:
    plan = Plan(canonical)
    rows = [claim(n, address=address(n)) for n in (1, 2)]
    for ordinal, row in enumerate(rows):
        plan.add(row, ordinal)
    (query,) = plan.queries()
    plan.answer(query, query.addresses[0], observed(7))
    plan.fill(query, Unresolved(UnresolvedReason.MISSING_ANSWER, "missing"))
    kept, filled = (plan.place(row, i) for i, row in enumerate(rows))
    assert kept.holdings is not None
    assert filled.holdings is not None
    assert kept.holdings.readings[kept.slot] == observed(7)
    assert isinstance(filled.holdings.readings[filled.slot], Unresolved)


def test_what_rests_on_a_wrong_endpoint_is_taken_back_and_asked_again() -> None:
    plan = Plan(canonical)
    rows = [claim(n, address=address(n)) for n in (1, 2, 3)]
    for ordinal, row in enumerate(rows):
        plan.add(row, ordinal)
    (query,) = plan.queries()
    first, second, third = query.addresses
    missing = Unresolved(UnresolvedReason.MISSING_ANSWER, "missing")
    plan.answer(query, first, replace(observed(7), sources=("good", "wrong")))
    plan.answer(query, second, replace(observed(8), sources=("good",)))
    plan.answer(query, third, missing)
    again = plan.reopen(query, frozenset({"wrong"}))
    assert (again.form, again.height, again.addresses) == (query.form, query.height, [first])
    plan.answer(again, first, observed(9))
    gone = Unresolved(UnresolvedReason.NOT_FINAL, "replaced")
    plan.discard(query, gone)
    found = [plan.place(row, i) for i, row in enumerate(rows)]
    assert [p.holdings.readings[p.slot] for p in found if p.holdings] == [gone, gone, missing]


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([ETH, USDT]), st.integers(1, 3))))
def test_every_row_has_exactly_one_primary_and_every_primary_is_asked(
    rows: list[tuple[int, object, int]],
) -> None:
    plan = Plan(canonical)
    claims = [
        claim(n, address=address(a), coin=mapping(form.id, form), height=h)  # type: ignore[attr-defined,arg-type]
        for n, (a, form, h) in enumerate(rows)
    ]
    for ordinal, row in enumerate(claims):
        plan.add(row, ordinal)
    primaries = {plan.place(row, ordinal).primary for ordinal, row in enumerate(claims)}
    assert len(primaries) == len({(a, form) for a, form, _ in rows})
    assert sum(len(query.addresses) for query in plan.queries()) == len(primaries)


def test_validators_are_asked_apart_from_accounts_and_counted_once() -> None:
    plan = Plan(canonical)
    eth = mapping("ETH", ETH)
    key = "0x" + "ab" * 48
    rows = [
        claim(1, address=address(1), coin=eth),
        claim(2, kind=ClaimKind.STAKING, address=key, coin=eth),
        claim(3, kind=ClaimKind.STAKING, address=key.upper().replace("0X", "0x"), coin=eth),
    ]
    for ordinal, row in enumerate(rows):
        plan.add(row, ordinal)
    assert [(q.stake, len(q.addresses[0]), len(q.addresses)) for q in plan.queries()] == [
        (False, 20, 1),
        (True, 48, 1),
    ]
    assert plan.place(rows[2], 2).primary == 1


def test_only_a_balance_that_was_read_is_revised() -> None:
    plan = Plan(canonical)
    plan.add(claim(1, address=address(1)), 0)
    plan.add(claim(2, address=address(2)), 1)
    (query,) = plan.queries()
    first, second = query.addresses
    plan.answer(query, first, observed(5))
    plan.answer(query, second, Unresolved(UnresolvedReason.UNREACHABLE, "gone"))
    assert plan.observed(query) == {first: observed(5)}
    plan.revise(query, first, observed(6))
    assert plan.observed(query) == {first: observed(6)}
    with pytest.raises(KeyError):
        plan.revise(query, second, observed(1))


def test_rows_without_a_height_are_asked_for_when_a_time_stands_for_it() -> None:
    plan = Plan(canonical, is_timed=True)
    plan.add(claim(1, address=address(1), height=None), 0)
    plan.add(claim(2, address=address(2)), 1)
    assert [(query.height, len(query.addresses)) for query in plan.queries()] == [
        (NO_HEIGHT, 1),
        (100, 1),
    ]


def test_only_what_is_out_of_reach_is_recalled_from_another_block() -> None:
    plan = Plan(canonical)
    gone, later = (
        Unresolved(reason, "x") for reason in (UnresolvedReason.NO_STATE, UnresolvedReason.DEADLINE)
    )
    for number in (1, 2, 3):
        plan.add(claim(number, address=address(number)), number)
    (query,) = plan.queries()
    one, two, three = query.addresses
    for account, reading in ((one, gone), (two, later), (three, observed(3))):
        plan.answer(query, account, reading)
    assert plan.unread(query, {UnresolvedReason.NO_STATE}) == {one: gone}
    plan.recall(query, one, observed(1))
    assert list(plan.readings()) == [observed(1), later, observed(3)]
    with pytest.raises(KeyError, match="not unresolved"):
        plan.recall(query, three, observed(4))
