"""One packed request to one simulated node; that the programs do this is shown in tests/nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chains.errors import Incapable, MalformedAnswer, WrongState
from chains.evm.blocks import Block
from chains.evm.methods import PACKED, Method
from chains.evm.packed import read_packed
from tests.fakes.evm_ledger import FakeLedger, Quirk
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import (
    CONTRACT,
    HEIGHT,
    account,
    accounts,
    ledger,
    network,
    reader,
    truth,
)

if TYPE_CHECKING:
    from chains.evm.methods import SlotPattern

MULTICALL = bytes.fromhex("ca" * 20)
WAYS = pytest.mark.parametrize("way", PACKED, ids=lambda way: way.value)
BY_CODE = [Method.OVERRIDE, Method.DEPLOYLESS, Method.MULTICALL]


class HolderIsSlot:
    """The simulator keeps the balance of a holder in the slot of the holder's number."""

    def slot(self, holder: bytes) -> int:
        return int.from_bytes(holder, "big")

    def decode(self, word: int) -> int:
        return word


def _known(_: bytes) -> SlotPattern | None:
    return HolderIsSlot()


async def _read(
    way: Method,
    faults: Faults | None = None,
    *,
    contract: bytes | None = CONTRACT,
    book: FakeLedger | None = None,
    known: bool = True,
) -> list[int | None]:
    book = book or ledger(5)
    faults = faults or Faults()
    faults.multicall = MULTICALL if known else None
    faults.storage_values = True
    on = network(multicall3=f"0x{MULTICALL.hex()}") if known else network()
    block = Block(HEIGHT, book.hash_of(HEIGHT), book.hash_of(HEIGHT - 1), book.time_of(HEIGHT))
    async with FakeNode(book, faults) as fake, reader([fake.url], on=on) as asked:
        node = asked.panel.nodes[0]
        if known:
            node.known_slot = _known
        values = await read_packed(node, way, block, contract, accounts(5), journal=[])
        assert node.state_speaks is True
        assert fake.http_requests == 1
    return values


@WAYS
async def test_balances_of_a_token_in_one_request(way: Method) -> None:
    assert await _read(way) == [truth(n) for n in range(5)]


@pytest.mark.parametrize("way", BY_CODE, ids=lambda way: way.value)
async def test_native_balances_in_one_request(way: Method) -> None:
    assert await _read(way, contract=None) == [truth(n) for n in range(5)]


@pytest.mark.parametrize("quirk", [Quirk.REVERT, Quirk.SHORT, Quirk.LONG, Quirk.LARGEST])
@pytest.mark.parametrize("way", BY_CODE, ids=lambda way: way.value)
async def test_holder_whose_call_fails_has_no_value(way: Method, quirk: Quirk) -> None:
    book = ledger(5)
    book.tokens[CONTRACT].quirks[account(3)] = quirk
    values = await _read(way, book=book)
    assert values == [None if n == 3 else truth(n) for n in range(5)]


@pytest.mark.parametrize("offset", [-1, 1, 90])
@WAYS
async def test_other_state_is_refused(way: Method, offset: int) -> None:
    with pytest.raises(WrongState):
        await _read(way, Faults(state_offset=offset))


@WAYS
async def test_node_without_state_is_incapable(way: Method) -> None:
    with pytest.raises(Incapable):
        await _read(way, Faults(pruned=True))


@pytest.mark.parametrize("way", BY_CODE, ids=lambda way: way.value)
async def test_empty_output_is_malformed(way: Method) -> None:
    with pytest.raises(MalformedAnswer):
        await _read(way, Faults(results={"eth_call": "0x"}))


async def test_way_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="not packed"):
        await _read(Method.SINGLES)
    with pytest.raises(ValueError, match="slots of this token"):
        await _read(Method.STORAGE, known=False)
    with pytest.raises(ValueError, match="no Multicall3"):
        await _read(Method.MULTICALL, known=False)
