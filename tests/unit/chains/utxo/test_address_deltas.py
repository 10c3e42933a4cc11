from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chains.adapter import Assurance
from chains.errors import Incapable, Throttled
from chains.errors import UnresolvedReason as Reason
from chains.transport.json_rpc import RpcError
from chains.utxo.address_deltas import classify
from tests.fakes.explorers import DeltasFake
from tests.fakes.readings import observed, pinned, unresolved
from tests.fakes.utxo_scene import collect, network, reading, scene, settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Reading
    from tests.fakes.utxo_scene import Scene


async def read(server: DeltasFake, told: Scene, **limits: int) -> Mapping[bytes, Reading]:
    async with reading([server.url], limits=settings(**limits)) as asked:
        return await collect(asked, await pinned(asked, told.height), told.owners)


@pytest.mark.parametrize("batch", [2, 200])
async def test_balances_at_every_height_are_those_of_a_naive_replay(batch: int) -> None:
    told = scene()
    async with (
        DeltasFake(told.ledger, told.owners) as server,
        reading([server.url], limits=settings(batch=batch)) as asked,
    ):
        for height in range(1, told.ledger.height + 1):
            found = await collect(asked, await pinned(asked, height), told.owners)
            assert {owner: observed(value).amount for owner, value in found.items()} == {
                owner: told.ledger.balance(owner, height) for owner in told.owners
            }
            assert {observed(value).assurance for value in found.values()} == {Assurance.REPLAYED}


@pytest.mark.parametrize("name", ["first", "after", "late"])
async def test_a_change_left_out_is_noticed(name: str) -> None:
    told = scene()
    async with DeltasFake(told.ledger, told.owners) as server:
        server.lies.left_out = {told.named[name].txid}
        found = await read(server, told)
    for value in found.values():
        assert unresolved(value).reason is Reason.MISSING_ANSWER


async def test_an_index_that_knows_nothing_is_no_proof_of_empty_addresses() -> None:
    told = scene()
    async with DeltasFake(told.ledger, told.owners) as server:
        server.lies.empty = True
        found = await read(server, told)
        for value in found.values():
            assert unresolved(value).reason is Reason.MISSING_ANSWER
        server.lies.no_index = True
        found = await read(server, told)
    for value in found.values():
        assert unresolved(value).reason is Reason.NO_METHOD
        assert "not enabled" in unresolved(value).detail


async def test_a_change_of_another_address_is_refused() -> None:
    told = scene()
    async with DeltasFake(told.ledger, told.owners) as server:
        server.lies.foreign = True
        found = await read(server, told)
    for value in found.values():
        assert unresolved(value).reason is Reason.MALFORMED_ANSWER


async def test_a_reorganisation_is_read_again_or_unresolved() -> None:
    told = scene()
    done: list[str] = []

    def shallow(method: str) -> None:
        if method == "getaddressbalance" and not done:
            done.append(method)
            told.ledger.cut(told.height)
            for _ in range(9):
                told.ledger.mine()

    async with DeltasFake(told.ledger, told.owners) as server:
        server.on_call = shallow
        found = await read(server, told)
        assert {owner: observed(value).amount for owner, value in found.items()} == told.truth
        async with reading([server.url]) as asked:
            point = await pinned(asked, told.height)
            told.ledger.cut(told.height - 1)
            for _ in range(9):
                told.ledger.mine()
            found = await collect(asked, point, told.owners)
    for value in found.values():
        assert unresolved(value).reason is Reason.WRONG_STATE


async def test_a_script_without_an_address_is_unresolved_alone() -> None:
    told = scene()
    odd = b"\x00\x6a"
    async with DeltasFake(told.ledger, told.owners) as server, reading([server.url]) as asked:
        point = await pinned(asked, told.height)
        found = await collect(asked, point, [odd, told.owners[0]])
    assert unresolved(found[odd]).reason is Reason.NO_METHOD
    assert observed(found[told.owners[0]]).amount == told.truth[told.owners[0]]


async def test_the_time_of_an_equihash_header_lies_further_down() -> None:
    told = scene()
    async with DeltasFake(told.ledger, told.owners) as server:
        async with reading([server.url]) as asked:
            plain = await pinned(asked, told.height)
        assert plain.block_time is not None
        assert plain.block_time.timestamp() == told.ledger.genesis_time + 600 * told.height
        # 80 bytes end before the time of such a header: it reads as none.
        async with reading([server.url], net=network(options={"header": "equihash"})) as asked:
            other = await pinned(asked, told.height)
        assert other.block_time is not None
        assert other.block_time.timestamp() == 0


async def test_the_block_is_checked() -> None:
    told = scene()
    async with DeltasFake(told.ledger, told.owners) as server:
        async with reading([server.url]) as asked:
            value = unresolved(await asked.pin(told.ledger.height + 1))
            assert value.reason is Reason.NO_BLOCK
        other = network(options={"checkpoint_hash": "ab" * 32})
        async with reading([server.url], net=other) as asked:
            assert unresolved(await asked.pin(told.height)).reason is Reason.WRONG_CHAIN


def test_refusals_are_told_apart() -> None:
    assert isinstance(classify(RpcError(-28, "Loading block index...")), Throttled)
    assert isinstance(classify(RpcError(-32601, "Method not found")), Incapable)
    assert classify(RpcError(-5, "Invalid address")).reason is Reason.CALL_FAILED
