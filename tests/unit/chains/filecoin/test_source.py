"""The traps of Filecoin."""

from __future__ import annotations

import pytest

from chains.errors import UnresolvedReason as Reason
from tests.fakes.account_history import scene
from tests.fakes.filecoin_ledger import account, server_of, trial
from tests.fakes.ledger_trials import Trial, asking
from tests.fakes.readings import collect, observed, pinned, unresolved


def made() -> Trial:
    return trial(scene(account))


async def test_the_parent_state_trap() -> None:
    """The tipset's own key gives the balance before its messages."""
    one = made()
    told, server = one.scene, server_of(one)
    async with one.server, asking(one) as panel:
        point = await pinned(panel, told.height)
        value = (await collect(panel, one.form, point, [told.moving]))[told.moving]
    assert observed(value).amount == 1_500_000 != told.history.balance(told.moving, told.height - 1)
    keys = {repr(params[1]) for method, params in server.calls if method.endswith("Actor")}  # type: ignore[index]
    after = [{"/": one} for one in server.key(told.height + 1)]
    assert keys == {repr(after), "None"}


async def test_null_rounds_at_and_after_the_snapshot() -> None:
    one = made()
    told = one.scene
    height = told.heights[0]
    server_of(one).lies.null_rounds = {height, height - 1}
    async with one.server, asking(one) as panel:
        point = await pinned(panel, height)
        assert point.block_hash == ",".join(server_of(one).key(height - 2))
        value = (await collect(panel, one.form, point, [told.moving]))[told.moving]
        assert observed(value).amount == 1_000_000
        server_of(one).lies.null_rounds = {told.heights[2]}
        point = await pinned(panel, told.height)
        value = (await collect(panel, one.form, point, [told.moving]))[told.moving]
    assert observed(value).amount == 1_500_000


async def test_a_next_tipset_with_other_parents_is_refused() -> None:
    one = made()
    server_of(one).lies.parents = "bafyother"
    async with one.server, asking(one) as panel:
        assert unresolved(await panel.pin(one.scene.height)).reason is Reason.WRONG_STATE


async def test_the_state_after_the_head_is_not_known_yet() -> None:
    one = made()
    async with one.server, asking(one) as panel:
        assert unresolved(await panel.pin(one.scene.history.tip)).reason is Reason.NO_BLOCK


async def test_the_state_before_the_head_is_that_of_the_head_and_no_lie() -> None:
    """The reward actor holds the same in both, because they are one."""
    one = made()
    height = one.scene.history.tip - 1
    async with one.server, asking(one) as panel:
        point = await pinned(panel, height)
        found = await collect(panel, one.form, point, one.scene.accounts)
    assert {asked: observed(value).amount for asked, value in found.items()} == one.scene.truth(
        height
    )


@pytest.mark.parametrize("is_forest", [False, True])
async def test_lotus_and_forest_say_differently_that_there_is_no_actor(*, is_forest: bool) -> None:
    one = made()
    server_of(one).lies.is_forest = is_forest
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        found = await collect(panel, one.form, point, [one.scene.unknown])
    assert observed(found[one.scene.unknown]).amount == 0


async def test_a_node_at_its_head_is_caught_by_the_reward_actor() -> None:
    one = made()
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        server_of(one).lies.is_stale = True
        found = await collect(panel, one.form, point, [one.scene.still])
        assert unresolved(found[one.scene.still]).reason is Reason.WRONG_STATE
        assert panel.distrusted()


async def test_a_point_of_another_run_is_looked_up_again() -> None:
    one = made()
    async with one.server:
        async with asking(one) as panel:
            point = await pinned(panel, one.scene.height)
        async with asking(one) as panel:
            found = await collect(panel, one.form, point, [one.scene.moving])
    assert observed(found[one.scene.moving]).amount == 1_500_000


async def test_what_an_actor_has_locked_is_said() -> None:
    one = made()
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        found = await collect(panel, one.form, point, [one.scene.still, one.scene.moving])
    assert observed(found[one.scene.still]).note == ""
    assert "locked" in observed(found[one.scene.moving]).note
