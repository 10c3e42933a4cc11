"""The traps of Cardano."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chains.adapter import Observed, SnapshotPoint
from chains.cardano.addresses import encode
from chains.cardano.balances import reader
from chains.cardano.slots import SETTLED, time_of
from chains.cardano.source import UNREWARDED
from chains.errors import UnresolvedReason as Reason
from tests.fakes.account_history import Scene, scene
from tests.fakes.cardano_ledger import account, hash_of, server_of, trial
from tests.fakes.ledger_trials import Trial, asking
from tests.fakes.readings import collect, observed, pinned, unresolved

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from chains.adapter import Reading, Unresolved
    from chains.panel import Panel

FIRST_SLOT = 60_000_000


def made(told: Scene | None = None, /, **lies: Any) -> Trial:  # noqa: ANN401 (values of `Lies`)
    one = trial(told or scene(account))
    for name, value in lies.items():
        setattr(server_of(one).lies, name, value)
    return one


def in_slots(**lies: object) -> Trial:
    """The same, with a block in every slot and heights that are slots; without Koios."""
    return replace(made(scene(account, first=FIRST_SLOT), **lies), reader=reader)


async def told(one: Trial, *asked: bytes) -> list[Reading]:
    """What is said of accounts at the snapshot."""
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        found = await collect(panel, one.form, point, list(asked))
    return [found[account] for account in asked]


async def reason(one: Trial, asked: bytes | None = None) -> Reason:
    (value,) = await told(one, asked or one.scene.moving)
    return unresolved(value).reason


async def pin(one: Trial, height: int | None = None) -> SnapshotPoint | Unresolved:
    async with one.server, asking(one) as panel:
        return await panel.pin(height or one.scene.height)


@asynccontextmanager
async def pinned_panel(one: Trial) -> AsyncGenerator[tuple[Panel[Any], SnapshotPoint]]:
    async with one.server, asking(one) as panel:
        yield panel, await pinned(panel, one.scene.height)


# --- heights


async def test_heights_that_are_slots_need_no_block_numbers() -> None:
    one = in_slots()
    for height in one.scene.heights:
        async with one.server, asking(one) as panel:
            point = await pinned(panel, height)
            found = await collect(panel, one.form, point, one.scene.accounts)
        assert {held: observed(value).amount for held, value in found.items()} == one.scene.truth(
            height
        )
        assert point.block_time is not None
        assert int(point.block_time.timestamp()) == time_of(height)


async def test_a_block_number_is_not_read_as_a_slot() -> None:
    """There is a slot of that number, in which everybody held something else."""
    one = replace(made(), reader=reader)
    found = unresolved(await pin(one))
    assert found.reason is Reason.NO_METHOD
    assert "koios+https://" in found.detail


async def test_older_koios_servers_have_another_name_for_the_height() -> None:
    assert isinstance(await pin(made(old_koios=True)), SnapshotPoint)


async def test_a_block_of_which_the_two_servers_disagree() -> None:
    one = made()
    server_of(one).lies.forked = {one.scene.height}
    assert unresolved(await pin(one)).reason is Reason.WRONG_STATE


async def test_a_slot_without_a_block_has_the_state_of_the_block_before() -> None:
    one = in_slots()
    before = one.scene.heights[0]
    server_of(one).lies.empty = {before, before - 1}
    async with one.server, asking(one) as panel:
        point = await pinned(panel, before)
        assert (point.height, point.block_hash) == (before, hash_of(before - 2))
        found = await collect(panel, one.form, point, [one.scene.moving])
    assert observed(found[one.scene.moving]).amount == 1_000_000


async def test_a_gap_in_the_index_is_not_taken_for_empty_slots() -> None:
    one = in_slots()
    blocks = range(FIRST_SLOT, one.scene.height + 1)
    server_of(one).lies.empty = set(blocks)
    assert unresolved(await pin(one)).reason is Reason.NO_STATE


async def test_a_slot_is_final_after_36_hours() -> None:
    one = in_slots()
    async with one.server, asking(one) as panel:
        newest = await panel.latest()
    assert newest == one.scene.history.tip - SETTLED


# --- the index


async def test_an_index_that_began_later_has_too_few_outputs() -> None:
    assert unresolved(await pin(made(begins=1_000_001))).reason is Reason.NO_STATE
    assert unresolved(await pin(made(begins=1_000_000))).reason is Reason.NO_STATE


async def test_an_index_that_does_not_follow_an_address_says_nothing_of_it() -> None:
    one = made()
    followed, other = one.scene.moving, one.scene.still
    server_of(one).lies.followed = [encode(followed)]
    value, missing = await told(one, followed, other)
    assert observed(value).amount == 1_500_000
    assert unresolved(missing).reason is Reason.NO_STATE


async def test_patterns_of_credentials_are_asked_of_the_index() -> None:
    one = made()
    server_of(one).lies.followed = [f"{one.scene.moving[1:29].hex()}/*"]
    (value,) = await told(one, one.scene.moving)
    assert observed(value).amount == 1_500_000
    assert f"/patterns/{encode(one.scene.moving)}" in one.server.paths


async def test_pruned_outputs_are_missed() -> None:
    """An account that spent everything since the snapshot looks as if it had held nothing."""
    assert await reason(made(is_pruned=True), account(4)) is Reason.NO_STATE


async def test_pruning_does_no_harm_to_the_last_36_hours() -> None:
    one = made(scene(account, blocks_after=0), is_pruned=True)
    values = await told(one, *one.scene.accounts)
    assert [observed(value).amount for value in values] == list(one.scene.truth().values())


async def test_an_account_that_never_spent_is_no_evidence_of_keeping() -> None:
    """So the index is asked for what anybody spent."""
    one = made()
    (value,) = await told(one, one.scene.still)
    assert observed(value).amount == 7_000_000
    assert any(path.startswith("/matches/*") for path in one.server.paths)


async def test_spent_outputs_of_the_account_are_evidence_enough() -> None:
    one = made()
    (value,) = await told(one, one.scene.moving)
    assert isinstance(value, Observed)
    assert not any(path.startswith("/matches/*") for path in one.server.paths)


async def test_a_reorganised_block_is_refused_by_the_index() -> None:
    one = made()
    async with pinned_panel(one) as (panel, point):
        server_of(one).lies.forked = {one.scene.height}
        found = await collect(panel, one.form, point, [one.scene.moving])
    assert unresolved(found[one.scene.moving]).reason is Reason.NO_METHOD


async def test_a_block_that_was_replaced_since_is_seen_at_the_end() -> None:
    one = in_slots()
    async with pinned_panel(one) as (panel, point):
        assert await panel.recheck(point) is None
        server_of(one).lies.forked = {one.scene.height}
        assert unresolved(await panel.recheck(point)).reason is Reason.WRONG_STATE


async def test_a_point_that_another_run_pinned_is_found_again() -> None:
    one = made()
    point = await pin(one)
    assert isinstance(point, SnapshotPoint)
    async with one.server, asking(one) as panel:
        found = await collect(panel, one.form, point, [one.scene.moving])
        elsewhere = replace(point, block_hash="ab" * 32)
        other = await collect(panel, one.form, elsewhere, [one.scene.moving])
    assert observed(found[one.scene.moving]).amount == 1_500_000
    assert unresolved(other[one.scene.moving]).reason is Reason.WRONG_STATE


async def test_an_index_that_fell_behind_the_snapshot() -> None:
    one = made()
    async with pinned_panel(one) as (panel, point):
        server_of(one).lies.empty = set(range(one.scene.height - 3, one.scene.history.tip + 1))
        found = await collect(panel, one.form, point, [one.scene.moving])
    assert unresolved(found[one.scene.moving]).reason is Reason.WRONG_STATE


# --- outputs


def lengthy(**lies: object) -> Trial:
    """At its snapshot, `moving` has six outputs in its past: four are spent, two are not."""
    one = made(most=4, **lies)
    one.scene.heights = (*one.scene.heights[:1], one.scene.heights[2], one.scene.height)
    return one


async def test_a_history_larger_than_an_answer_is_asked_in_two_parts() -> None:
    one = lengthy()
    (value,) = await told(one, one.scene.moving)
    assert observed(value).amount == 250_000
    assert any(path.endswith("&unspent") for path in one.server.paths)


async def test_two_parts_of_different_moments_are_not_added_up() -> None:
    assert await reason(lengthy(grows=True)) is Reason.WRONG_STATE


@pytest.mark.parametrize(
    "lies", [{"twice": True}, {"foreign_row": {"address": encode(account(9)), "output_index": 9}}]
)
async def test_rows_that_do_not_belong_there(lies: dict[str, Any]) -> None:
    (value,) = await told(made(**lies), account(2))
    assert unresolved(value).reason is Reason.MALFORMED_ANSWER, value


async def test_rewards_of_a_stake_key_are_told_apart() -> None:
    one = made()
    base, enterprise = await told(one, account(2), account(1))
    assert (observed(base).note, observed(enterprise).note) == (UNREWARDED, "")


async def test_an_index_that_answers_from_its_newest_state_is_left() -> None:
    one = made(is_stale=True)
    async with pinned_panel(one) as (panel, point):
        found = await collect(panel, one.form, point, [one.scene.moving])
        assert panel.distrusted()
    assert unresolved(found[one.scene.moving]).reason is Reason.WRONG_STATE
