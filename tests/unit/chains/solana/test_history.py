from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
