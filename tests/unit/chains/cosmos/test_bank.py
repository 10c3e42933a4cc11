"""The traps of REST servers of Cosmos ledgers."""

from __future__ import annotations

import pytest

from chains.cosmos.balances import reader
from chains.errors import UnresolvedReason as Reason
from chains.panel import PanelSettings
from tests.fakes.account_history import scene
from tests.fakes.cosmos_ledger import NETWORK, account
from tests.fakes.cosmos_rest import CosmosRestFake, trial
from tests.fakes.ledger_trials import TRIALS, Judged, asking, name_of, run
from tests.fakes.readings import collect, observed, pinned, unresolved


@pytest.mark.parametrize("has_by_denom", [True, False])
@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged, *, has_by_denom: bool) -> None:
    await run(judged, trial(scene(account), has_by_denom=has_by_denom))


async def test_pages_of_balances_that_go_round_are_unresolved() -> None:
    one = trial(scene(account), has_by_denom=False)
    assert isinstance(one.server, CosmosRestFake)
    one.server.circle = True
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        found = await collect(panel, one.form, point, [one.scene.moving])
    assert unresolved(found[one.scene.moving]).reason is Reason.MALFORMED_ANSWER


async def test_a_height_without_the_gateway_s_prefix_is_one_too() -> None:
    one = trial(scene(account))
    assert isinstance(one.server, CosmosRestFake)
    one.server.header = "x-cosmos-block-height"
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        found = await collect(panel, one.form, point, [one.scene.moving])
        assert observed(found[one.scene.moving]).amount == 1_500_000
        one.server.lies.is_stale = True
        found = await collect(panel, one.form, point, [one.scene.moving])
    assert unresolved(found[one.scene.moving]).reason is Reason.WRONG_STATE


async def test_an_answer_that_names_no_height_is_no_number() -> None:
    one = trial(scene(account))
    assert isinstance(one.server, CosmosRestFake)
    one.server.names_height = False
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        found = await collect(panel, one.form, point, [one.scene.unknown])
    assert unresolved(found[one.scene.unknown]).reason is Reason.MISSING_ANSWER


async def test_a_server_that_ignores_the_header_is_left() -> None:
    one = trial(scene(account))
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        found = await collect(panel, one.form, point, [one.scene.moving])
        assert observed(found[one.scene.moving]).amount == 1_500_000
        assert isinstance(one.server, CosmosRestFake)
        one.server.lies.is_stale = True
        found = await collect(panel, one.form, point, [one.scene.moving])
        assert unresolved(found[one.scene.moving]).reason is Reason.WRONG_STATE
        assert panel.distrusted()


async def test_a_server_of_another_network_that_was_silent_at_first_is_refused_later() -> None:
    """A height says nothing of the network, and addresses of test networks look the same."""
    one, other = trial(scene(account)), trial(scene(account))
    told, foreign = one.scene, other.server
    assert isinstance(foreign, CosmosRestFake)
    foreign.lies.chain = "theta-testnet-001"
    other.scene.history.state(told.height)[told.still] = 1
    async with one.server, foreign:
        made = reader(NETWORK, [foreign.url, one.server.url], settings=PanelSettings())
        async with made as panel:
            foreign.faults.statuses["/"] = 403
            point = await pinned(panel, told.height)
            foreign.faults.statuses.clear()
            found = await collect(panel, one.form, point, [told.still])
            assert observed(found[told.still]).sources == (one.server.url,)
    assert observed(found[told.still]).amount == told.truth()[told.still]


async def test_how_far_the_server_is() -> None:
    one = trial(scene(account))
    async with one.server, asking(one) as panel:
        assert await panel.latest() == one.scene.history.tip
