from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.errors import TimedOut, TooLarge, UnresolvedReason, WrongState
from chains.evm.blocks import Block, Reference
from chains.evm.bulk import SMALLEST_PACK, BulkRead, Harvest
from chains.evm.methods import Method
from chains.evm.node import Abilities, Node
from chains.evm.settings import EvmSettings
from chains.transport.controls import ChunkSize
from chains.transport.settings import TransportSettings
from tests.fakes.evm_ledger import FakeLedger, Quirk
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import CONTRACT, HEIGHT, QUICK, account, accounts, ledger, reader, truth


def _block(book: FakeLedger) -> Block:
    return Block(HEIGHT, book.hash_of(HEIGHT), book.hash_of(HEIGHT - 1), book.time_of(HEIGHT))


async def _read(
    book: FakeLedger,
    faults: Faults,
    count: int,
    *,
    contract: bytes | None = CONTRACT,
    limits: TransportSettings = QUICK,
) -> tuple[Harvest, FakeNode, list[str]]:
    journal: list[str] = []
    made = EvmSettings(transport=limits)
    async with FakeNode(book, faults) as fake, reader([fake.url], settings=made) as asked:
        node = asked.panel.nodes[0]
        harvest = await BulkRead(node, _block(book), contract, journal).read(accounts(count))
    return harvest, fake, journal


async def test_everything_in_one_call() -> None:
    harvest, fake, journal = await _read(ledger(50), Faults(), 50)
    assert harvest.amounts == {account(n): truth(n) for n in range(50)}
    assert (harvest.failed, harvest.left, harvest.error, journal) == ({}, [], None, [])
    assert fake.http_requests == 1


async def test_error_hands_the_rest_back_with_its_reason() -> None:
    harvest, _, journal = await _read(ledger(5), Faults(pruned=True), 5)
    assert harvest.left == accounts(5)
    assert harvest.error is not None
    assert harvest.error.reason is UnresolvedReason.NO_STATE
    assert len(journal) == 1


@settings(max_examples=20, deadline=None)
@given(burners=st.sets(st.integers(0, 199), max_size=6))
def test_burners_are_found_among_the_others(burners: set[int]) -> None:
    async def run() -> None:
        book = ledger(200)
        book.tokens[CONTRACT].quirks |= {account(n): Quirk.BURN_GAS for n in burners}
        harvest, fake, _ = await _read(book, Faults(), 200)
        assert set(harvest.failed) == {account(n) for n in burners}
        assert harvest.amounts == {account(n): truth(n) for n in range(200) if n not in burners}
        assert harvest.error is None
        # Two calls for every halving down to the smallest pack, and the batches at the end.
        assert fake.http_requests <= 1 + 2 * 4 * len(burners) + 4

    asyncio.run(run())


async def test_token_that_burns_for_everybody_takes_a_linear_number_of_requests() -> None:
    book = ledger(0)
    book.tokens[CONTRACT].quirks |= dict.fromkeys(accounts(512), Quirk.BURN_GAS)
    harvest, fake, _ = await _read(book, Faults(), 512)
    assert len(harvest.failed) == 512
    assert fake.http_requests <= 2 * 512 // SMALLEST_PACK + 512 // 200 + 2


def _bound(count: int) -> int:
    """Refused calls that learning a limit of size may cost: one for each halving and each way."""
    return 2 * count.bit_length()


@settings(max_examples=20, deadline=None)
@given(most=st.integers(1, 300), count=st.integers(1, 300))
def test_any_limit_of_size_is_lived_with(most: int, count: int) -> None:
    async def run() -> None:
        harvest, fake, _ = await _read(ledger(count), Faults(most_packed=most), count)
        assert harvest.amounts == {account(n): truth(n) for n in range(count)}
        assert sum(1 for size in fake.packed_sizes if size > most) <= _bound(count)

    asyncio.run(run())


class CountingNode:
    """As much of a Node as a bulk read needs, over two packed ways with one limit of size."""

    label = "counting"

    def __init__(self, most: int) -> None:
        self.most = most
        self.gas: int | None = None
        self.refused = 0
        self.outgrown: set[object] = set()
        self.abilities = Abilities(Reference.HASH, frozenset(_TWO_WAYS), batch=True)
        self.batch_chunk = ChunkSize(start=200, maximum=200)
        self._chunks: dict[Method, ChunkSize] = {}

    def chunk(self, way: Method, contract: bytes | None) -> ChunkSize:
        return self._chunks.setdefault(way, ChunkSize(start=5_000, maximum=5_000))

    def ways(self, block: Block, contract: bytes | None) -> list[Method]:
        return list(_TWO_WAYS)

    async def read(self, *question: Any) -> list[int]:  # noqa: ANN401 (as in Node)
        addresses = question[3]
        if len(addresses) > self.most:
            self.refused += 1
            raise TooLarge("out of gas")
        return [7] * len(addresses)

    async def ask(
        self, block: Block, requests: Sequence[object], journal: list[str], **_: object
    ) -> list[object]:
        return ["0x7"] * len(requests)


_TWO_WAYS = (Method.OVERRIDE, Method.DEPLOYLESS)


async def test_every_limit_is_learnt_in_few_calls() -> None:
    block = _block(FakeLedger())
    for count in range(1, 301, 7):
        asked = accounts(count)
        for most in range(1, 301):
            node = CountingNode(most)
            bulk = BulkRead(cast("Node", node), block, None, [])
            harvest = await bulk.read(asked)
            assert len(harvest.amounts) == count
            assert node.refused <= _bound(count), (most, count)


async def test_what_was_learnt_is_kept_for_the_next_read() -> None:
    book = ledger(300)
    async with FakeNode(book, Faults(most_packed=40)) as fake, reader([fake.url]) as asked:
        node = asked.panel.nodes[0]
        for _ in range(2):
            await BulkRead(node, _block(book), None, []).read(accounts(300))
            refused = [size for size in fake.packed_sizes if size > 40]
            assert refused == [300, 150, 75]
        fake.faults.most_packed = 3
        await BulkRead(node, _block(book), CONTRACT, []).read(accounts(300))
        assert (Method.OVERRIDE, CONTRACT) in node.outgrown
        assert (Method.OVERRIDE, None) not in node.outgrown


async def test_wrong_state_takes_everything_back_that_was_read_before() -> None:
    book = ledger(100)
    async with FakeNode(book) as fake, reader([fake.url]) as asked:

        def turn_stale(answer: Any) -> Any:  # noqa: ANN401 (JSON)
            fake.faults.state_offset = -1 if len(fake.packed_sizes) > 2 else 0
            return answer

        fake.faults.rewrite = turn_stale
        node = asked.panel.nodes[0]
        harvest = await BulkRead(node, _block(book), None, [], most=20).read(accounts(100))
    assert isinstance(harvest.error, WrongState)
    assert harvest.amounts == {}
    assert harvest.left == accounts(100)


async def test_time_out_is_tried_once_with_half_and_then_given_up() -> None:
    hasty = TransportSettings(call_timeout_s=0.2, connect_timeout_s=0.2)
    harvest, _, _ = await _read(ledger(100), Faults(delay_s=30), 100, limits=hasty)
    assert isinstance(harvest.error, TimedOut)
    assert harvest.left == accounts(100)


async def test_time_out_of_a_large_call_is_cured_by_smaller_ones() -> None:
    hasty = TransportSettings(call_timeout_s=1, connect_timeout_s=1)
    book = ledger(100)

    async with FakeNode(book) as fake:

        def slow_if_large(answer: Any) -> Any:  # noqa: ANN401 (JSON)
            fake.faults.delay_s = 30 if fake.packed_sizes[-1] > 50 else 0
            return answer

        fake.faults.rewrite = slow_if_large
        made = EvmSettings(transport=hasty)
        async with reader([fake.url], settings=made) as asked:
            node = asked.panel.nodes[0]
            harvest = await BulkRead(node, _block(book), None, []).read(accounts(100))
            assert node.chunk(Method.OVERRIDE, None).limit == 50
    assert harvest.amounts == {account(n): truth(n) for n in range(100)}


async def test_overrides_refused_half_way_leave_nothing_out() -> None:
    book = ledger(100)
    async with FakeNode(book, Faults(most_packed=30)) as fake:

        def refuse_later(answer: Any) -> Any:  # noqa: ANN401 (JSON)
            if len(fake.packed_sizes) == 5:
                fake.faults.overrides = "refused"
            return answer

        fake.faults.rewrite = refuse_later
        async with reader([fake.url]) as asked:
            node = asked.panel.nodes[0]
            harvest = await BulkRead(node, _block(book), CONTRACT, []).read(accounts(100))
            assert not node.abilities.packed
    assert harvest.amounts == {account(n): truth(n) for n in range(100)}


async def test_members_with_passing_trouble_are_asked_again() -> None:
    book = ledger(20)
    async with FakeNode(book, Faults(overrides="refused")) as fake:
        spoiled = 0

        def spoil(answer: Any) -> Any:  # noqa: ANN401 (JSON)
            nonlocal spoiled
            if isinstance(answer, list) and len(answer) > 10 and not spoiled:
                spoiled += 1
                answer[-1] = {
                    "jsonrpc": "2.0",
                    "id": answer[-1]["id"],
                    "error": {"code": -32603, "message": "whoops"},
                }
                answer[-2]["result"] = None
            return answer

        fake.faults.rewrite = spoil
        async with reader([fake.url]) as asked:
            node = asked.panel.nodes[0]
            harvest = await BulkRead(node, _block(book), None, []).read(accounts(20))
    assert spoiled == 1
    assert harvest.amounts == {account(n): truth(n) for n in range(20)}


@pytest.mark.parametrize("result", [None, "0x", "junk", 5])
async def test_members_with_lasting_trouble_are_left_and_the_others_kept(result: object) -> None:
    book = ledger(20)

    def spoil(answer: Any) -> Any:  # noqa: ANN401 (JSON)
        if isinstance(answer, list):
            answer[-1]["result"] = result
        return answer

    harvest, _, journal = await _read(
        book, Faults(overrides="refused", rewrite=spoil), 20, contract=None
    )
    assert harvest.left == [account(19)]
    assert len(harvest.amounts) == 19
    assert harvest.error is not None
    assert journal


@pytest.mark.parametrize("method", ["eth_getStorageAt", "eth_chainId", "eth_getBlockByHash"])
@pytest.mark.parametrize("batches", ["accepted", "refused"])
async def test_revert_where_nothing_is_executed_is_the_nodes_fault(
    method: str, batches: str
) -> None:
    faults = Faults(
        overrides="refused", batches=batches, method_errors={method: (3, "execution reverted")}
    )
    harvest, fake, _ = await _read(ledger(5), faults, 5)
    assert harvest.left == accounts(5)
    assert harvest.error is not None
    assert harvest.error.reason is UnresolvedReason.MALFORMED_ANSWER
    assert harvest.error.source == fake.url
