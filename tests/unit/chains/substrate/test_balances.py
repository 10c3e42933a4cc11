from __future__ import annotations

import pytest

from chains.adapter import Assurance, HoldingForm, Reach
from chains.errors import UnresolvedReason as Reason
from chains.substrate.balances import METHODS
from tests.fakes import account_history
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.substrate_node import START_S, SubstrateFake, account_key, account_value
from tests.fakes.substrate_scene import (
    ALL,
    COIN,
    LATE,
    NOBODY,
    RICH,
    TETHER,
    WHALE,
    Scene,
    account,
    network,
    reading,
    trial,
)
from tests.fakes.substrate_scene import scene as make_scene


@pytest.fixture(name="scene")
def _scene() -> Scene:
    return make_scene()


@pytest.mark.parametrize("no_proofs", [False, True])
@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged, *, no_proofs: bool) -> None:
    one = trial(account_history.scene(account, blocks_after=3))
    assert isinstance(one.server, SubstrateFake)
    one.server.quirks.no_proofs = no_proofs
    await run(judged, one)


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("no_proofs", [False, True])
@pytest.mark.parametrize("form", [COIN, TETHER], ids=["coin", "asset"])
async def test_balances_at_three_heights_around_a_change(
    version: int, form: HoldingForm, *, no_proofs: bool
) -> None:
    made = make_scene(version=version)
    truth = made.truth if form is COIN else made.tether
    async with SubstrateFake(made.chain) as fake, reading(fake) as asked:
        fake.quirks.no_proofs = no_proofs
        for height in (made.height - 1, made.height, made.height + 1):
            point = await pinned(asked, height)
            assert await asked.check_form(form, point) is None
            found = await collect(asked, form, point, ALL)
            shown = {account: observed(value).amount for account, value in found.items()}
            assert shown == truth[height]
            assert {observed(value).assurance for value in found.values()} == {
                Assurance.NODE if no_proofs else Assurance.PROOF
            }
    assert truth[made.height - 1] != truth[made.height] != truth[made.height + 1]


async def test_a_point_has_hash_and_time_and_is_final(scene: Scene) -> None:
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        point = await pinned(asked, scene.height)
        assert await asked.recheck(point) is None
    assert point.block_hash == scene.chain.blocks[scene.height].hash
    assert point.block_time is not None
    assert point.block_time.timestamp() == START_S + 6 * scene.height
    assert point.finality == "finalized"


async def test_two_nodes_that_only_tell_are_a_quorum_and_a_liar_makes_no_number(
    scene: Scene,
) -> None:
    async with SubstrateFake(scene.chain) as one, SubstrateFake(make_scene().chain) as other:
        one.quirks.no_proofs = other.quirks.no_proofs = True
        async with reading(one, other, quorum=2) as asked:
            point = await pinned(asked, scene.height)
            agreed = await collect(asked, COIN, point, [RICH])
            other.chain.blocks[scene.height].values[account_key(RICH)] = account_value(1)
            differing = await collect(asked, COIN, point, [RICH])
    assert observed(agreed[RICH]).assurance is Assurance.QUORUM
    assert unresolved(differing[RICH]).reason is Reason.DISAGREEMENT


async def test_the_migration_trap_on_the_relay_chain() -> None:
    """After the migration the relay chain shows nothing: an error, not a zero, without asking."""
    made = make_scene(first=100)
    net = network(
        made.chain, migration_start=made.height, migration_end=made.height + 1, migrated_to="hub"
    )
    async with SubstrateFake(made.chain) as fake, reading(fake, net=net) as asked:
        for height in (made.height, made.height + 1):
            value = unresolved(await asked.pin(height))
            assert value.reason is Reason.WRONG_CHAIN
            assert "are on hub" in value.detail
        assert fake.calls == []
        point = await pinned(asked, made.height - 1)
        found = await collect(asked, COIN, point, ALL)
    assert {account: observed(value).amount for account, value in found.items()} == made.truth[
        made.height - 1
    ]


async def test_the_migration_trap_on_the_asset_hub() -> None:
    """Before it an absent account is no zero; during it nothing is; assets were there all along."""
    made = make_scene(first=100)
    net = network(
        made.chain,
        migration_start=made.height + 1, migration_end=made.height + 2, migrated_from="relay",
    )  # fmt: skip
    async with SubstrateFake(made.chain) as fake, reading(fake, net=net) as asked:
        before, during, after = [await pinned(asked, made.height + more) for more in range(3)]
        found = await collect(asked, COIN, before, ALL)
        assert observed(found[RICH]).amount == 10**12 + 5
        for account in (LATE, NOBODY):
            assert unresolved(found[account]).reason is Reason.WRONG_CHAIN
            assert "relay" in unresolved(found[account]).detail
        moving = await collect(asked, COIN, during, ALL)
        assert {unresolved(value).reason for value in moving.values()} == {Reason.WRONG_CHAIN}
        tokens = await collect(asked, TETHER, during, ALL)
        assert observed(tokens[NOBODY]).amount == 0
        settled = await collect(asked, COIN, after, ALL)
        assert observed(settled[NOBODY]).amount == 0
        assert asked.distrusted() == frozenset()


async def test_numbers_beyond_2_to_the_53(scene: Scene) -> None:
    async with SubstrateFake(scene.chain) as fake, reading(fake) as asked:
        found = await collect(asked, COIN, await pinned(asked, scene.height), [WHALE])
    assert observed(found[WHALE]).amount == 2**100 + 1 + 2**90


def test_methods_are_listed_best_first() -> None:
    assert [method.reach for method in METHODS] == [Reach.EXACT, Reach.EXACT]
    assert [method.assurance for method in METHODS] == [Assurance.PROOF, Assurance.NODE]
