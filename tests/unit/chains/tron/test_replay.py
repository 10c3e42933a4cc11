"""The traps of replaying a token, each with its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chains.adapter import Assurance, Observed
from chains.errors import UnresolvedReason as Reason
from chains.tron import replay
from chains.tron.addresses import encode
from tests.fakes.account_history import scene
from tests.fakes.readings import observed, unresolved
from tests.fakes.tron_node import OWNER, account, token_trial
from tests.unit.chains.tron.scenes import read, server_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from chains.adapter import Reading
    from tests.fakes.ledger_trials import Trial


@pytest.fixture
async def one() -> AsyncGenerator[Trial]:
    made = token_trial(scene(account))
    async with made.server:
        yield made


def all_right(one: Trial, found: dict[bytes, Reading], height: int | None = None) -> None:
    truth = one.scene.truth(height)
    assert {key: observed(value).amount for key, value in found.items()} == truth
    assert {observed(value).assurance for value in found.values()} == {Assurance.REPLAYED}


def all_unresolved(found: dict[bytes, Reading], reason: Reason) -> None:
    assert {unresolved(value).reason for value in found.values()} == {reason}


async def test_small_windows_and_small_calls_give_the_same(
    one: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "BLOCKS", 2)
    monkeypatch.setattr(replay, "TOPICS", 2)
    monkeypatch.setattr(replay, "CALLS", 4)
    for height in one.scene.heights:
        all_right(one, await read(one, height=height), height)


async def test_the_requests_are_a_few_for_many_accounts(one: Trial) -> None:
    await read(one)
    calls = server_of(one).calls
    # Three filters in one window, and the canary.
    assert calls.count("jsonrpc") == 4
    assert calls.count("triggerconstantcontract") == 1


async def test_at_the_tip_nothing_is_replayed(one: Trial) -> None:
    tip = one.scene.history.tip
    all_right(one, await read(one, height=tip), tip)
    assert "jsonrpc" not in server_of(one).calls


async def test_a_call_that_takes_too_long_is_halved(one: Trial) -> None:
    server_of(one).lies.most_calls = 2
    all_right(one, await read(one))
    server_of(one).lies.most_calls = 0
    all_unresolved(await read(one), Reason.TOO_LARGE)


async def test_a_window_with_too_many_events_is_halved(one: Trial) -> None:
    told = one.scene
    server_of(one).lies.most_logs = 1
    found = await read(one, told.moving, told.later)
    assert {key: observed(value).amount for key, value in found.items()} == {
        told.moving: told.truth()[told.moving], told.later: 0
    }  # fmt: skip
    # Two accounts were emptied in one block, which has no halves.
    all_unresolved(await read(one), Reason.TOO_LARGE)


async def test_a_lost_window_is_unresolved_and_never_short(
    one: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "BLOCKS", 5)
    server_of(one).lies.lost = one.scene.history.tip - 3
    all_unresolved(await read(one), Reason.CALL_FAILED)


async def test_events_that_are_indexed_only_from_later_on_are_noticed(one: Trial) -> None:
    server_of(one).lies.indexed_from = one.scene.history.tip
    found = await read(one)
    all_unresolved(found, Reason.NO_STATE)
    assert "does not index events" in unresolved(found[one.scene.still]).detail


async def test_receipts_that_are_kept_only_from_later_on_are_noticed(one: Trial) -> None:
    server_of(one).lies.receipts_from = one.scene.history.tip + 1
    found = await read(one)
    all_unresolved(found, Reason.NO_STATE)
    assert "does not keep receipts" in unresolved(found[one.scene.still]).detail


async def test_a_transfer_found_from_one_end_only_is_noticed(one: Trial) -> None:
    """Both parties are of the list, so both filters must find it."""
    told, node = one.scene, server_of(one)
    at = told.heights[2] + 3
    history = told.history
    for height in range(at, history.tip + 1):
        state = history.state(height)
        state[told.still] -= 40
        state[told.rich] += 40
    # One event for both changes.
    node.kinds[at, told.rich] = encode(told.still)
    node.kinds[at, told.still] = "the other end"
    all_right(one, await read(one))
    node.lies.unseen = (at, told.rich)
    all_unresolved(await read(one), Reason.MISSING_ANSWER)


async def test_an_event_left_out_that_makes_a_balance_negative_is_noticed(one: Trial) -> None:
    """The account got all it has after the snapshot, and then gave some of it away."""
    told, node = one.scene, server_of(one)
    node.kinds[told.heights[2], told.moving] = "the other end"
    found = await read(one, told.moving, height=told.height)
    # 1,250,000 that it gave away are missing: nothing shows it where the result is not negative.
    assert isinstance(found[told.moving], Observed)
    node.kinds[told.heights[2], told.closed] = "the other end"
    node.kinds[told.heights[2] + 1, told.later] = "the other end"
    for height in range(told.heights[2] + 5, told.history.tip + 1):
        told.history.state(height)[told.later] = 0
    node.kinds[told.heights[2] + 1, told.later] = encode(OWNER)
    node.kinds[told.heights[2] + 5, told.later] = "the other end"
    found = await read(one, told.later)
    assert unresolved(found[told.later]).reason is Reason.MISSING_ANSWER


@pytest.mark.parametrize("kind", ["destroyed", "destroyed-data"])
async def test_destroyed_black_funds_are_no_transfer_and_count(one: Trial, kind: str) -> None:
    told = one.scene
    server_of(one).kinds[told.heights[2], told.closed] = kind
    all_right(one, await read(one))


async def test_issue_and_redeem_change_the_owner_s_balance(one: Trial) -> None:
    told, node = one.scene, server_of(one)
    history, issued, redeemed = told.history, told.heights[2] + 2, told.heights[2] + 4
    for height in range(history.first, history.tip + 1):
        more = 500 if issued <= height < redeemed else 300 if height >= redeemed else 0
        history.state(height)[OWNER] = 1_000 + more
    node.kinds |= {(issued, OWNER): "issue", (redeemed, OWNER): "issue"}
    found = await read(one, *told.accounts, OWNER)
    assert observed(found.pop(OWNER)).amount == 1_000
    all_right(one, found)


async def test_where_the_owner_changed_too_former_owners_are_unresolved(one: Trial) -> None:
    told, node = one.scene, server_of(one)
    history, issued = told.history, told.heights[2] + 2
    for height in range(history.first, history.tip + 1):
        history.state(height)[OWNER] = 1_000 + (500 if height >= issued else 0)
    node.kinds[issued, OWNER] = "issue"
    node.owners[issued + 1] = (told.still, OWNER)
    found = await read(one, *told.accounts, OWNER)
    for former in (OWNER, told.still):
        assert "owner changed" in unresolved(found.pop(former)).detail
    for asked, value in found.items():
        assert observed(value).amount == told.truth()[asked]


@pytest.mark.parametrize("ahead", [-1, 1])
async def test_a_call_answered_from_another_block_than_the_solid_one_is_caught(
    one: Trial, ahead: int
) -> None:
    server_of(one).lies.ahead = ahead
    all_unresolved(await read(one), Reason.WRONG_STATE)


@pytest.mark.parametrize("lie", ["twice", "other_window"])
async def test_events_twice_or_of_another_range_are_refused(one: Trial, lie: str) -> None:
    setattr(server_of(one).lies, lie, True)
    all_unresolved(await read(one), Reason.MALFORMED_ANSWER)
