from __future__ import annotations

from dataclasses import replace

import pytest

from chains.errors import RegistryError
from chains.errors import UnresolvedReason as Reason
from chains.stellar.addresses import MUXED
from chains.stellar.balances import reader
from tests.fakes.account_history import scene
from tests.fakes.horizon import NETWORK, HorizonFake, account, trial
from tests.fakes.ledger_trials import TRIALS, Judged, asking, name_of, run, told_at
from tests.fakes.readings import collect, observed, pinned, unresolved


@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged) -> None:
    await run(judged, trial(scene(account)))


async def test_an_account_that_did_not_change_takes_one_request_and_no_history() -> None:
    one = trial(scene(account))
    assert isinstance(one.server, HorizonFake)
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        one.server.oldest = one.scene.history.tip
        one.server.paths.clear()
        found = await collect(panel, one.form, point, [one.scene.still])
        assert len(one.server.paths) == 2
    assert observed(found[one.scene.still]).amount == one.scene.truth()[one.scene.still]


async def test_muxed_accounts_are_unresolved_not_their_base_account() -> None:
    one = trial(scene(account))
    muxed = bytes([MUXED]) + one.scene.still[1:] + bytes(8)
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        found = await collect(panel, one.form, point, [muxed])
    unresolved(found[muxed])


async def test_an_account_that_received_before_it_paid_is_unresolved_not_its_newest() -> None:
    one = trial(scene(account))
    assert isinstance(one.server, HorizonFake)
    one.server.passive.add(one.scene.moving)
    async with one.server:
        found = await told_at(one, one.scene.height)
    missing = unresolved(found[one.scene.moving])
    assert missing.reason is Reason.NO_STATE
    assert "dump-ledger" in missing.detail


def test_a_network_without_a_passphrase_is_a_registry_problem() -> None:
    with pytest.raises(RegistryError, match="passphrase"):
        reader(replace(NETWORK, options={}), ["http://127.0.0.1:1"])
