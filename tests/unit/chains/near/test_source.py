"""The traps of NEAR."""

from __future__ import annotations

from typing import Any

import pytest

from chains.adapter import ControlQuery, ControlWord, SnapshotPoint
from chains.control_panel import ControlPanel
from chains.errors import UnresolvedReason as Reason
from chains.near.control import key_text
from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import Trial, asking
from tests.fakes.near_ledger import USDT, account, name_of, server_of, trial
from tests.fakes.readings import collect, observed, pinned, unresolved

KEY = b"\x11" * 32


def controls(panel: object) -> ControlPanel[Any]:
    assert isinstance(panel, ControlPanel)
    return panel


def made() -> Trial:
    return trial(scene(account))


async def test_an_empty_height_has_the_state_of_the_block_before_it() -> None:
    one = made()
    empty = one.scene.heights[0]
    server_of(one).lies.empty = {empty, empty - 1}
    async with one.server, asking(one) as panel:
        point = await pinned(panel, empty)
        assert (point.height, point.block_hash) == (empty, name_of(empty - 2))
        found = await collect(panel, one.form, point, [one.scene.moving])
    assert observed(found[one.scene.moving]).amount == 1_000_000


async def test_a_pruned_height_is_not_taken_for_an_empty_one() -> None:
    one = made()
    server_of(one).lies.first = one.scene.height + 5
    async with one.server, asking(one) as panel:
        assert unresolved(await panel.pin(one.scene.height)).reason is Reason.NO_STATE


async def test_no_such_account_without_a_block_is_no_zero() -> None:
    one = made()
    server_of(one).lies.is_terse = True
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        found = await collect(panel, one.form, point, [one.scene.unknown, one.scene.still])
    assert unresolved(found[one.scene.unknown]).reason is Reason.CALL_FAILED
    assert observed(found[one.scene.still]).amount == 7_000_000


async def test_a_stake_is_told_apart() -> None:
    one = made()
    server_of(one).lies.locked = 5
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        value = observed(
            (await collect(panel, one.form, point, [one.scene.still]))[one.scene.still]
        )
    assert value.amount == 7_000_000
    assert value.note == "5 yoctoNEAR are locked as a validator's stake besides."


async def test_a_node_that_answers_at_latest_is_left() -> None:
    one = made()
    server_of(one).lies.is_stale = True
    async with one.server, asking(one) as panel:
        found = await collect(panel, one.form, await pinned(panel, one.scene.height), [account(1)])
        assert unresolved(found[account(1)]).reason is Reason.WRONG_STATE
        assert panel.distrusted()


@pytest.mark.parametrize(("change", "detail"), [
    ({"decimals": 18}, "18 decimals, not 6"), ({"no_contract": True}, "no token contract"),
])  # fmt: skip
async def test_a_token_that_contradicts_the_table(change: dict[str, object], detail: str) -> None:
    one = trial(scene(account), USDT)
    for name, value in change.items():
        setattr(server_of(one).lies, name, value)
    async with one.server, asking(one) as panel:
        problem = await panel.check_form(USDT, await pinned(panel, one.scene.height))
    assert unresolved(problem).reason is Reason.REGISTRY
    assert detail in unresolved(problem).detail


async def controlled(
    permission: object, account_of: bytes | None = None, **lies: bool
) -> tuple[str, str]:
    one = made()
    for name, value in lies.items():
        setattr(server_of(one).lies, name, value)
    owner = account_of or one.scene.still
    if permission is not None:
        server_of(one).keys[account_name(owner), key_text(KEY)] = permission
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        assert isinstance(point, SnapshotPoint)
        query = ControlQuery(owner, frozenset({KEY}), b"", ())
        (answer,) = await controls(panel).control(point, [query])
    return answer.word, answer.reason


def account_name(owner: bytes) -> str:
    return owner[1:].decode() if owner[:1] == b"@" else owner[1:].hex()


@pytest.mark.parametrize(
    ("permission", "told"),
    [
        ("FullAccess", (ControlWord.PROVEN, "access-key")),
        ({"FunctionCall": {"receiver_id": "x.near"}}, (ControlWord.FAILED, "restricted-key")),
        (None, (ControlWord.FAILED, "no-such-key")),
        ("Other", (ControlWord.UNSETTLED, "unknown-permission")),
        ({"GasKeyFullAccess": {"balance": "1"}}, (ControlWord.UNSETTLED, "unknown-permission")),
    ],
)
async def test_control_by_access_keys(permission: object, told: tuple[str, str]) -> None:
    assert await controlled(permission) == told


@pytest.mark.parametrize("lies", [{}, {"is_structured": True}, {"tells_account": True}], ids=str)
async def test_control_without_the_key_or_the_account(lies: dict[str, bool]) -> None:
    """A node of before 2026 says of a missing account, too, that it lacks the key."""
    no_account = (ControlWord.UNSETTLED, "no-account")
    assert await controlled(None, None, **lies) == (ControlWord.FAILED, "no-such-key")
    assert await controlled(None, account(999), **lies) == no_account


async def test_an_account_that_the_node_cannot_read_leaves_only_its_own_row_open() -> None:
    one = made()
    lost, found = one.scene.still, one.scene.moving
    server_of(one).keys[account_name(found), key_text(KEY)] = "FullAccess"

    def unreadable(_: str, answer: Any) -> object:  # noqa: ANN401 (whatever is answered)
        told = answer.get("result")
        asked = isinstance(told, dict) and "access key" in str(told.get("error", ""))
        return answer | {"result": told | {"error": "trie node is missing"}} if asked else answer

    server_of(one).spoil = unreadable
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        queries = [ControlQuery(name, frozenset({KEY}), b"", ()) for name in (lost, found)]
        first, second = await controls(panel).control(point, queries)
    assert (first.word, first.reason) == (ControlWord.UNSETTLED, Reason.CALL_FAILED)
    assert (second.word, second.reason) == (ControlWord.PROVEN, "access-key")
