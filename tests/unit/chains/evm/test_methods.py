"""The ways of asking: their order, and when the reader goes from one to the next."""

from __future__ import annotations

from typing import Any

import pytest

from chains.evm.methods import PACKED, Method, no_known_slot
from chains.evm.node import RECONSIDER_AFTER
from chains.evm.settings import EvmSettings
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import (
    CONTRACT,
    HEIGHT,
    NATIVE,
    QUICK,
    TOKEN,
    account,
    accounts,
    amount,
    collect,
    ledger,
    network,
    point,
    reader,
    truth,
)

COUNT = 40
MULTICALL = bytes.fromhex("ca" * 20)


def test_single_requests_come_last_and_alone_are_not_packed() -> None:
    assert list(Method) == [*PACKED, Method.SINGLES]


def test_nothing_is_known_of_a_token_by_default() -> None:
    assert no_known_slot(b"t" * 20) is None


class HolderIsSlot:
    """The simulator keeps the balance of a holder in the slot of the holder's number."""

    def slot(self, holder: bytes) -> int:
        return int.from_bytes(holder, "big")

    def decode(self, word: int) -> int:
        return word


@pytest.mark.parametrize("offered", [True, False])
async def test_storage_values_are_asked_for_where_the_slots_are_known(offered: bool) -> None:
    book = ledger(COUNT)
    faults = Faults(overrides="refused", storage_values=offered)
    async with FakeNode(book, faults) as node, reader([node.url]) as asked:
        asked.panel.nodes[0].known_slot = lambda _: HolderIsSlot()
        readings = await collect(asked, TOKEN, point(book), accounts(COUNT))
        kept = asked.panel.nodes[0].abilities.methods
        assert (Method.STORAGE in kept) is offered
        assert node.seen["eth_getStorageValues"] > 0
        single_calls = node.seen["eth_call"]
    assert (single_calls >= COUNT) is not offered
    assert [amount(readings[account(n)]) for n in range(COUNT)] == [truth(n) for n in range(COUNT)]


async def test_answer_short_by_one_slot_is_refused() -> None:
    def shorten(answer: Any) -> Any:  # noqa: ANN401 (JSON)
        for one in answer if isinstance(answer, list) else [answer]:
            if isinstance(one.get("result"), dict) and set(one["result"]) == {_TOKEN_TEXT}:
                one["result"][_TOKEN_TEXT].pop()
        return answer

    book = ledger(COUNT)
    faults = Faults(overrides="refused", storage_values=True, rewrite=shorten)
    async with FakeNode(book, faults) as node, reader([node.url]) as asked:
        asked.panel.nodes[0].known_slot = lambda _: HolderIsSlot()
        readings = await collect(asked, TOKEN, point(book), accounts(COUNT))
    assert [amount(readings[account(n)]) for n in range(COUNT)] == [truth(n) for n in range(COUNT)]


_TOKEN_TEXT = f"0x{CONTRACT.hex()}"


async def test_refused_way_is_tried_again_after_a_while() -> None:
    book = ledger(COUNT)
    settings = EvmSettings(transport=QUICK, native_chunk=1, pieces_per_endpoint=1)
    async with (
        FakeNode(book, Faults(overrides="refused")) as node,
        reader([node.url], settings=settings) as asked,
    ):
        await collect(asked, NATIVE, point(book), accounts(RECONSIDER_AFTER - 1))
        before = asked.panel.nodes[0].abilities
        node.faults.overrides = "accepted"
        await collect(asked, NATIVE, point(book), accounts(3))
        assert (before.packed, asked.panel.nodes[0].abilities.packed) == (False, True)
    assert node.packed_sizes


async def test_multicall_is_not_asked_before_it_was_deployed() -> None:
    book = ledger(COUNT)
    on = network(multicall3=f"0x{MULTICALL.hex()}", multicall3_block=HEIGHT + 1)
    faults = Faults(overrides="refused", multicall=MULTICALL)
    async with FakeNode(book, faults) as node, reader([node.url], on=on) as asked:
        readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
        assert node.packed_sizes == []
    assert [amount(readings[account(n)]) for n in range(COUNT)] == [truth(n) for n in range(COUNT)]
