from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.solana.answers import Entry
from chains.solana.history import Past
from tests.fakes.readings import observed
from tests.fakes.solana_ledger import COIN, Ledger, SolanaNode, named
from tests.fakes.solana_scene import TOKEN, read

WALLETS = [named(f"wallet {number}") for number in range(3)]
MOVES = st.lists(
    st.tuples(st.integers(1, 60), st.integers(0, 2), st.none() | st.integers(0, 5)), max_size=25
)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(MOVES, st.integers(0, 60), st.booleans())
async def test_the_balance_at_a_slot_is_the_ledgers_own(
    moves: list[tuple[int, int, int | None]], slot: int, is_token: bool
) -> None:
    made = Ledger(tip=100, skipped={9, 10, 30})
    for at, wallet, amount in sorted(moves, key=lambda move: move[0]):
        if is_token:
            made.hold(at, WALLETS[wallet], amount)
        else:
            made.pay(at, WALLETS[wallet], amount or 0)
    found = await read(SolanaNode(made), TOKEN if is_token else COIN, slot, WALLETS)
    said = [observed(found[wallet]).amount for wallet in WALLETS]
    truth = made.tokens if is_token else made.lamports
    assert said == [truth(wallet, slot) for wallet in WALLETS]


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
