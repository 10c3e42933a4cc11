from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chains.errors import UnresolvedReason as Reason
from chains.utxo.address_text import address_text
from tests.fakes.explorers import BlockbookFake
from tests.fakes.readings import observed, pinned, unresolved
from tests.fakes.utxo_scene import ADDRESSES, collect, network, reading, scene, settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Reading
    from tests.fakes.utxo_scene import Scene


async def read(server: BlockbookFake, told: Scene, **limits: int) -> Mapping[bytes, Reading]:
    async with reading([server.url], limits=settings(**limits)) as asked:
        return await collect(asked, await pinned(asked, told.height), told.owners)


async def test_balances_at_every_height_are_those_of_a_naive_replay() -> None:
    told = scene()
    async with (
        BlockbookFake(told.ledger, told.owners) as server,
        reading([server.url]) as asked,
    ):
        for height in range(told.ledger.height + 1):
            found = await collect(asked, await pinned(asked, height), told.owners)
            assert {owner: observed(value).amount for owner, value in found.items()} == {
                owner: told.ledger.balance(owner, height) for owner in told.owners
            }


async def test_outputs_to_the_bare_key_of_an_address_are_not_its_own() -> None:
    # Blockbook writes the address of the key's hash there, and that it is none.
    told = scene()
    async with BlockbookFake(told.ledger, told.owners) as server:
        names = [address_text(told.owners[3], ADDRESSES)]
        server.beside = [
            {"value": value, "addresses": names, "isAddress": False} for value in ("900", "7")
        ]
        found = await read(server, told)
    assert {owner: observed(value).amount for owner, value in found.items()} == told.truth


async def test_a_server_that_ignores_the_range_is_noticed() -> None:
    told = scene()
    async with BlockbookFake(told.ledger, told.owners) as server:
        server.ignores_range = True
        found = await read(server, told)
    assert unresolved(found[told.owners[0]]).reason is Reason.MALFORMED_ANSWER


async def test_more_transactions_in_one_block_than_on_a_page_are_unresolved() -> None:
    told = scene()
    async with BlockbookFake(told.ledger, told.owners) as server:
        server.page_size = 1
        async with reading([server.url]) as asked:
            found = await collect(asked, await pinned(asked, 1), told.owners)
    assert unresolved(found[told.owners[0]]).reason is Reason.TOO_LARGE
    assert observed(found[told.owners[5]]).amount == 0


async def test_an_answer_for_another_address_is_refused() -> None:
    told = scene()
    async with BlockbookFake(told.ledger, told.owners) as server:
        server.address = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
        found = await read(server, told)
    for value in found.values():
        assert unresolved(value).reason is Reason.MALFORMED_ANSWER


async def test_sums_that_do_not_fit_are_refused() -> None:
    told = scene()
    async with BlockbookFake(told.ledger, told.owners) as server:
        server.sent_extra = 1
        found = await read(server, told)
    for value in found.values():
        assert unresolved(value).reason is Reason.MALFORMED_ANSWER


async def test_a_new_block_in_between_is_read_again() -> None:
    told = scene()
    calls: list[str] = []

    def mine(path: str) -> None:
        if "/address/" in path:
            calls.append(path)
            if len(calls) == 3:
                told.ledger.mine(told.named["waiting"])

    async with BlockbookFake(told.ledger, told.owners) as server:
        server.on_call = mine
        found = await read(server, told)
    assert {owner: observed(value).amount for owner, value in found.items()} == told.truth
    assert len(calls) > len(told.owners)


async def test_a_best_block_that_never_rests_is_unresolved() -> None:
    told = scene()

    def mine(path: str) -> None:
        if "/address/" in path:
            told.ledger.mine()

    async with BlockbookFake(told.ledger, told.owners) as server:
        server.on_call = mine
        found = await read(server, told)
    for value in found.values():
        assert unresolved(value).reason is Reason.WRONG_STATE


async def test_a_reorganisation_of_the_snapshot_block_is_unresolved() -> None:
    told = scene()
    async with BlockbookFake(told.ledger, told.owners) as server, reading([server.url]) as asked:
        point = await pinned(asked, told.height)
        told.ledger.cut(told.height - 2)
        for _ in range(7):
            told.ledger.mine()
        found = await collect(asked, point, told.owners)
    for value in found.values():
        assert unresolved(value).reason is Reason.WRONG_STATE


async def test_a_server_that_catches_up_is_not_used() -> None:
    told = scene()
    async with BlockbookFake(told.ledger, told.owners) as server:
        server.in_sync = False
        async with reading([server.url]) as asked:
            assert unresolved(await asked.pin(told.height)).reason is Reason.NO_STATE


async def test_the_block_is_checked() -> None:
    told = scene()
    async with BlockbookFake(told.ledger, told.owners) as server:
        async with reading([server.url]) as asked:
            value = unresolved(await asked.pin(told.ledger.height + 1))
            assert value.reason is Reason.NO_BLOCK
        other = network(options={"checkpoint_hash": "ab" * 32})
        async with reading([server.url], net=other) as asked:
            assert unresolved(await asked.pin(told.height)).reason is Reason.WRONG_CHAIN


@pytest.mark.parametrize("script", [b"\x00\x6a", b"\x52\x20" + bytes(32)])
async def test_a_script_without_an_address_is_unresolved(script: bytes) -> None:
    told = scene()
    async with BlockbookFake(told.ledger, told.owners) as server, reading([server.url]) as asked:
        found = await collect(asked, await pinned(asked, told.height), [script])
    assert unresolved(found[script]).reason is Reason.NO_METHOD


async def test_too_many_pages_are_unresolved() -> None:
    told = scene()
    async with (
        BlockbookFake(told.ledger, told.owners) as server,
        reading([server.url], limits=settings(most_pages=1)) as asked,
    ):
        found = await collect(asked, await pinned(asked, 1), told.owners)
    assert unresolved(found[told.owners[1]]).reason is Reason.TOO_LARGE
