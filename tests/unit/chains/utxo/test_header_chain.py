from __future__ import annotations

import pytest

from chains.errors import MalformedAnswer, ProviderError, TooLarge, WrongState
from chains.transport.provider import Surroundings
from chains.utxo.electrum import ElectrumServer
from chains.utxo.header_chain import HeaderChain, hex_bytes
from chains.utxo.headers import Rules
from tests.fakes.electrum_server import ElectrumFake
from tests.fakes.utxo_ledger import Ledger
from tests.fakes.utxo_scene import TRANSPORT

MIDDLE = 6


def ledger() -> Ledger:
    made = Ledger()
    for _ in range(12):
        made.mine()
    return made


def root_of(made: Ledger, height: int) -> str:
    return made.blocks[height].header[36:68][::-1].hex()


def chain(server: ElectrumServer, made: Ledger, *, most: int = 100) -> HeaderChain:
    return HeaderChain(server, Rules(), MIDDLE, made.blocks[MIDDLE].hash, most=most)


def connected(told: ElectrumFake) -> ElectrumServer:
    return ElectrumServer(told.url, "the server", TRANSPORT, Surroundings())


async def test_roots_below_at_and_above_the_block_are_linked_to_it() -> None:
    made = ledger()
    async with ElectrumFake(made, []) as told:
        server = connected(told)
        linked = chain(server, made)
        for heights in ({MIDDLE}, {4, 9}, {1}, {12}, {2, 3, 5, 11}, {0}):
            found = await linked.roots(heights, [])
            assert found == {height: root_of(made, height) for height in heights}
        assert (linked.low, linked.high) == (0, 12)
        assert [linked.hash_at(at) for at in range(13)] == [one.hash for one in made.blocks]
        calls = len(told.calls)
        await linked.roots({1, 12}, [])
        assert len(told.calls) == calls
        assert await linked.unmoved([])
        await server.close()


@pytest.mark.parametrize("needed", [{2}, {9}, {MIDDLE}])
async def test_headers_of_another_chain_do_not_link(needed: set[int]) -> None:
    made, other = ledger(), ledger()
    other.cut(3)
    for _ in range(9):
        other.mine()
    async with ElectrumFake(other, []) as told:
        server = connected(told)
        with pytest.raises(WrongState):
            await chain(server, made).roots(needed, [])
        await server.close()


async def test_a_block_that_was_replaced_is_noticed() -> None:
    made = ledger()
    async with ElectrumFake(made, []) as told:
        server = connected(told)
        linked = chain(server, made)
        await linked.roots({9}, [])
        assert await linked.unmoved([])
        made.cut(8)
        made.mine()
        assert not await linked.unmoved([])
        made.cut(7)  # no block there at all
        assert not await linked.unmoved([])
        await server.close()


async def test_the_limit_of_linked_headers_is_kept() -> None:
    made = ledger()
    async with ElectrumFake(made, []) as told:
        server = connected(told)
        with pytest.raises(TooLarge):
            await chain(server, made, most=3).roots({2}, [])
        await server.close()


async def test_a_server_with_fewer_headers_than_asked_for_is_refused() -> None:
    made = ledger()
    async with ElectrumFake(made, []) as told:
        server = connected(told)
        with pytest.raises(WrongState, match="as many block headers"):
            await chain(server, made).roots({20}, [])
        await server.close()


def test_hex_or_an_error() -> None:
    assert hex_bytes("00ff") == b"\x00\xff"
    for wrong in ("0", "zz", None, 3, ["00"]):
        with pytest.raises(MalformedAnswer):
            hex_bytes(wrong)
    error = ProviderError("no")
    with pytest.raises(ProviderError) as caught:
        hex_bytes(error)
    assert caught.value is error
