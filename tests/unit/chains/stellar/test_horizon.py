from __future__ import annotations

from chains.errors import UnresolvedReason as Reason
from tests.fakes.account_history import scene
from tests.fakes.horizon import HorizonFake, account, trial
from tests.fakes.ledger_trials import asking, told_at
from tests.fakes.readings import observed, unresolved


async def test_an_account_created_later_is_zero_by_its_creation() -> None:
    one = trial(scene(account))
    async with one.server:
        found = await told_at(one, one.scene.height)
        assert any("/operations" in path for path in one.server.paths)
    assert observed(found[one.scene.later]).amount == 0


async def test_no_account_is_no_zero_where_the_history_is_short() -> None:
    one = trial(scene(account))
    assert isinstance(one.server, HorizonFake)
    one.server.oldest = one.scene.height
    async with one.server:
        assert observed((await told_at(one, one.scene.height))[one.scene.unknown]).amount == 0
        one.server.spoil = lambda path, answer: (
            {**answer, "history_elder_ledger": one.scene.height + 2} if path == "/" else answer
        )
        found = await told_at(one, one.scene.height)
    assert unresolved(found[one.scene.unknown]).reason is Reason.NO_STATE
    assert unresolved(found[one.scene.moving]).reason is Reason.NO_STATE
    assert observed(found[one.scene.still]).amount == one.scene.truth()[one.scene.still]


async def test_accounts_of_a_ledger_before_the_snapshot_are_no_source() -> None:
    """Behind one name there are several servers: the one that shows accounts may lag."""
    one = trial(scene(account))
    assert isinstance(one.server, HorizonFake)
    async with one.server:
        one.server.accounts_of = one.scene.height
        assert observed((await told_at(one, one.scene.height))[one.scene.moving]).amount
        one.server.accounts_of = one.scene.height - 1
        found = await told_at(one, one.scene.height)
    assert unresolved(found[one.scene.moving]).reason is Reason.NO_BLOCK


async def test_the_newest_ledger_is_told_without_a_ledger_0() -> None:
    one = trial(scene(account))
    async with one.server, asking(one) as panel:
        assert await panel.latest() == one.scene.history.tip
