from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from chains.adapter import Assurance, ControlReader, ControlWord, HoldingForm
from chains.aptos.addresses import encode
from chains.aptos.control import NO_ACCOUNT
from chains.aptos.source import NOT_IN_IT
from chains.errors import UnresolvedReason as Reason
from tests.fakes.aptos_ledger import START, WIDTH, AptosNode, block_hash, named
from tests.fakes.aptos_scene import (
    COIN,
    COLD,
    NOBODY,
    OWNERS,
    SNAPSHOT,
    TOKEN,
    WARM,
    ledger,
    read,
    reading,
    truth,
)
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.unit.chains.aptos.test_control import query

if TYPE_CHECKING:
    from collections.abc import Callable

FORMS = pytest.mark.parametrize("form", [COIN, TOKEN], ids=["native", "token"])


@FORMS
@pytest.mark.parametrize("version", [99, SNAPSHOT - 1, SNAPSHOT, SNAPSHOT + 1, 605, 1_000])
async def test_balances_at_every_version_are_the_ledgers_own(
    form: HoldingForm, version: int
) -> None:
    made = ledger()
    found = await read(AptosNode(made), form, version)
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(
        made, form, version
    )
    assert {(observed(one).assurance, observed(one).note) for one in found.values()} == {
        (Assurance.NODE, NOT_IN_IT)
    }


async def test_a_number_beyond_two_to_the_53_is_exact() -> None:
    assert observed((await read(AptosNode(ledger())))[COLD]).amount == 2**63 + 1


async def test_coin_and_fungible_asset_are_one_balance() -> None:
    made = ledger()
    made.migrate(700, WARM)
    for version in (SNAPSHOT, 800):
        found = await read(AptosNode(made), version=version)
        assert observed(found[WARM]).amount == made.balance(WARM, version)


async def test_an_account_that_is_not_there_holds_nothing() -> None:
    node = AptosNode(ledger())
    node.absent_is_404 = True
    assert observed((await read(node))[NOBODY]).amount == 0


async def test_the_block_of_a_version() -> None:
    node = AptosNode(ledger())
    async with node, reading(node) as asked:
        point = await pinned(asked, SNAPSHOT)
        assert (point.block_hash, point.finality) == (block_hash(50), "finalized")
        assert point.block_time == datetime.fromtimestamp(START + 50, UTC)
        assert await asked.recheck(point) is None
        assert unresolved(await asked.pin(1_001)).reason is Reason.NO_BLOCK
        node.oldest_block = 600
        assert unresolved(await asked.pin(SNAPSHOT)).reason is Reason.NO_STATE


async def test_heights_may_be_those_of_blocks() -> None:
    made = ledger()
    node = AptosNode(made)
    async with node, reading(node, height_is="block") as asked:
        point = await pinned(asked, 50)
        assert point.block_hash == block_hash(50)
        found = await collect(asked, COIN, point, OWNERS)
        assert unresolved(await asked.pin(101)).reason is Reason.NO_BLOCK
    last = 51 * WIDTH - 1
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(made, COIN, last)


async def test_a_node_of_another_network() -> None:
    made = ledger()
    made.chain_id = 2
    node = AptosNode(made)
    async with node, reading(node) as asked:
        assert unresolved(await asked.pin(SNAPSHOT)).reason is Reason.WRONG_CHAIN


@FORMS
async def test_trap_a_pruned_version_is_no_number(form: HoldingForm) -> None:
    node = AptosNode(ledger())
    async with node, reading(node) as asked:
        point = await pinned(asked, SNAPSHOT)
        node.oldest = SNAPSHOT + 1
        assert form.contract is None or (
            unresolved(await asked.check_form(form, point)).reason is Reason.NO_STATE
        )
        found = await collect(asked, form, point, OWNERS)
        assert {unresolved(one).reason for one in found.values()} == {Reason.NO_STATE}


@FORMS
async def test_trap_a_node_that_answers_at_latest_is_caught(form: HoldingForm) -> None:
    node = AptosNode(ledger())
    node.ignores_version = True
    async with node, reading(node) as asked:
        point = await pinned(asked, SNAPSHOT)
        found = await collect(asked, form, point, OWNERS)
        assert {unresolved(one).reason for one in found.values()} == {Reason.WRONG_STATE}
        assert asked.distrusted() == {node.url.removesuffix("/v1")}


async def test_a_node_that_begins_to_answer_at_latest_is_caught() -> None:
    node = AptosNode(ledger())

    def spoil(path: str) -> None:
        node.ignores_version = node.ignores_version or "balance" in path

    node.on_call = spoil
    found = await read(node)
    assert {unresolved(one).reason for one in found.values()} == {Reason.WRONG_STATE}


async def test_another_block_than_the_pinned_one() -> None:
    node = AptosNode(ledger())
    async with node, reading(node) as asked:
        point = await pinned(asked, SNAPSHOT)
        told = {
            "block_height": "50", "block_hash": block_hash(9), "block_timestamp": "0",
            "first_version": "500", "last_version": "509",
        }  # fmt: skip
        for change in ({}, {"first_version": "506"}, {"last_version": "504"}):
            node.changed = {f"by_version/{SNAPSHOT}": told | change}
            found = await collect(asked, COIN, point, OWNERS)
            assert {unresolved(one).reason for one in found.values()} == {Reason.WRONG_STATE}


async def test_one_account_without_an_answer_spoils_no_other() -> None:
    made = ledger()
    node = AptosNode(made)
    node.silent_about = WARM
    found = await read(node)
    assert unresolved(found[WARM]).reason is Reason.CALL_FAILED
    assert observed(found[COLD]).amount == made.balance(COLD, SNAPSHOT)


@pytest.mark.parametrize("said", [-1, 1.5, "x", None, [], {"balance": 1}, True])
async def test_what_is_no_balance_is_no_number(said: object) -> None:
    node = AptosNode(ledger())
    node.changed = {"AptosCoin": said}
    found = await read(node)
    assert {unresolved(one).reason for one in found.values()} == {Reason.MALFORMED_ANSWER}


async def test_requests_too_fast_and_answers_cut_off_are_asked_again() -> None:
    made = ledger()
    node = AptosNode(made)
    node.faults.throttle = node.faults.garbage = 1
    found = await read(node)
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(
        made, COIN, SNAPSHOT
    )


def other_decimals(node: AptosNode) -> None:
    node.ledger.decimals = 8


def other_symbol(node: AptosNode) -> None:
    node.ledger.symbol = "FAKE"


def no_asset(node: AptosNode) -> None:
    node.changed = {"Metadata": {"type": "0x1::coin::CoinInfo", "data": {}}}


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (other_decimals, Reason.REGISTRY),
        (other_symbol, Reason.REGISTRY),
        (no_asset, Reason.WRONG_STATE),
    ],
)
async def test_an_asset_must_be_what_assets_toml_says(
    spoil: Callable[[AptosNode], None], reason: Reason
) -> None:
    node = AptosNode(ledger())
    async with node, reading(node) as asked:
        point = await pinned(asked, SNAPSHOT)
        spoil(node)
        assert unresolved(await asked.check_form(TOKEN, point)).reason is reason
        node.changed = {}
        for contract in ("0x5", "0x5::coin::T"):
            form = HoldingForm("X@aptos", "X", "aptos", contract, 6, ())
            assert unresolved(await asked.check_form(form, point)).reason is Reason.REGISTRY


async def test_the_account_record_settles_a_rotated_key() -> None:
    made = ledger()
    old, new = named("old key"), named("new key")
    made.rotate(300, WARM, old)
    made.rotate(SNAPSHOT, COLD, old)
    made.rotate(SNAPSHOT + 1, WARM, new)
    node = AptosNode(made)
    async with node, reading(node) as asked:
        assert isinstance(asked, ControlReader)
        point = await pinned(asked, SNAPSHOT)
        asked_of = [query(WARM, old), query(WARM, new), query(COLD, old), query(NOBODY, old)]
        found = await asked.control(point, asked_of)
        assert [one.word for one in found] == [
            ControlWord.PROVEN, ControlWord.FAILED, ControlWord.PROVEN, ControlWord.UNSETTLED,
        ]  # fmt: skip
        assert found[3] == NO_ACCOUNT
        node.ignores_version = True
        (answer,) = await asked.control(point, asked_of[:1])
        assert (answer.word, answer.reason) == (ControlWord.UNSETTLED, "not-asked")


@pytest.mark.parametrize("record", [{}, {"authentication_key": None}, [], "busy"], ids=str)
async def test_a_record_that_cannot_be_used_leaves_only_its_own_row_open(record: object) -> None:
    made, key = ledger(), named("key")
    for account in (WARM, COLD):
        made.rotate(300, account, key)
    node = AptosNode(made)
    node.changed[f"/accounts/{encode(WARM)}"] = record
    async with node, reading(node) as asked:
        assert isinstance(asked, ControlReader)
        point = await pinned(asked, SNAPSHOT)
        first, second = await asked.control(point, [query(WARM, key), query(COLD, key)])
    assert (first.word, first.reason) == (ControlWord.UNSETTLED, Reason.MALFORMED_ANSWER)
    assert second.word is ControlWord.PROVEN


async def test_control_at_a_pruned_version_is_not_settled() -> None:
    node = AptosNode(ledger())
    async with node, reading(node) as asked:
        point = await pinned(asked, SNAPSHOT)
        node.oldest = SNAPSHOT + 1
        (answer,) = await asked.control(point, [query(WARM, named("key"))])
        assert answer.word is ControlWord.UNSETTLED


async def test_one_request_an_account_and_few_besides() -> None:
    node = AptosNode(ledger())
    many = [named(f"account {number}") for number in range(100)]
    await read(node, owners=many)
    assert len(node.paths) <= len(many) + 10
