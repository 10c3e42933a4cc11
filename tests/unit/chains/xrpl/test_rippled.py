"""The traps of the XRP Ledger, each with its name, and what is told beside a balance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chains.adapter import Assurance, Control, ControlQuery, ControlWord
from chains.errors import UnresolvedReason as Reason
from chains.panel import PanelSettings
from chains.xrpl import rippled
from chains.xrpl.addresses import encode
from chains.xrpl.balances import reader
from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import asking
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.xrpl_ledger import (
    FIRST,
    NETWORK,
    XRP,
    Extras,
    OverloadedFake,
    RippledFake,
    account,
    name_of,
    trial,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from chains.adapter import Reading
    from tests.fakes.ledger_trials import Trial


@pytest.fixture
async def one() -> AsyncGenerator[Trial]:
    made = trial(scene(account))
    async with made.server:
        yield made


def server_of(one: Trial) -> RippledFake:
    assert isinstance(one.server, RippledFake)
    return one.server


async def read(one: Trial, asked: bytes) -> Reading:
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        return (await collect(panel, XRP, point, [asked]))[asked]


async def test_one_request_an_account_at_the_ledger_s_hash(one: Trial) -> None:
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        assert point.block_hash == name_of(one.scene.height)
        assert point.finality == "finalized"
        assert point.block_time is not None
        assert point.block_time.timestamp() == one.scene.history.time(one.scene.height)
        server_of(one).methods.clear()
        found = await collect(panel, XRP, point, one.scene.accounts)
    assert server_of(one).methods == ["account_info"] * len(one.scene.accounts)
    assert observed(found[one.scene.still]).assurance is Assurance.NODE


async def test_an_account_that_did_not_change_since_needs_no_history(one: Trial) -> None:
    """PreviousTxnLgrSeq: any server has it, however little it keeps."""
    told = one.scene
    async with asking(one) as panel:
        point = await pinned(panel, told.height)
        server_of(one).lies.first = told.history.tip
        found = await collect(panel, XRP, point, told.accounts)
    assert observed(found[told.still]).amount == told.truth()[told.still]
    for account_ in (told.moving, told.closed, told.later, told.unknown):
        assert unresolved(found[account_]).reason is Reason.NO_STATE
    assert "full history" in unresolved(found[told.moving]).detail


async def test_a_server_of_another_network_that_was_silent_at_first_is_refused_later(
    one: Trial,
) -> None:
    """It has no ledger of that hash, and an account of the same address that did not change."""
    told, other = one.scene, trial(scene(account))
    other.scene.history.states[-1][told.still] = 1
    foreign = server_of(other)
    foreign.lies.network_id, foreign.lies.first = 1, told.history.tip
    async with foreign:
        made = reader(NETWORK, [foreign.url, one.server.url], settings=PanelSettings())
        async with made as panel:
            foreign.faults.statuses["/"] = 403
            point = await pinned(panel, told.height)
            foreign.faults.statuses.clear()
            found = await collect(panel, XRP, point, [told.still])
    assert observed(found[told.still]).amount == told.truth()[told.still]


async def test_a_ledger_that_the_server_lacks_pins_nothing(one: Trial) -> None:
    server_of(one).lies.first = one.scene.history.tip
    async with asking(one) as panel:
        value = unresolved(await panel.pin(one.scene.height))
    assert value.reason is Reason.NO_STATE
    assert "does not have ledger" in value.detail


async def test_only_validated_ledgers_count(one: Trial) -> None:
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        server_of(one).lies.validated = False
        found = await collect(panel, XRP, point, [one.scene.still])
        assert unresolved(found[one.scene.still]).reason is Reason.WRONG_STATE
        assert panel.distrusted() == {server_of(one).url}
    async with asking(one) as panel:
        assert unresolved(await panel.pin(one.scene.height)).reason is Reason.WRONG_STATE


async def test_a_server_that_names_the_ledger_and_answers_from_a_newer_is_caught(
    one: Trial,
) -> None:
    server_of(one).lies.is_stale = server_of(one).lies.is_silent = True
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        found = await collect(panel, XRP, point, [one.scene.moving])
        assert panel.distrusted()
    assert "was changed in ledger" in unresolved(found[one.scene.moving]).detail


async def test_no_such_account_of_another_ledger_is_no_zero(one: Trial) -> None:
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        server_of(one).lies.is_stale = True
        found = await collect(panel, XRP, point, [one.scene.closed])
    assert unresolved(found[one.scene.closed]).reason is Reason.WRONG_STATE


async def test_clio_names_no_ledger_so_a_canary_must_be_there(one: Trial) -> None:
    server_of(one).lies.is_clio = True
    assert observed(await read(one, one.scene.unknown)).amount == 0
    assert observed(await read(one, one.scene.later)).amount == 0
    server_of(one).lies.knows_nobody = True
    assert unresolved(await read(one, one.scene.unknown)).reason is Reason.CALL_FAILED


async def test_the_canary_is_asked_once_a_ledger(one: Trial) -> None:
    server_of(one).lies.is_clio = True
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        await collect(panel, XRP, point, [one.scene.unknown])
        server_of(one).methods.clear()
        await collect(panel, XRP, point, [account(number) for number in range(50, 60)])
    assert server_of(one).methods == ["account_info"] * 10


async def test_slow_down_is_waited_out_and_then_given_up(one: Trial) -> None:
    server_of(one).lies.busy = 1
    observed(await read(one, one.scene.moving))
    server_of(one).lies.busy = 1 << 30
    async with asking(one) as panel:
        assert unresolved(await panel.pin(one.scene.height)).reason is Reason.THROTTLED


async def test_an_overloaded_server_is_a_throttle() -> None:
    made = trial(scene(account))
    made.server = OverloadedFake(made.scene.history)
    async with made.server, asking(made) as panel:
        assert unresolved(await panel.pin(made.scene.height)).reason is Reason.THROTTLED


def escrow(index: str, owner: bytes, amount: object) -> dict[str, Any]:
    return {
        "LedgerEntryType": "Escrow", "index": index, "Account": encode(owner), "Amount": amount,
        "Destination": encode(account(9)),
    }  # fmt: skip


def belongings(owner: bytes) -> list[dict[str, Any]]:
    channel = {
        "LedgerEntryType": "PayChannel", "index": "C", "Account": encode(owner),
        "Amount": "500", "Balance": "200",
    }  # fmt: skip
    return [
        escrow("A", owner, "70"),
        escrow("B", account(9), "1000000"),  # to it, not from it
        channel,
        {"LedgerEntryType": "RippleState", "index": "D"},
        escrow("E", owner, {"currency": "USD", "issuer": encode(account(9)), "value": "1.5"}),
        {"LedgerEntryType": "Offer", "index": "F"},
    ]


async def test_escrows_channels_and_trust_lines_are_stated_apart(one: Trial) -> None:
    still = one.scene.still
    server_of(one).extras[still] = Extras(objects=belongings(still))
    value = observed(await read(one, still))
    assert value.amount == one.scene.truth()[still]
    assert value.note == (
        "Apart from the amount: 70 drops in 2 escrows it made, 300 drops in 1 payment channels, "
        "1 trust lines for issued currencies."
    )


async def test_pages_that_go_round_in_a_circle_end(one: Trial) -> None:
    still = one.scene.still
    server_of(one).extras[still] = Extras(objects=belongings(still)[2:])
    server_of(one).lies.circle = True
    value = observed(await read(one, still))
    assert "in a circle" in value.note
    assert value.amount == one.scene.truth()[still]


async def test_an_object_that_comes_twice_is_not_counted_twice(one: Trial) -> None:
    still = one.scene.still
    server_of(one).extras[still] = Extras(objects=[escrow("A", still, "70")] * 4)
    assert "comes twice" in observed(await read(one, still)).note


async def test_a_disabled_master_key_is_told(one: Trial) -> None:
    still = one.scene.still
    server_of(one).extras[still] = Extras({"Flags": 0x0010_0000})
    assert observed(await read(one, still)).note == "The master key is disabled."


def query(asked: bytes, *signers: bytes) -> ControlQuery:
    return ControlQuery(asked, frozenset(signers), bytes(32), (bytes(65),) * len(signers))


async def controls(one: Trial, *queries: ControlQuery) -> list[Control]:
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        return list(await panel.control(point, queries))  # type: ignore[attr-defined]


async def test_control_is_read_at_the_snapshot(one: Trial) -> None:
    told, signer = one.scene, account(77)
    server_of(one).extras[told.still] = Extras({"RegularKey": encode(signer)})
    told_of = await controls(
        one, query(told.still, signer), query(told.moving, signer), query(told.later, signer)
    )
    assert [(one.word, one.reason) for one in told_of] == [
        (ControlWord.PROVEN, "regular-key"),
        (ControlWord.FAILED, "other-key"),
        (ControlWord.UNSETTLED, "no-account"),
    ]


async def test_a_signer_list_is_weighed(one: Trial) -> None:
    told, first, second = one.scene, account(77), account(78)
    entries = [
        {"SignerEntry": {"Account": encode(signer), "SignerWeight": weight}}
        for signer, weight in ((first, 1), (second, 2))
    ]
    lists = [{"SignerQuorum": 3, "SignerEntries": entries}]
    server_of(one).extras[told.still] = Extras(signer_lists=lists)
    some, all_ = await controls(one, query(told.still, first), query(told.still, first, second))
    assert (some.word, all_.word) == (ControlWord.PARTIAL, ControlWord.PROVEN)
    assert "weight 1 of 3" in some.detail


async def test_control_without_the_state_is_unsettled(one: Trial) -> None:
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        server_of(one).lies.first = one.scene.history.tip
        (found,) = await panel.control(point, [query(one.scene.moving, account(77))])  # type: ignore[attr-defined]
    assert (found.word, found.reason) == (ControlWord.UNSETTLED, "no-state")


async def test_a_server_that_states_no_network_must_have_the_first_ledger(one: Trial) -> None:
    server_of(one).lies.network_id = None
    async with asking(one) as panel:
        await pinned(panel, one.scene.height)
        server_of(one).lies.first = FIRST + 1
        assert unresolved(await panel.pin(one.scene.height)).reason is Reason.NO_STATE
    server_of(one).lies.first = 0
    one.network = replace(NETWORK, options=dict(NETWORK.options) | {"checkpoint_hash": "ab" * 32})
    async with asking(one) as panel:
        assert unresolved(await panel.pin(one.scene.height)).reason is Reason.WRONG_CHAIN


async def test_another_ledger_than_asked_for_pins_nothing(one: Trial) -> None:
    """A ledger that is sound in itself, and not the one at that height."""
    told = one.scene

    def spoil(_: str, answer: Any) -> object:  # noqa: ANN401 (JSON)
        found = answer["result"]
        if found.get("ledger_index") == told.height:
            before, named = told.height - 1, name_of(told.height - 1)
            inner = found["ledger"] | {"ledger_hash": named, "ledger_index": str(before)}
            found |= {"ledger": inner, "ledger_hash": named, "ledger_index": before}
        return answer

    one.server.spoil = spoil
    async with asking(one) as panel:
        assert unresolved(await panel.pin(told.height)).reason is Reason.WRONG_STATE


async def test_objects_of_another_ledger_are_not_told(one: Trial) -> None:
    still = one.scene.still
    server_of(one).extras[still] = Extras(objects=belongings(still))

    def spoil(_: str, answer: Any) -> object:  # noqa: ANN401 (JSON)
        if "account_objects" in answer["result"]:
            answer["result"]["ledger_hash"] = name_of(one.scene.height + 1)
        return answer

    one.server.spoil = spoil
    value = observed(await read(one, still))
    assert "objects of another ledger" in value.note
    assert value.amount == one.scene.truth()[still]


async def test_more_objects_than_are_read_are_said_to_be(
    one: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rippled, "MOST_PAGES", 2)
    still = one.scene.still
    server_of(one).extras[still] = Extras(objects=belongings(still))
    assert "were not read" in observed(await read(one, still)).note


async def test_a_newest_ledger_that_is_not_validated_does_not_stand_in(one: Trial) -> None:
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        server_of(one).lies.first = one.scene.history.tip
        await collect(panel, XRP, point, [one.scene.still])
        server_of(one).lies.validated = False
        found = await collect(panel, XRP, point, [one.scene.still])
    assert unresolved(found[one.scene.still]).reason is Reason.WRONG_STATE
