from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chains.adapter import ControlQuery, ControlWord
from chains.errors import UnresolvedReason as Reason
from chains.panel import PanelSettings
from chains.tron.addresses import encode
from chains.tron.balances import reader
from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import asking
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.tron_node import NETWORK, USDT, account, block_hash, token_trial, trial
from tests.unit.chains.tron.scenes import server_of

if TYPE_CHECKING:
    from chains.adapter import HoldingForm


async def test_a_block_is_solidified_and_named_by_its_hash() -> None:
    one = trial(scene(account))
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
    assert (point.block_hash, point.finality) == (block_hash(one.scene.height), "finalized")


@pytest.mark.parametrize(
    ("form", "said", "reason"),
    [
        (USDT, {}, None),
        (replace(USDT, decimals=18), {}, Reason.REGISTRY),
        (replace(USDT, symbols=("USDC",)), {}, Reason.REGISTRY),
        (replace(USDT, symbols=()), {}, Reason.REGISTRY),
        (USDT, {"symbol": "U\nSDT"}, Reason.REGISTRY),
        (replace(USDT, contract="no address"), {}, Reason.REGISTRY),
        (replace(USDT, contract=encode(account(5))), {}, Reason.CALL_FAILED),
    ],
    ids=["right", "decimals", "symbol", "no symbol", "strange", "no address", "no contract"],
)
async def test_a_token_must_be_what_the_table_says(
    form: HoldingForm, said: dict[str, Any], reason: Reason | None
) -> None:
    one = token_trial(scene(account))
    for name, value in said.items():
        setattr(server_of(one), name, value)
    async with one.server, asking(one) as panel:
        found = await panel.check_form(form, await pinned(panel, one.scene.height))
    if reason is None:
        assert found is None
    else:
        assert unresolved(found).reason is reason


@pytest.mark.parametrize("is_token", [False, True])
async def test_a_node_of_another_network_that_was_silent_at_first_is_refused_later(
    *, is_token: bool
) -> None:
    """Tokens and permissions are asked for as of today: no block hash tells the network."""
    one, other = (token_trial(scene(account)) for _ in range(2))
    foreign, told = server_of(other), one.scene
    foreign.lies.genesis = bytes(8).hex() + "ab" * 24
    foreign.history.states[-1][told.still] = 1
    foreign.members[told.still] = {
        "owner_permission": {"threshold": 1, "keys": [{"address": encode(told.rich), "weight": 1}]}
    }
    async with one.server, foreign:
        made = reader(NETWORK, [foreign.url, one.server.url], settings=PanelSettings())
        async with made as panel:
            foreign.faults.statuses["/"] = 403
            point = await pinned(panel, told.height)
            foreign.faults.statuses.clear()
            if is_token:
                found = await collect(panel, USDT, point, [told.still])
                assert observed(found[told.still]).sources == (one.server.url,)
            else:
                query = ControlQuery(told.still, frozenset({told.rich}), b"", ())
                (control,) = await panel.control(point, [query])
                assert control.word is ControlWord.UNSETTLED


async def test_control_is_of_today_and_says_so() -> None:
    one = trial(scene(account))
    told, signer = one.scene, account(77)
    keys = [{"address": encode(signer), "weight": 1}]
    server_of(one).members[told.still] = {"owner_permission": {"threshold": 1, "keys": keys}}
    server_of(one).members[told.moving] = {"owner_permission": {"threshold": 0, "keys": keys}}
    queries = [
        ControlQuery(asked, frozenset({signer}), bytes(32), (bytes(65),))
        for asked in (told.still, told.rich, told.moving, told.unknown)
    ]
    async with one.server, asking(one) as panel:
        point = await pinned(panel, told.height)
        found = await panel.control(point, queries)  # type: ignore[attr-defined]
    assert [(control.word, control.reason) for control in found] == [
        (ControlWord.PROVEN, "owner-permission"),
        (ControlWord.UNSETTLED, "other-keys"),
        (ControlWord.UNSETTLED, "malformed-answer"),
        (ControlWord.UNSETTLED, "no-account"),
    ]
    assert f"block {told.history.tip}, not of the snapshot" in found[0].detail


async def test_another_block_than_asked_for_pins_nothing() -> None:
    one = trial(scene(account))
    height = one.scene.height
    other = server_of(one)._block(height - 1)
    hashes = block_hash(height)
    server_of(one).spoil = lambda _, answer: other if answer.get("blockID") == hashes else answer
    async with one.server, asking(one) as panel:
        assert unresolved(await panel.pin(height)).reason is Reason.WRONG_STATE
