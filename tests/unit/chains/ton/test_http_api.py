from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chains.errors import RegistryError
from chains.errors import UnresolvedReason as Reason
from chains.ton.balances import reader
from tests.fakes import ton_cells
from tests.fakes.account_history import crowd, scene
from tests.fakes.ledger_trials import asking
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.ton_api import CODE, NETWORK, TOKEN, Jetton, TonFake, account, shown, trial

if TYPE_CHECKING:
    from chains.adapter import Reading
    from tests.fakes.ledger_trials import Trial


def made(jetton: Jetton | None = None) -> tuple[Trial, TonFake]:
    one = trial(scene(account, blocks_after=3), jetton)
    assert isinstance(one.server, TonFake)
    return one, one.server


async def found(one: Trial) -> dict[bytes, Reading]:
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        return await collect(panel, one.form, point, one.scene.accounts)


async def problem(one: Trial) -> Reason | None:
    async with one.server, asking(one) as panel:
        said = await panel.check_form(one.form, await pinned(panel, one.scene.height))
        return None if said is None else said.reason


@pytest.mark.parametrize("absent", ["0", "-1"])
async def test_an_account_that_is_not_there_is_zero_in_both_words(absent: str) -> None:
    one, server = made()
    server.slips.absent = absent
    assert observed((await found(one))[one.scene.unknown]).amount == 0


@pytest.mark.parametrize("jetton", [None, Jetton()])
async def test_a_server_without_any_account_does_not_pass_for_zeros(jetton: Jetton | None) -> None:
    one, server = made(jetton)
    server.slips.is_empty = True
    assert {unresolved(value).reason for value in (await found(one)).values()} == {Reason.NO_STATE}


async def test_a_server_that_ignores_seqno_is_caught() -> None:
    one, server = made()
    server.slips.is_stale = True
    async with server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        read = await collect(panel, one.form, point, one.scene.accounts)
        assert panel.distrusted() == {server.url}
    assert {unresolved(value).reason for value in read.values()} == {Reason.WRONG_STATE}


async def test_a_state_of_a_block_with_another_hash_is_not_believed() -> None:
    one, server = made()
    async with server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        server.slips.other_block = True
        read = await collect(panel, one.form, point, one.scene.accounts)
        again = await panel.recheck(point)
    assert {unresolved(value).reason for value in read.values()} == {Reason.WRONG_STATE}
    assert again is None  # nobody is left to say otherwise


async def test_a_server_that_moves_on_before_it_shows_its_settings() -> None:
    """The state may be gone, or another, when the server is asked for evidence of its zeros."""
    for slip, value, reason in (
        ("is_stale", True, Reason.WRONG_STATE),
        ("first", 10**6, Reason.NO_STATE),
    ):
        one, server = made()

        def move(path: str, server: TonFake = server, slip: str = slip, value: int = value) -> None:
            if path.startswith("/getAddressInformation?address=-1"):
                setattr(server.slips, slip, value)

        server.on_call = move
        read = await found(one)
        assert unresolved(read[one.scene.unknown]).reason is reason


async def test_a_jetton_that_names_no_account_gives_no_number() -> None:
    one, server = made(Jetton())
    nowhere = [["cell", {"bytes": shown(ton_cells.bag(ton_cells.Bits("00" + "0" * 265)))}]]
    server.slips.results["runGetMethod"] = {"exit_code": 0, "stack": nowhere}
    read = await found(one)
    assert {unresolved(value).reason for value in read.values()} == {Reason.MALFORMED_ANSWER}


async def test_frozen_accounts_hold_tons_and_frozen_wallets_are_unreadable() -> None:
    one, server = made()
    server.slips.frozen = {one.scene.still}
    assert observed((await found(one))[one.scene.still]).amount == 7_000_000
    jetton = Jetton()
    one, server = made(jetton)
    server.slips.frozen = {jetton.wallet(one.scene.still)}
    read = await found(one)
    assert unresolved(read[one.scene.still]).reason is Reason.NO_STATE
    assert observed(read[one.scene.rich]).amount == 2**53 + 1


async def test_the_wallet_of_somebody_else_is_not_taken() -> None:
    jetton = Jetton()
    one, server = made(jetton)
    server.slips.swap = {jetton.wallet(one.scene.unknown): jetton.wallet(one.scene.rich)}
    read = await found(one)
    assert unresolved(read[one.scene.unknown]).reason is Reason.MALFORMED_ANSWER


@pytest.mark.parametrize(
    ("jetton", "asked"),
    [(Jetton(), 1), (Jetton(status="", code=CODE, keeps_code=True), 1), (Jetton(salt="1"), 6)],
    ids=["governed", "tep74", "unforeseeable"],
)
async def test_wallets_are_worked_out_where_they_can_be(jetton: Jetton, asked: int) -> None:
    one, server = made(jetton)
    read = await found(one)
    assert observed(read[one.scene.rich]).amount == 2**53 + 1
    methods = [path.strip("/").partition("?")[0] for path in server.paths]
    if asked == 1:
        assert methods.count("runGetMethod") == 1
    else:
        assert methods.count("runGetMethod") >= asked
    assert methods.count("getAddressInformation") == len(one.scene.accounts) + 1


async def test_one_request_an_account() -> None:
    told, accounts = crowd(account, 200)
    one = trial(told)
    async with one.server, asking(one) as panel:
        point = await pinned(panel, told.height)
        before = len(one.server.paths)
        read = await collect(panel, one.form, point, accounts)
    assert len(one.server.paths) - before == 200
    assert [observed(read[key]).amount for key in accounts] == [
        told.history.balance(key, told.height) for key in accounts
    ]


# --- the form


async def test_a_jetton_as_in_the_table() -> None:
    one, _ = made(Jetton())
    assert await problem(one) is None


@pytest.mark.parametrize(
    "jetton",
    [
        Jetton(content={"type": "onchain", "data": {"decimals": "9"}}),
        Jetton(content={"type": "onchain", "data": {"decimals": "6", "symbol": "OTHER"}}),
        Jetton(contract_type="nft_collection"),
    ],
)
async def test_another_jetton_is_a_mistake_in_the_table(jetton: Jetton) -> None:
    one, _ = made(jetton)
    assert await problem(one) is Reason.REGISTRY


async def test_a_jetton_that_was_not_there_yet() -> None:
    one, server = made(Jetton())
    server.slips.no_master = True
    assert await problem(one) is Reason.REGISTRY
    one, server = made(Jetton())
    server.slips.is_empty = True
    assert await problem(one) is Reason.NO_STATE


@pytest.mark.parametrize(
    "content", [{"type": "offchain", "data": "https://x.example"}, {"type": "onchain", "data": {}}]
)
async def test_a_jetton_that_does_not_state_its_decimals(content: dict[str, object]) -> None:
    one, _ = made(Jetton(content=content))
    assert await problem(one) is Reason.NO_METHOD


async def test_what_is_no_account_is_a_mistake_in_the_table() -> None:
    one, _ = made(Jetton())
    one.form = replace(TOKEN, contract="USDT")
    assert await problem(one) is Reason.REGISTRY


@pytest.mark.parametrize("result", [None, {"contract_type": "nft_collection"}])
async def test_a_master_that_changes_its_mind_gives_no_number(result: object) -> None:
    one, server = made(Jetton())
    server.slips.results["getTokenData"] = result
    read = await found(one)
    assert {unresolved(value).reason for value in read.values()} == {Reason.MALFORMED_ANSWER}


async def test_a_get_method_that_fails_gives_no_number() -> None:
    one, server = made(Jetton())
    server.slips.exit_code = 11
    read = await found(one)
    assert {unresolved(value).reason for value in read.values()} == {Reason.CALL_FAILED}


# --- blocks


async def test_a_server_that_names_another_block() -> None:
    one, server = made()
    server.slips.results["lookupBlock"] = server._block(one.scene.height + 1)
    async with server, asking(one) as panel:
        said = unresolved(await panel.pin(one.scene.height))
    assert said.reason is Reason.WRONG_STATE


async def test_a_seqno_that_the_server_never_had() -> None:
    one, server = made()
    async with server, asking(one) as panel:
        point = await pinned(panel, 3)
        read = await collect(panel, one.form, point, one.scene.accounts)
    assert {unresolved(value).reason for value in read.values()} == {Reason.NO_STATE}


def test_the_first_state_must_be_known() -> None:
    with pytest.raises(RegistryError, match="first state"):
        reader(replace(NETWORK, options={}), ["http://127.0.0.1:1"])
