from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chains.adapter import Accountable, Assurance, Reach
from chains.errors import UnresolvedReason as Reason
from chains.solana.balances import METHODS, reader
from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.solana_ledger import (
    COIN,
    NETWORK,
    Ledger,
    SolanaNode,
    account,
    token_trial,
    trial,
)
from tests.fakes.solana_scene import COLD, OWNERS, SNAPSHOT, WARM, ledger, reading, truth

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.account_history import Scene
    from tests.fakes.ledger_trials import Trial


async def test_what_one_node_cannot_say_the_next_is_asked() -> None:
    pruned, whole = SolanaNode(ledger()), SolanaNode(ledger())
    async with pruned, whole, reading(pruned, whole) as asked:
        assert isinstance(asked, Accountable)
        point = await pinned(asked, SNAPSHOT)
        pruned.first_available = 700
        found = await collect(asked, COIN, point, OWNERS)
        assert {observed(one).sources for one in found.values()} == {(whole.url,)}
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(
        whole.ledger, COIN, SNAPSHOT
    )


async def test_nodes_that_agree_are_a_quorum_and_others_are_none() -> None:
    one, two = SolanaNode(Ledger()), SolanaNode(Ledger())
    for node, amount in ((one, 5), (two, 6)):
        node.ledger.pay(100, COLD, 1)
        node.ledger.pay(100, WARM, amount)
    async with one, two, reading(one, two, quorum=2) as asked:
        found = await collect(asked, COIN, await pinned(asked, SNAPSHOT), [COLD, WARM])
    assert observed(found[COLD]).assurance is Assurance.QUORUM
    assert unresolved(found[WARM]).reason is Reason.DISAGREEMENT


def test_an_endpoint_is_a_url_and_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="http") as caught:
        reader(NETWORK, ["secret"])
    assert "secret" not in str(caught.value)


def test_the_methods_are_ranked() -> None:
    assert [method.reach for method in METHODS] == [Reach.EXACT, Reach.PARTIAL]


@pytest.mark.parametrize("made", [trial, token_trial], ids=["native", "token"])
@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged, made: Callable[[Scene], Trial]) -> None:
    await run(judged, made(scene(account)))
