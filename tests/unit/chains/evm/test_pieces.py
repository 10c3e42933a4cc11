"""Pieces over several endpoints, one of which is slow; failover itself is in `test_balances`."""

from __future__ import annotations

from chains.adapter import Observed
from chains.evm.settings import EvmSettings
from chains.transport.hedging import ENOUGH_CALLS
from chains.transport.settings import TransportSettings
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import (
    HEIGHT,
    NATIVE,
    account,
    accounts,
    amount,
    collect,
    ledger,
    point,
    reader,
    truth,
)
from tests.fakes.fault_proxy import Fault, FaultProxy

COUNT = 40
# Only a second endpoint can end a test with a silent one in time.
PATIENT = TransportSettings(call_timeout_s=3_600, hedge_least_s=0)
ONE_PIECE = EvmSettings(transport=PATIENT, native_chunk=COUNT, pin_grace_s=0.5)


def sources(readings: dict[bytes, object]) -> set[str]:
    return {one.sources[0] for one in readings.values() if isinstance(one, Observed)}


async def test_another_endpoint_answers_in_place_of_a_silent_one() -> None:
    book = ledger(COUNT)
    async with (
        FakeNode(book) as node,
        FaultProxy(node.url, None) as silent,
        reader([silent.url, node.url], settings=ONE_PIECE) as asked,
    ):
        slow, quick = asked.panel.nodes
        await asked.pin(HEIGHT)
        for _ in range(ENOUGH_CALLS):
            slow.pieces.add(0.0)
        silent.fault, silent.one_in = Fault.NEVER, 1
        readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
        assert (quick.endpoint.counters.hedged, slow.endpoint.counters.hedged) == (1, 0)
        # The connection that was given up is free again, and nothing counts as a failure.
        assert slow.endpoint.window.under_way == 0
        assert slow.endpoint.out is None
    assert [amount(readings[account(n)]) for n in range(COUNT)] == [truth(n) for n in range(COUNT)]
    assert sources(dict(readings)) == {node.url}
    assert silent.spoiled == 1


async def test_a_second_endpoint_that_fails_leaves_the_answer_to_the_slow_one() -> None:
    book = ledger(COUNT)
    async with (
        FakeNode(book) as slow,
        FakeNode(book, Faults(pruned=True)) as pruned,
        reader([slow.url, pruned.url], settings=ONE_PIECE) as asked,
    ):
        first, second = asked.panel.nodes
        await asked.pin(HEIGHT)
        for _ in range(ENOUGH_CALLS):
            first.pieces.add(0.0)
        book.tip = HEIGHT + 200  # so far behind that the state is pruned
        readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
        assert second.endpoint.counters.hedged == 1
    assert [amount(readings[account(n)]) for n in range(COUNT)] == [truth(n) for n in range(COUNT)]
    assert sources(dict(readings)) == {slow.url}


async def test_a_network_that_is_slow_as_a_whole_is_not_asked_twice() -> None:
    book = ledger(COUNT)
    settings = EvmSettings(transport=PATIENT, native_chunk=1, pin_grace_s=0.5)
    async with (
        FakeNode(book) as one,
        FakeNode(book) as two,
        reader([one.url, two.url], settings=settings) as asked,
    ):
        for node in asked.panel.nodes:
            for _ in range(ENOUGH_CALLS):
                node.pieces.add(0.0)  # everything is slower than that
        await collect(asked, NATIVE, point(book), accounts(COUNT))
        hedged = [node.endpoint.counters.hedged for node in asked.panel.nodes]
        assert 1 <= sum(hedged) <= 1 + COUNT // PATIENT.hedge_one_in


async def test_the_health_of_every_endpoint_is_told() -> None:
    book = ledger(COUNT)
    async with (
        FakeNode(book) as good,
        FakeNode(book, Faults(chain_id=5)) as foreign,
        reader([good.url, foreign.url], settings=ONE_PIECE) as asked,
    ):
        await asked.pin(HEIGHT)
        await collect(asked, NATIVE, point(book), accounts(COUNT))
        well, ill = asked.health()
    assert (well.label, well.standing, well.why) == (good.url, "in use", "")
    assert well.requests == good.http_requests
    assert min(well.bytes_sent, well.bytes_received) > 20 * COUNT
    assert well.p95_s is not None
    assert (ill.standing, ill.failures) == ("left", ())
    assert "chain id 5" in ill.why
