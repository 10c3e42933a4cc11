from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from chains.adapter import Assurance, Reading
from chains.errors import UnresolvedReason as Reason
from tests.fakes.electrum_server import ElectrumFake
from tests.fakes.omni_node import OmniFake
from tests.fakes.readings import collect as collect_form
from tests.fakes.readings import observed, pinned, unresolved
from tests.fakes.utxo_scene import TOKEN, Scene, collect, reading, scene, settings


async def read(
    node: OmniFake, told: Scene, *, height: int | None = None, batch: int = 200
) -> Mapping[bytes, Reading]:
    at = told.ledger.height if height is None else height
    async with reading([node.url], limits=settings(batch=batch)) as asked:
        point = await pinned(asked, at)
        assert await asked.check_form(TOKEN, point) is None
        return await collect_form(asked, TOKEN, point, told.owners)


@pytest.mark.parametrize("batch", [1, 4, 200])
async def test_all_that_is_held_counts_at_the_tip(batch: int) -> None:
    told = scene()
    async with OmniFake(told.ledger, told.owners) as node:
        node.held = {
            told.owners[0]: ("12.00000001", "0.50000000", "0.00000000"),
            told.owners[3]: ("0.00000000", "0.00000000", "184467440737.09551615"),
        }
        found = await read(node, told, batch=batch)
    amounts = {owner: observed(value).amount for owner, value in found.items()}
    expected = dict.fromkeys(told.owners, 0)
    expected |= {told.owners[0]: 1_250_000_001, told.owners[3]: 2**64 - 1}
    assert amounts == expected
    assert {observed(value).assurance for value in found.values()} == {Assurance.NODE}


@pytest.mark.parametrize(("height", "behind"), [(-1, 0), (0, 1)])
async def test_any_other_block_than_its_tip_is_unresolved(height: int, behind: int) -> None:
    told = scene()
    async with OmniFake(told.ledger, told.owners) as node:
        node.behind = behind
        found = await read(node, told, height=told.ledger.height + height)
    for value in found.values():
        assert unresolved(value).reason is Reason.NO_STATE
        assert "its tip only" in unresolved(value).detail


async def test_a_block_that_comes_in_between_leaves_no_number() -> None:
    told = scene()
    height = told.ledger.height
    async with OmniFake(told.ledger, told.owners) as node, reading([node.url]) as asked:
        point = await pinned(asked, height)
        told.ledger.mine()
        found = await collect_form(asked, TOKEN, point, told.owners)
    assert {unresolved(value).reason for value in found.values()} == {Reason.NO_STATE}


async def test_another_block_at_its_tip_leaves_no_number() -> None:
    told = scene()
    async with OmniFake(told.ledger, told.owners) as node, reading([node.url]) as asked:
        point = replace(await pinned(asked, told.ledger.height), block_hash="11" * 32)
        found = await collect_form(asked, TOKEN, point, told.owners)
    assert {unresolved(value).reason for value in found.values()} == {Reason.WRONG_STATE}


@pytest.mark.parametrize(
    "answer",
    [
        {"balance": "1.0", "reserved": "0.00000000"},
        {"balance": "1", "reserved": "0"},
        {"balance": "-1.00000000", "reserved": "0.00000000"},
        {"balance": 1.0, "reserved": "0.00000000"},
        {"balance": "1.00000000"},
        {"balance": "1.00000000", "reserved": "0.00000000", "frozen": None},
    ],
)
async def test_an_amount_that_is_none_is_no_zero(answer: object) -> None:
    told = scene()
    async with OmniFake(told.ledger, told.owners) as node:
        node.answers["omni_getbalance"] = answer
        found = await read(node, told)
    assert {unresolved(value).reason for value in found.values()} == {Reason.MALFORMED_ANSWER}


async def test_a_node_from_before_freezing_names_no_frozen_part() -> None:
    told = scene()
    async with OmniFake(told.ledger, told.owners) as node:
        node.answers["omni_getbalance"] = {"balance": "1.00000000", "reserved": "2.00000000"}
        found = await read(node, told)
    assert {observed(value).amount for value in found.values()} == {300_000_000}


async def test_the_property_must_be_the_one_of_assets_toml() -> None:
    told = scene()
    async with OmniFake(told.ledger, told.owners) as node, reading([node.url]) as asked:
        point = await pinned(asked, told.ledger.height)
        foreign = replace(TOKEN, contract="0x1234")
        assert unresolved(await asked.check_form(foreign, point)).reason is Reason.REGISTRY
        node.is_divisible = False
        assert unresolved(await asked.check_form(TOKEN, point)).reason is Reason.REGISTRY
        node.answers["omni_getproperty"] = {"propertyid": 1, "divisible": True}
        wrong = unresolved(await asked.check_form(TOKEN, point))
        assert wrong.reason is Reason.MALFORMED_ANSWER


async def test_coins_are_read_from_others_and_tokens_from_it() -> None:
    told = scene()
    height = told.ledger.height
    async with (
        ElectrumFake(told.ledger, told.owners) as electrum,
        OmniFake(told.ledger, told.owners) as node,
    ):
        node.held = {told.owners[0]: ("1.00000000", "0.00000000", "0.00000000")}
        async with reading([electrum.url, node.url]) as asked:
            point = await pinned(asked, height)
            coins = await collect(asked, point, told.owners)
            tokens = await collect_form(asked, TOKEN, point, told.owners)
        async with reading([node.url]) as asked:
            alone = await collect(asked, await pinned(asked, height), told.owners)
    assert {owner: observed(value).amount for owner, value in coins.items()} == {
        owner: told.ledger.balance(owner, height) for owner in told.owners
    }
    assert {observed(value).sources for value in coins.values()} == {
        (observed(coins[told.owners[0]]).sources[0],)
    }
    assert observed(tokens[told.owners[0]]).amount == 10**8
    assert {unresolved(value).reason for value in alone.values()} == {Reason.NO_METHOD}
