from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from bip_utils import EosAddrEncoder

from chains.adapter import Control, ControlQuery, ControlWord, Reading
from chains.control_panel import ControlPanel
from chains.errors import UnresolvedReason as Reason
from tests.fakes.account_history import Scene, scene
from tests.fakes.hyperion_index import HyperionFake, account, trial
from tests.fakes.ledger_trials import Trial, asking, told_at
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.vectors.signing import compressed


@dataclass
class Set:
    one: Trial
    server: HyperionFake
    told: Scene

    async def read(self, holder: bytes, height: int | None = None) -> Reading:
        async with self.server, asking(self.one) as panel:
            point = await pinned(panel, self.told.height if height is None else height)
            return (await collect(panel, self.one.form, point, [holder]))[holder]

    async def control(self, *signers: bytes, holder: bytes | None = None) -> Control:
        query = ControlQuery(holder or self.told.still, frozenset(signers), b"", ())
        async with self.server, asking(self.one) as panel:
            assert isinstance(panel, ControlPanel)
            (found,) = await panel.control(await pinned(panel, self.told.height), [query])
        return found


def made() -> Set:
    told = scene(account)
    one = trial(told)
    assert isinstance(one.server, HyperionFake)
    return Set(one, one.server, told)


# --- what the index must have


@pytest.mark.parametrize(
    ("member", "value", "why"),
    [
        ("first", 3, "begins with block 3"),
        ("missing", 1, "lacks 1 blocks"),
        ("features", {"index_deltas": False}, "index_deltas"),
        ("lag", 40, "ends with block"),
    ],
)
async def test_an_index_that_is_not_whole_is_no_zero(member: str, value: object, why: str) -> None:
    it = made()
    setattr(it.server, member, value)
    found = unresolved(await it.read(it.told.unknown))
    assert found.reason is Reason.NO_STATE
    assert why in found.detail


async def test_older_indexes_count_a_whole_one_as_minus_one() -> None:
    it = made()
    it.server.missing, it.server.first = -1, 1
    assert observed(await it.read(it.told.still)).amount == it.told.truth()[it.told.still]


async def test_changes_that_got_lost_are_no_zero_though_the_index_calls_itself_whole() -> None:
    it = made()
    it.server.oldest = it.told.height + 1
    async with it.server:
        found = await told_at(it.one, it.told.height)
    assert "no change of it" in unresolved(found[it.told.still]).detail
    assert "none before it" in unresolved(found[it.told.moving]).detail
    assert observed(found[it.told.unknown]).amount == 0


async def test_an_index_behind_the_node_is_noticed() -> None:
    """The account moved, and the index has not heard of it: not the old amount."""
    it = made()
    it.told.history.advance({it.told.still: 1})
    it.server.lag = 1
    found = unresolved(await it.read(it.told.still))
    assert (found.reason, "disagree" in found.detail) == (Reason.WRONG_STATE, True)


# --- zeros


async def test_an_account_without_any_row_holds_nothing() -> None:
    it = made()
    it.server.older.add(it.told.unknown)
    assert observed(await it.read(it.told.unknown)).amount == 0


async def test_an_older_account_with_later_rows_only_is_no_zero() -> None:
    it = made()
    it.server.older.add(it.told.later)
    assert unresolved(await it.read(it.told.later)).reason is Reason.NO_STATE


async def test_a_row_that_was_removed_holds_nothing() -> None:
    it = made()
    assert observed(await it.read(it.told.closed, it.told.heights[2])).amount == 0


async def test_a_node_that_breaks_is_no_unknown_account() -> None:
    it = made()
    it.server.faults.statuses["/v1/chain/get_account"] = 500
    unresolved(await it.read(it.told.unknown))


# --- pages


async def test_many_later_changes_are_left_out_by_time() -> None:
    it = made()
    for amount in range(250):
        it.told.history.advance({it.told.moving: 10 + amount})
    found = await it.read(it.told.moving)
    assert observed(found).amount == it.told.truth()[it.told.moving]
    assert len([path for path in it.server.paths if "get_deltas" in path]) == 2


async def test_an_index_that_does_not_understand_before_is_left() -> None:
    it = made()
    it.server.is_deaf = True
    it.server.page = 2
    assert unresolved(await it.read(it.told.moving)).reason is Reason.WRONG_STATE


async def test_changes_of_other_tokens_are_passed_over_page_by_page() -> None:
    it = made()
    it.server.others, it.server.page = 5, 2
    found = await it.read(it.told.moving)
    assert observed(found).amount == it.told.truth()[it.told.moving]


async def test_too_many_changes_of_other_tokens_are_unresolved() -> None:
    it = made()
    it.server.others, it.server.page = 100, 2
    assert "is not among" in unresolved(await it.read(it.told.moving)).detail


# --- numbers


async def test_a_number_with_too_few_digits_is_unresolved_unless_the_node_confirms_it() -> None:
    it = made()
    it.told.history.advance({it.told.rich: 2**53 + 3})
    assert "too few digits" in unresolved(await it.read(it.told.rich)).detail
    tip = it.told.history.tip
    it.told.history.advance(blocks=4)
    assert observed(await it.read(it.told.rich, tip)).amount == 2**53 + 3


async def test_what_is_staked_stands_apart_with_the_block_it_is_of() -> None:
    it = made()
    note = observed(await it.read(it.told.still)).note
    assert "2.0000 EOS and 1.0000 EOS staked" in note
    assert f"block {it.told.history.tip} and not of the snapshot" in note
    it = made()
    it.server.members = {"self_delegated_bandwidth": None}
    assert not observed(await it.read(it.told.still)).note


# --- control

KEY, OTHER = compressed(1), compressed(2)


def permission(name: str, threshold: int, *keys: tuple[bytes, int]) -> dict[str, Any]:
    listed = [{"key": EosAddrEncoder.EncodeKey(key), "weight": weight} for key, weight in keys]
    auth = {"threshold": threshold, "keys": listed, "accounts": [], "waits": []}
    return {"perm_name": name, "parent": "", "required_auth": auth}


def held(*permissions: dict[str, Any]) -> Set:
    it = made()
    it.server.permissions[it.told.still] = list(permissions)
    return it


async def test_a_key_that_reaches_the_threshold_controls_the_account() -> None:
    it = held(permission("active", 1, (KEY, 1)), permission("owner", 1, (OTHER, 1)))
    found = await it.control(KEY)
    assert (found.word, found.reason) == (ControlWord.PROVEN, "active-permission")
    assert f"as of block {it.told.history.tip}" in found.detail


@pytest.mark.parametrize(
    ("since", "name", "word"),
    [
        (0, "active", ControlWord.PROVEN),
        (1, "active", ControlWord.UNSETTLED),
        (1, "owner", ControlWord.UNSETTLED),
        (1, "claimer", ControlWord.PROVEN),
    ],
)
async def test_permissions_count_unless_they_were_changed_after_the_snapshot(
    since: int, name: str, word: ControlWord
) -> None:
    it = held(permission("active", 1, (KEY, 1)))
    it.server.updates[it.told.still] = [(it.told.height + since, name)]
    assert (await it.control(KEY)).word is word


async def test_permissions_are_not_settled_by_an_index_that_is_far_behind() -> None:
    """What was changed meanwhile is in the node's permissions and not in the index."""
    it = held(permission("active", 1, (KEY, 1)))
    it.told.history.advance(blocks=241)
    it.server.lag = 241
    found = await it.control(KEY)
    assert (found.word, "ends with block" in found.detail) == (ControlWord.UNSETTLED, True)


async def test_changes_that_do_not_fit_a_page_count_as_a_change() -> None:
    it = held(permission("active", 1, (KEY, 1)))
    it.server.page = 1
    it.server.updates[it.told.still] = [(it.told.height + 2, "claimer")] * 2
    assert (await it.control(KEY)).reason == "changed-since"


async def test_accounts_that_were_not_there_leave_the_row_open() -> None:
    for name in ("later", "unknown"):
        it = held()
        found = await it.control(KEY, holder=getattr(it.told, name))
        assert (found.word, found.reason) == (ControlWord.UNSETTLED, "no-account")


async def test_an_index_that_fails_leaves_the_row_open() -> None:
    for path in ("/v2/health", "/v2/history/get_actions", "/v1/chain/get_account"):
        it = held(permission("active", 1, (KEY, 1)))
        it.server.faults.statuses[path] = 500
        assert (await it.control(KEY)).word is ControlWord.UNSETTLED
