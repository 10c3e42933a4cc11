"""The traps of Cosmos ledgers."""

from __future__ import annotations

import pytest

from chains.adapter import HoldingForm, Observed
from chains.errors import UnresolvedReason as Reason
from tests.fakes.account_history import scene
from tests.fakes.cosmos_ledger import account, server_of, trial
from tests.fakes.ledger_trials import Trial, asking
from tests.fakes.readings import collect, observed, pinned, unresolved


def made(**lies: object) -> Trial:
    one = trial(scene(account))
    for name, value in lies.items():
        setattr(server_of(one).lies, name, value)
    return one


async def test_an_answer_of_another_height_exposes_the_node() -> None:
    one = made(is_stale=True)
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        found = await collect(panel, one.form, point, [one.scene.still])
        assert unresolved(found[one.scene.still]).reason is Reason.WRONG_STATE
        assert panel.distrusted()


async def test_a_node_that_lies_about_the_height_is_refused_by_its_proofs() -> None:
    one = made(is_stale=True, is_silent=True)
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        for value in (await collect(panel, one.form, point, one.scene.accounts)).values():
            assert unresolved(value).reason is Reason.MALFORMED_ANSWER


async def test_an_amount_that_its_proof_does_not_show_is_refused() -> None:
    one = made(amount="999")
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        for value in (await collect(panel, one.form, point, one.scene.accounts)).values():
            assert unresolved(value).reason is Reason.MALFORMED_ANSWER


async def test_an_empty_answer_without_a_proof_is_no_zero() -> None:
    one = made(proves=False)
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        found = await collect(panel, one.form, point, [one.scene.unknown])
    assert unresolved(found[one.scene.unknown]).reason is Reason.MISSING_ANSWER


async def test_the_app_hash_is_in_the_next_block_which_must_follow() -> None:
    one = made(before="AB" * 32)
    async with one.server, asking(one) as panel:
        assert unresolved(await panel.pin(one.scene.height)).reason is Reason.WRONG_STATE
    one = made()
    async with one.server, asking(one) as panel:
        assert unresolved(await panel.pin(one.scene.history.tip)).reason is Reason.NO_BLOCK
        assert await panel.latest() == one.scene.history.tip - 1


async def test_balances_of_older_versions_are_stored_as_coins() -> None:
    one = made(as_coin=True)
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        found = await collect(panel, one.form, point, [one.scene.rich])
    assert observed(found[one.scene.rich]).amount == 2**53 + 1


async def test_a_point_of_another_run_is_looked_up_again() -> None:
    one = made()
    async with one.server:
        async with asking(one) as panel:
            point = await pinned(panel, one.scene.height)
        async with asking(one) as panel:
            found = await collect(panel, one.form, point, one.scene.accounts)
    assert all(isinstance(value, Observed) for value in found.values())


@pytest.mark.parametrize("denom", ["ibc/27394F", "factory/x/y"])
async def test_a_denomination_is_a_token(denom: str) -> None:
    one = made()
    form = HoldingForm("X@cosmos", "X", "cosmos", denom, 6, ())
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        assert await panel.check_form(form, point) is None
        found = await collect(panel, form, point, [one.scene.still])
    assert observed(found[one.scene.still]).amount == 0
