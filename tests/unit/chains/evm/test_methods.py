"""The ways of asking: their order, and when the reader goes from one to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from chains.adapter import HoldingForm, Reading
    from tests.fakes.evm_ledger import FakeLedger

COUNT = 100
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


SLOTTED = replace(TOKEN, slot=9)


async def _stored(
    book: FakeLedger, count: int = COUNT, form: HoldingForm = SLOTTED
) -> tuple[dict[bytes, Reading], FakeNode]:
    """Read accounts at a node that refuses programs and gives the words of slot 9."""
    book.tokens[CONTRACT].slot = 9
    faults = Faults(overrides="refused", storage_values=True)
    async with FakeNode(book, faults) as node, reader([node.url]) as asked:
        readings = await collect(asked, form, point(book), accounts(count))
        assert asked.notes() == []
    return readings, node


def _all_true(readings: dict[bytes, Reading]) -> bool:
    return all(amount(readings[account(n)]) == truth(n) for n in range(len(readings)))


async def test_slot_of_assets_toml_is_tested_and_used() -> None:
    readings, node = await _stored(ledger(COUNT))
    assert _all_true(readings)
    assert node.seen["eth_getStorageValues"] > 1
    assert node.seen["eth_call"] < COUNT


async def test_slot_with_other_words_is_noted_and_the_balances_are_read_by_calls() -> None:
    book = ledger(COUNT)
    token = book.tokens[CONTRACT]
    token.slot, token.flags = 9, dict.fromkeys(token.holders, 1 << 90)
    faults = Faults(overrides="refused", storage_values=True)
    async with FakeNode(book, faults) as node, reader([node.url]) as asked:
        readings = await collect(asked, SLOTTED, point(book), accounts(COUNT))
        (note,) = asked.notes()
    assert "where assets.toml names its slot" in note
    assert _all_true(readings)


async def test_slot_where_nothing_lies_is_no_zero() -> None:
    book = ledger(COUNT)
    book.tokens[CONTRACT].slot = 2
    faults = Faults(overrides="refused", storage_values=True)
    async with FakeNode(book, faults) as node, reader([node.url]) as asked:
        readings = await collect(asked, SLOTTED, point(book), accounts(COUNT))
    assert _all_true(readings)


@pytest.mark.parametrize("bits", [256, 255])
async def test_flag_beside_a_balance_is_left_out_or_looked_up(bits: int) -> None:
    book = ledger(COUNT)
    book.tokens[CONTRACT].flags = {account(COUNT - 1): 1 << 255}
    readings, _ = await _stored(book, form=replace(SLOTTED, slot_bits=bits))
    assert _all_true(readings)


async def test_word_of_zero_is_looked_up() -> None:
    """A token may keep a holder's balance elsewhere until it is touched."""
    readings, node = await _stored(ledger(COUNT), COUNT + 1)
    without = (await _stored(ledger(COUNT)))[1]
    assert amount(readings[account(COUNT)]) == 0
    assert node.seen["eth_call"] == without.seen["eth_call"] + 1


async def test_few_holders_are_no_test_of_a_slot() -> None:
    readings, node = await _stored(ledger(19), 19)
    assert _all_true(readings)
    assert node.seen["eth_getStorageValues"] == 0


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
