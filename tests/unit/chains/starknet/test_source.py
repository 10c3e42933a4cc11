"""The traps of Starknet."""

from __future__ import annotations

from typing import Any

import pytest

from chains.adapter import ControlQuery, ControlWord
from chains.control_panel import ControlPanel
from chains.errors import UnresolvedReason as Reason
from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import Trial, asking
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.starknet_ledger import ETH, UNPROVEN, account, server_of, trial

KEY = 0x5EED
WALLET = account(50)


def controls(panel: object) -> ControlPanel[Any]:
    assert isinstance(panel, ControlPanel)
    return panel


def made() -> Trial:
    return trial(scene(account))


async def test_the_state_is_told_by_the_stored_block_hashes() -> None:
    """A node that ignores the block's hash answers without any error."""
    one = made()
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        server_of(one).lies.is_stale = True
        value = (await collect(panel, one.form, point, [one.scene.moving]))[one.scene.moving]
        assert unresolved(value).reason is Reason.WRONG_STATE
        assert panel.distrusted()


async def test_a_node_without_the_tag_tells_by_the_block_whether_it_is_final() -> None:
    one = made()
    server_of(one).lies.knows_tag = False
    tip = one.scene.history.tip
    async with one.server, asking(one, final_age_s=1 << 40) as panel:
        point = await pinned(panel, tip - UNPROVEN)
        value = (await collect(panel, one.form, point, [one.scene.still]))[one.scene.still]
        assert unresolved(await panel.pin(tip - UNPROVEN + 1)).reason is Reason.NOT_FINAL
    assert (point.finality, observed(value).amount) == ("finalized", 7_000_000)


async def test_u256_beyond_128_bits_is_exact() -> None:
    one = made()
    huge = 2**200 + 7
    for state in one.scene.history.states:
        state[one.scene.rich] = huge
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        value = (await collect(panel, one.form, point, [one.scene.rich]))[one.scene.rich]
    assert observed(value).amount == huge


async def test_a_call_that_reverts_is_no_zero() -> None:
    one = made()
    server_of(one).lies.reverts = True
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        value = (await collect(panel, one.form, point, [one.scene.unknown]))[one.scene.unknown]
    assert unresolved(value).reason is Reason.CALL_FAILED


async def test_final_is_what_ethereum_accepted() -> None:
    one = trial(scene(account, first=0))
    history = one.scene.history
    async with one.server, asking(one) as panel:
        assert await panel.latest() == history.tip - UNPROVEN
        point = await pinned(panel, history.tip - UNPROVEN)
        assert point.finality == "finalized"


async def test_accounts_are_read_in_batches() -> None:
    one = made()
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        before = len(one.server.paths)
        await collect(panel, one.form, point, [account(number) for number in range(1_000)])
    # The canary travels with the batch that it vouches for.
    assert len(one.server.paths) - before == 10


@pytest.mark.parametrize(("change", "detail"), [
    ({"decimals": 6}, "[6] decimals, not 18"), ({}, ""),
])  # fmt: skip
async def test_a_token_is_compared_with_the_table(change: dict[str, int], detail: str) -> None:
    one = trial(scene(account), ETH)
    for name, value in change.items():
        setattr(server_of(one).lies, name, value)
    async with one.server, asking(one) as panel:
        problem = await panel.check_form(ETH, await pinned(panel, one.scene.height))
    if not detail:
        assert problem is None
        return
    assert unresolved(problem).reason is Reason.REGISTRY
    assert detail in unresolved(problem).detail


async def controlled(owners: dict[str, list[str]] | None) -> tuple[str, str]:
    one = made()
    if owners is not None:
        address = f"{int.from_bytes(WALLET, 'big'):#x}"
        server_of(one).lies.owners[address] = owners
    query = ControlQuery(WALLET, frozenset({KEY.to_bytes(32, "big")}), b"", ())
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        first, second = await controls(panel).control(point, [query, query])
    assert first == second
    return first.word, first.reason


@pytest.mark.parametrize(
    ("owners", "told"),
    [
        ({"get_owner": [hex(KEY)]}, (ControlWord.PROVEN, "owner")),
        ({"getPublicKey": [hex(KEY)]}, (ControlWord.PROVEN, "owner")),
        ({"get_owner": [hex(KEY)], "get_guardian": ["0x0"]}, (ControlWord.PROVEN, "owner")),
        ({"get_owner": [hex(KEY)], "get_guardian": ["0x9"]}, (ControlWord.PARTIAL, "guarded")),
        ({"get_public_key": ["0x9"]}, (ControlWord.FAILED, "other-owner")),
        ({"get_public_key": [hex(KEY)], "get_multisig_threshold": ["0x0"]},
         (ControlWord.PROVEN, "owner")),
        ({"get_public_key": [hex(KEY)], "get_multisig_threshold": ["0x2"]},
         (ControlWord.PARTIAL, "signer")),
        ({"get_public_key": ["0x9"], "get_multisig_threshold": ["0x2"]},
         (ControlWord.FAILED, "other-owner")),
        ({"get_signers": ["0x1", hex(KEY)], "get_threshold": ["0x1"]},
         (ControlWord.PROVEN, "signer")),
        ({"get_signers": ["0x2", "0x9", hex(KEY)], "get_threshold": ["0x2"]},
         (ControlWord.PARTIAL, "signer")),
        ({"get_signers": ["0x1", "0x9"], "get_threshold": ["0x1"]},
         (ControlWord.FAILED, "other-owner")),
        ({"get_signers": ["0x5", "0x9"], "get_threshold": ["0x1"]},
         (ControlWord.UNSETTLED, "not-asked")),
        ({"get_owner": ["0x1", "0x2"]}, (ControlWord.UNSETTLED, "unknown-class")),
        ({}, (ControlWord.UNSETTLED, "unknown-class")),
        (None, (ControlWord.UNSETTLED, "no-contract")),
    ],
)  # fmt: skip
async def test_control_by_the_accounts_own_functions(
    owners: dict[str, list[str]] | None, told: tuple[str, str]
) -> None:
    assert await controlled(owners) == told


async def test_control_from_another_state_is_unsettled() -> None:
    one = made()
    query = ControlQuery(WALLET, frozenset({bytes(32)}), b"", ())
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        server_of(one).lies.is_stale = True
        (answer,) = await controls(panel).control(point, [query])
    assert (answer.word, answer.reason) == (ControlWord.UNSETTLED, "not-asked")
