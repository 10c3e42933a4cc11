"""The traps of `getaccountbalance`, each with its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chains.adapter import Assurance
from chains.errors import UnresolvedReason as Reason
from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import asking
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.tron_node import TRX, account, block_hash, trial
from tests.unit.chains.tron.scenes import read, server_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from tests.fakes.ledger_trials import Trial


@pytest.fixture
async def one() -> AsyncGenerator[Trial]:
    made = trial(scene(account))
    async with made.server:
        yield made


@pytest.mark.parametrize("is_mute", [False, True])
async def test_the_silent_zero_of_a_node_without_history_is_no_zero(
    one: Trial, *, is_mute: bool
) -> None:
    server_of(one).lies.no_history, server_of(one).lies.is_mute = True, is_mute
    found = await read(one)
    told = one.scene
    for asked in (told.still, told.moving, told.rich, told.closed, told.unknown):
        assert unresolved(found[asked]).reason is Reason.NO_STATE
    assert "storage.balance.history.lookup" in unresolved(found[told.still]).detail
    # It was created after the snapshot: nothing else could it have held.
    assert observed(found[told.later]).amount == 0


async def test_a_history_that_begins_after_the_account_s_last_change_is_no_zero(one: Trial) -> None:
    """The canary lives, and yet the zero of this account means nothing."""
    server_of(one).lies.history_from = one.scene.height
    found = await read(one)
    assert unresolved(found[one.scene.still]).reason is Reason.NO_STATE
    assert observed(found[one.scene.moving]).amount == one.scene.truth()[one.scene.moving]


async def test_an_account_emptied_in_the_snapshot_block_is_zero(one: Trial) -> None:
    """Its 0 is of the block that was asked for, like the echo; but the block changed it."""
    closing = one.scene.heights[2]
    found = await read(one, one.scene.closed, height=closing)
    assert observed(found[one.scene.closed]).amount == 0


@pytest.mark.parametrize("states_zeros", [False, True])
async def test_an_account_emptied_before_the_snapshot_is_zero(
    one: Trial, *, states_zeros: bool
) -> None:
    """A java-tron node leaves a balance of 0 out of its answer."""
    server_of(one).lies.states_zeros = states_zeros
    found = await read(one, one.scene.closed, height=one.scene.heights[2] + 1)
    assert observed(found[one.scene.closed]).amount == 0


async def test_a_balance_that_is_left_out_of_the_answer_is_no_zero(one: Trial) -> None:
    """Nothing took what the account had: the answer is a partial one."""

    def shorten(path: str, answer: object) -> object:
        if path.endswith("getaccountbalance") and isinstance(answer, dict):
            return {"block_identifier": answer["block_identifier"]}
        return answer

    server_of(one).spoil = shorten
    found = await read(one, one.scene.still, one.scene.moving, one.scene.rich)
    assert {unresolved(value).reason for value in found.values()} == {Reason.NO_STATE}


async def test_todays_balance_with_the_block_s_name_is_caught_by_the_canary(one: Trial) -> None:
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        server_of(one).lies.is_stale = True
        found = await collect(panel, TRX, point, one.scene.accounts)
        assert panel.distrusted() == {server_of(one).url}
    for value in found.values():
        assert unresolved(value).reason is Reason.WRONG_STATE


async def test_the_canary_is_asked_once_a_block(one: Trial) -> None:
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        await collect(panel, TRX, point, [one.scene.still])
        server_of(one).calls.clear()
        await collect(panel, TRX, point, [one.scene.moving, one.scene.rich])
    assert sorted(server_of(one).calls) == [
        "getaccount", "getaccount", "getaccountbalance", "getaccountbalance", "getblock",
    ]  # fmt: skip


async def test_a_node_without_getblockbalance_still_gives_earlier_balances(one: Trial) -> None:
    server_of(one).faults.statuses["/wallet/getblockbalance"] = 405
    found = await read(one)
    assert observed(found[one.scene.still]).amount == one.scene.truth()[one.scene.still]
    assert unresolved(found[one.scene.moving]).reason is Reason.UNREACHABLE
    unresolved(found[one.scene.unknown])


async def test_staked_delegated_and_unstaking_trx_are_stated_apart(one: Trial) -> None:
    still = one.scene.still
    server_of(one).members[still] = {
        "frozen": [{"frozen_balance": 1, "expire_time": 5}],
        "frozenV2": [{}, {"type": "ENERGY", "amount": 20}, {"type": "TRON_POWER"}],
        "delegated_frozenV2_balance_for_bandwidth": 300,
        "account_resource": {
            "frozen_balance_for_energy": {"frozen_balance": 2},
            "delegated_frozenV2_balance_for_energy": 4_000,
        },
        "unfrozenV2": [{"unfreeze_amount": 50_000, "unfreeze_expire_time": 7}, {}],
    }
    value = observed((await read(one, still))[still])
    assert value.amount == one.scene.truth()[still]
    assert value.assurance is Assurance.NODE
    tip = one.scene.history.tip
    assert value.note == (
        f"Apart from the amount, as of block {tip} and not of the snapshot: 23 sun staked, "
        "4300 sun staked and delegated, 50000 sun being unstaked."
    )


async def test_a_stake_that_cannot_be_read_is_said_and_the_balance_stays(one: Trial) -> None:
    server_of(one).faults.statuses["/walletsolidity/getaccount"] = 405
    value = observed((await read(one, one.scene.still))[one.scene.still])
    assert value.amount == one.scene.truth()[one.scene.still]
    assert "could not be read" in value.note


async def test_without_stakes_an_account_is_one_request() -> None:
    made = trial(scene(account), stakes=False)
    async with made.server:
        await read(made, made.scene.still, made.scene.rich)
    calls = server_of(made).calls
    assert "getaccount" not in calls
    # Two of the canary.
    assert calls.count("getaccountbalance") == 4


@pytest.mark.parametrize(
    ("at", "named", "reason"),
    [(1, None, Reason.WRONG_STATE), (0, "ab" * 24, Reason.WRONG_STATE), (0, None, Reason.NO_STATE)],
    ids=["a later block", "another block of the height", "a change that the block did not make"],
)
async def test_a_balance_must_be_of_the_block_or_of_one_before(
    one: Trial, at: int, named: str | None, reason: Reason
) -> None:
    height = one.scene.height + at
    told = block_hash(height) if named is None else block_hash(height)[:16] + named

    def spoil(path: str, answer: object) -> object:
        if path.endswith("getaccountbalance") and counting == [one.scene.still]:
            return {"balance": 5, "block_identifier": {"hash": told, "number": height}}
        return answer

    counting: list[bytes] = []
    server_of(one).spoil = spoil
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        await collect(panel, TRX, point, [one.scene.moving])  # the canary, unspoilt
        counting.append(one.scene.still)
        found = await collect(panel, TRX, point, [one.scene.still])
    assert unresolved(found[one.scene.still]).reason is reason
