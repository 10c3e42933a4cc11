from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chains.errors import UnresolvedReason as Reason
from tests.fakes.explorers import EsploraFake
from tests.fakes.readings import observed, pinned, unresolved
from tests.fakes.utxo_scene import collect, network, reading, scene, settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Reading
    from tests.fakes.utxo_scene import Scene


async def read(server: EsploraFake, told: Scene, **limits: int) -> Mapping[bytes, Reading]:
    async with reading([server.url], limits=settings(**limits)) as asked:
        return await collect(asked, await pinned(asked, told.height), told.owners)


@pytest.mark.parametrize("whole", [0, 50])
async def test_balances_at_every_height_are_those_of_a_naive_replay(whole: int) -> None:
    told = scene()
    async with EsploraFake(told.ledger, told.owners) as server:
        limits = settings(whole_history=whole)
        async with reading([server.url], limits=limits) as asked:
            for height in range(told.ledger.height + 1):
                found = await collect(asked, await pinned(asked, height), told.owners)
                assert {owner: observed(value).amount for owner, value in found.items()} == {
                    owner: told.ledger.balance(owner, height) for owner in told.owners
                }


@pytest.mark.parametrize("name", ["first", "more", "before", "after", "swept"])
async def test_a_transaction_left_out_of_a_short_history_is_noticed(name: str) -> None:
    told = scene()
    async with EsploraFake(told.ledger, told.owners) as server:
        server.left_out = {told.named[name].txid}
        found = await read(server, told)
    for owner in told.owners:
        if any(txid in server.left_out for txid, _ in told.ledger.history(owner)):
            assert unresolved(found[owner]).reason is Reason.MISSING_ANSWER
        else:
            assert observed(found[owner]).amount == told.truth[owner]


async def test_pages_out_of_order_are_refused() -> None:
    told = scene()
    async with EsploraFake(told.ledger, told.owners) as server:
        server.swap_pages = True
        found = await read(server, told)
    assert unresolved(found[told.owners[1]]).reason is Reason.MALFORMED_ANSWER


async def test_a_transaction_that_comes_in_between_is_read_again() -> None:
    told = scene()
    late = told.named["waiting"]
    told.ledger.waiting.clear()

    def confirm(path: str) -> None:
        if "txs/chain" in path and late not in told.ledger.blocks[-1].entries:
            told.ledger.mine(late)

    async with EsploraFake(told.ledger, told.owners) as server:
        server.on_call = confirm
        found = await read(server, told)
    assert {owner: observed(value).amount for owner, value in found.items()} == told.truth


async def test_a_reorganisation_of_the_snapshot_block_is_unresolved() -> None:
    told = scene()

    def reorganise(path: str) -> None:
        if "txs/chain" in path:
            told.ledger.cut(told.height - 2)
            for _ in range(7):
                told.ledger.mine()

    async with EsploraFake(told.ledger, told.owners) as server:
        server.on_call = reorganise
        found = await read(server, told)
    for value in found.values():
        assert unresolved(value).reason is Reason.WRONG_STATE


async def test_too_many_pages_are_unresolved() -> None:
    told = scene()
    async with EsploraFake(told.ledger, told.owners) as server:
        found = await read(server, told, most_pages=1)
    assert unresolved(found[told.owners[1]]).reason is Reason.TOO_LARGE
    assert observed(found[told.owners[4]]).amount == 0


async def test_a_refusal_of_the_server_is_unresolved() -> None:
    told = scene()
    async with EsploraFake(told.ledger, told.owners) as server:
        server.faults.statuses = {"/scripthash": 400}  # public servers refuse hot wallets so
        found = await read(server, told)
        for value in found.values():
            assert unresolved(value).reason is Reason.NO_METHOD
            assert "refused" in unresolved(value).detail
        server.faults.statuses = {"/block-height": 404}
        async with reading([server.url]) as asked:
            assert unresolved(await asked.pin(told.height)).reason is Reason.NO_METHOD


async def test_the_block_is_checked() -> None:
    told = scene()
    async with EsploraFake(told.ledger, told.owners) as server:
        async with reading([server.url]) as asked:
            value = unresolved(await asked.pin(told.ledger.height + 1))
            assert value.reason is Reason.NO_BLOCK
        other = network(options={"checkpoint_hash": "ab" * 32})
        async with reading([server.url], net=other) as asked:
            assert unresolved(await asked.pin(told.height)).reason is Reason.WRONG_CHAIN
