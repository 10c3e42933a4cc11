from __future__ import annotations

from dataclasses import dataclass

import pytest

from chains.adapter import ControlQuery, ControlWord
from chains.control_panel import ControlPanel
from chains.errors import UnresolvedReason as Reason
from tests.fakes.account_history import Scene, scene
from tests.fakes.hedera_mirror import MirrorFake, account, trial
from tests.fakes.ledger_trials import Trial, asking, told_at
from tests.fakes.readings import collect, observed, pinned, unresolved

KEY = bytes(range(32))


@dataclass
class Set:
    one: Trial
    server: MirrorFake
    told: Scene


def made(step: int = 3) -> Set:
    told = scene(account)
    one = trial(told)
    assert isinstance(one.server, MirrorFake)
    one.server.step = step
    return Set(one, one.server, told)


@pytest.mark.parametrize("step", [1, 2, 5, 50])
async def test_transfers_between_the_step_and_the_block_count_once(step: int) -> None:
    """Steps are fifteen minutes apart; a balance of the step is not that of the block."""
    it = made(step)
    async with it.server:
        for height in it.told.heights:
            found = await told_at(it.one, height)
            for one, value in found.items():
                assert observed(value).amount == it.told.history.balance(one, height)


async def test_an_account_without_a_step_begins_with_nothing() -> None:
    it = made()
    it.server.without_steps = True
    async with it.server:
        found = await told_at(it.one, it.told.height)
    assert observed(found[it.told.moving]).amount == it.told.truth()[it.told.moving]


async def test_pages_are_followed_to_the_end() -> None:
    it = made(1_000)
    history = it.told.history
    for amount in range(7):
        history.advance({it.told.still: 10 + amount})
    async with it.server, asking(it.one) as panel:
        point = await pinned(panel, history.tip)
        found = await collect(panel, it.one.form, point, [it.told.still])
        assert len([path for path in it.server.paths if "/transactions?" in path]) == 4
    assert observed(found[it.told.still]).amount == 16


async def test_pages_that_go_round_are_unresolved() -> None:
    it = made(1_000)
    it.server.circle = True
    async with it.server:
        found = await told_at(it.one, it.told.history.tip)
    assert unresolved(found[it.told.moving]).reason is Reason.MALFORMED_ANSWER


async def test_aliases_are_unresolved_not_nobody() -> None:
    it = made()
    alias = b"0x" + b"00" * 20
    async with it.server, asking(it.one) as panel:
        point = await pinned(panel, it.told.height)
        found = await collect(panel, it.one.form, point, [alias])
    assert "by their number" in unresolved(found[alias]).detail


@pytest.mark.parametrize(
    ("kind", "text", "word"),
    [
        ("ED25519", KEY.hex(), ControlWord.PROVEN),
        ("ED25519", "00" * 32, ControlWord.FAILED),
        ("ECDSA_SECP256K1", "02" * 33, ControlWord.FAILED),
        ("ProtobufEncoded", "2a00", ControlWord.UNSETTLED),
    ],
)
async def test_control_by_the_key_in_the_record(kind: str, text: str, word: ControlWord) -> None:
    it = made()
    it.server.keys[it.told.still] = {"_type": kind, "key": text}
    queries = [
        ControlQuery(one, frozenset({KEY}), b"", ()) for one in (it.told.still, it.told.later)
    ]
    async with it.server, asking(it.one) as panel:
        point = await pinned(panel, it.told.height)
        assert isinstance(panel, ControlPanel)
        settled, absent = await panel.control(point, queries)
        it.server.faults.statuses["/api/v1/accounts"] = 500
        (unknown,) = await panel.control(point, queries[:1])
    assert settled.word is word
    assert (absent.word, absent.reason) == (ControlWord.UNSETTLED, "no-account")
    assert unknown.word is ControlWord.UNSETTLED


@pytest.mark.parametrize(
    ("is_deleted", "reason", "said"),
    [(True, "no-account", "deleted"), (False, "no-key", "no key")],
)
async def test_nobody_controls_a_deleted_account_or_one_without_a_key(
    is_deleted: bool, reason: str, said: str
) -> None:
    it = made()
    if is_deleted:
        it.server.keys[it.told.still] = {"_type": "ED25519", "key": KEY.hex()}
        it.server.deleted.add(it.told.still)
    async with it.server, asking(it.one) as panel:
        point = await pinned(panel, it.told.height)
        assert isinstance(panel, ControlPanel)
        (found,) = await panel.control(
            point, [ControlQuery(it.told.still, frozenset({KEY}), b"", ())]
        )
    assert (found.word, found.reason) == (ControlWord.UNSETTLED, reason)
    assert said in found.detail
