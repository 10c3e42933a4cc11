from __future__ import annotations

import pytest

from chains.errors import Incapable, MalformedAnswer, ProviderError
from chains.solana.answers import Entry
from chains.solana.past import ENTERED, UNCHECKED, Past, balance_between, group, in_order


def page(*slots: int) -> list[Entry]:
    return [Entry(f"{slot}-{at}", slot) for at, slot in enumerate(slots)]


def test_a_past_is_settled_when_a_whole_slot_is_known() -> None:
    past = Past()
    settled = []
    for slots in ((9, 8), (7, 5), (4, 3)):
        past.take(page(*slots), 5, 2)
        settled.append(past.is_settled)
    assert settled == [False, False, True]
    assert [entry.slot for entry in past.after] == [9, 8, 7]
    assert [entry.slot for entry in past.before] == [5, 4, 3]


def test_a_short_page_is_the_end() -> None:
    past = Past()
    past.take([], 5, 2)
    assert past.is_settled
    assert past == Past(ended=True)


@pytest.mark.parametrize("again", [page(9, 8), page(9), page(10, 8)])
def test_pages_do_not_repeat_themselves_and_go_backwards(again: list[Entry]) -> None:
    past = Past()
    past.take(page(9, 8), 5, 2)
    with pytest.raises(MalformedAnswer):
        past.take(again, 5, 2)


def test_a_history_is_entered_at_or_before_the_slot_only() -> None:
    past = Past()
    past.take(page(9, 8), 5, 2)
    tried = [(past.enter(lines, 5, 2), past.entered) for lines in ([], page(6, 5), page(5, 4))]
    assert tried == [(False, False), (False, False), (True, True)]
    assert past.is_settled


def test_the_block_tells_the_order_within_a_slot() -> None:
    lines = group([Entry("a", 9), Entry("b", 9), Entry("c", 8)], 0)
    assert [line.signature for line in lines] == ["a", "b"]
    orders: dict[int, list[str] | ProviderError] = {9: ["b", "x", "a"]}
    assert (in_order(lines, orders, 0), in_order(lines, orders, -1)) == (lines[1], lines[0])
    assert in_order(lines[:1], {}, 0) == lines[0]
    assert in_order([], {}, 0) is None
    with pytest.raises(MalformedAnswer):
        in_order(lines, {9: ["a"]}, 0)
    with pytest.raises(Incapable):
        in_order(lines, {9: Incapable("gone")}, 0)


AFTER, BEFORE = page(9), page(4)
RESTING, MOVED, NEW = Past([], BEFORE), Past(AFTER, BEFORE), Past(AFTER, [])


@pytest.mark.parametrize(
    ("past", "last", "first", "now", "found"),
    [
        (RESTING, (1, 7), None, 7, (7, "")),
        (RESTING, None, None, 7, (7, UNCHECKED)),
        (MOVED, (1, 7), (7, 3), 3, (7, "")),
        (MOVED, None, (7, 3), 3, (7, UNCHECKED)),
        (NEW, None, (0, 3), 3, (0, "")),
        (Past(), None, None, 0, (0, "")),
        (Past(AFTER, BEFORE, entered=True), (1, 7), None, 3, (7, ENTERED)),
    ],
)
def test_a_balance_between_two_transactions(
    past: Past,
    last: tuple[int, int] | None,
    first: tuple[int, int] | None,
    now: int,
    found: tuple[int, str],
) -> None:
    assert balance_between(past, [last, first], now) == found


@pytest.mark.parametrize(
    ("past", "last", "first", "now"),
    [
        (RESTING, (1, 7), None, 8),
        (MOVED, (1, 7), (8, 3), 3),
        (MOVED, (1, 7), None, 3),
        (Past(), None, None, 7),
        (Past(AFTER, BEFORE, entered=True), None, None, 3),
    ],
)
def test_what_does_not_fit_or_is_not_kept_is_no_number(
    past: Past, last: tuple[int, int] | None, first: tuple[int, int] | None, now: int
) -> None:
    with pytest.raises(Incapable):
        balance_between(past, [last, first], now)
