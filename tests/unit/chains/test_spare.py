from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chains.errors import Incapable
from chains.transport.health import Latency
from chains.transport.hedging import ENOUGH_CALLS
from chains.transport.settings import TransportSettings
from tests.fakes.readings import collect, observed
from tests.fakes.toy_servers import COIN, POINT, A, B, Server, panel

if TYPE_CHECKING:
    from chains.panel import Panel
    from chains.source import Asked, Harvest

PATIENT = TransportSettings(hedge_least_s=0)


class Waiting(Server):
    """A server that answers when it is let."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.let = asyncio.Event()
        self.was_given_up = False

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        try:
            await self.let.wait()
        except asyncio.CancelledError:
            self.was_given_up = True
            raise
        return await super().read(asked, journal)


def used(asked: Panel[Server]) -> Panel[Server]:
    """Return `asked` as if its servers had been quick so far."""
    for server in asked.sources:
        pieces = asked._spares.paces.setdefault(server.provider.label, Latency())
        for _ in range(ENOUGH_CALLS):
            pieces.add(0.0)
    return asked


async def test_another_server_answers_in_place_of_a_silent_one() -> None:
    silent, quick = Waiting("a.example"), Server("b.example")
    asked = used(panel(silent, quick, transport=PATIENT))
    found = await collect(asked, COIN, POINT, [A, B])
    assert {account: observed(one).amount for account, one in found.items()} == {A: 1, B: 2}
    assert {observed(one).sources for one in found.values()} == {("http://b.example",)}
    assert silent.was_given_up
    assert (quick.provider.counters.hedged, silent.provider.counters.hedged) == (1, 0)


async def test_a_spare_that_fails_leaves_the_answer_to_the_slow_one() -> None:
    slow, pruned = Waiting("a.example"), Server("b.example", failure=Incapable("pruned"))

    async def fail(asked: Asked, journal: list[str]) -> Harvest:
        slow.let.set()
        raise Incapable("pruned")

    pruned.read = fail  # type: ignore[method-assign]
    asked = used(panel(slow, pruned, transport=PATIENT))
    found = await collect(asked, COIN, POINT, [A])
    assert observed(found[A]).sources == ("http://a.example",)
    assert pruned.provider.counters.hedged == 1


@pytest.mark.parametrize(
    ("other", "quorum", "one_in"),
    [
        ("a.example", 1, 20),  # the same host is no other server
        ("b.example", 1, 0),  # nothing is ever asked twice
        ("b.example", 2, 20),  # every word is needed
    ],
)
async def test_a_slow_server_is_waited_for(other: str, quorum: int, one_in: int) -> None:
    slow, spare = Waiting("a.example"), Server(other)
    transport = replace(PATIENT, hedge_one_in=one_in)
    asked = used(panel(slow, spare, quorum=quorum, transport=transport))
    reading = asyncio.ensure_future(collect(asked, COIN, POINT, [A]))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not reading.done()
    slow.let.set()
    assert "http://a.example" in observed((await reading)[A]).sources
    assert spare.provider.counters.hedged == 0
    assert not slow.was_given_up


async def test_servers_that_are_slow_as_a_whole_are_not_asked_twice() -> None:
    accounts = [bytes([number]) for number in range(100)]
    truth = {account: number for number, account in enumerate(accounts)}

    class Slow(Server):
        async def read(self, asked: Asked, journal: list[str]) -> Harvest:
            for _ in range(3):
                await asyncio.sleep(0)
            return await super().read(asked, journal)

    servers = [Slow("a.example", dict(truth)), Slow("b.example", dict(truth))]
    asked = used(panel(*servers, transport=PATIENT, piece=1))
    found = await collect(asked, COIN, POINT, accounts)
    assert {account: observed(one).amount for account, one in found.items()} == truth
    hedged = sum(server.provider.counters.hedged for server in servers)
    assert 1 <= hedged <= 1 + len(accounts) // PATIENT.hedge_one_in
