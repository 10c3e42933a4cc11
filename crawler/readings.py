"""Ask the networks for every balance of a plan; what cannot be read becomes Unresolved.

One network is one unit of work. Every query ends with all its accounts answered: the plan
refuses an account twice, and what a reader left out is filled in as a missing answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from chains.adapter import BalanceReader, SnapshotPoint, Unresolved
from chains.errors import RegistryError, UnresolvedReason
from chains.registry import Network, family_module
from crawler.outcome import Readings
from crawler.plan import BalanceQuery, Plan

Reader = Callable[[Network], BalanceReader | Unresolved]
"""Makes the reader of a network, or says why there is none."""


class Observer(Protocol):
    """Is told how far a run is. The library never prints."""

    def start(self, stage: str, total: int | None) -> None:
        """Begin a stage of `total` steps (None: unknown)."""
        ...

    def advance(self, stage: str, steps: int) -> None:
        """Report progress."""
        ...

    def note(self, text: str) -> None:
        """Say something worth reading at once."""
        ...


def default_reader(network: Network) -> BalanceReader | Unresolved:
    """Return the reader of the network's family, or why its balances cannot be read."""
    try:
        family = family_module(network.family, "balances")
    except RegistryError:
        return Unresolved(
            UnresolvedReason.NO_METHOD,
            f"Assay cannot read balances of {network.title} at a height yet.",
        )
    if not network.endpoints:
        return Unresolved(
            UnresolvedReason.NO_ENDPOINT,
            f"No endpoint is configured for {network.title}; name one with "
            f"--endpoint {network.name}=URL.",
        )
    reader: BalanceReader = family.reader(network, network.endpoints)
    return reader


async def read_plan(
    plan: Plan, networks: Mapping[str, Network], observer: Observer, reader: Reader = default_reader
) -> Readings:
    """Answer every query of `plan`. Never raises for what a provider does."""
    readings = Readings()
    by_network: dict[str, list[BalanceQuery]] = {}
    for query in plan.queries():
        by_network.setdefault(query.network, []).append(query)
    async with asyncio.TaskGroup() as group:
        for name, queries in by_network.items():
            observer.start(name, sum(len(query.addresses) for query in queries))
            group.create_task(
                _read_network(networks[name], queries, plan, readings, observer, reader)
            )
    return readings


async def _read_network(
    network: Network,
    queries: Sequence[BalanceQuery],
    plan: Plan,
    readings: Readings,
    observer: Observer,
    make: Reader,
) -> None:
    reader = make(network)
    if isinstance(reader, Unresolved):
        for query in queries:
            _answer_all(plan, query, reader, observer)
        return
    async with reader:
        pins = await _pin(reader, queries)
        for query in queries:
            point = pins[query.height]
            if isinstance(point, Unresolved):
                _answer_all(plan, query, point, observer)
                continue
            readings.points[network.name, query.height] = point
            problem = await reader.check_form(query.form, point)
            if problem is not None:
                readings.problems[query.form.id] = problem
                _answer_all(plan, query, problem, observer)
                continue
            await _read_query(reader, query, point, plan, observer)


async def _pin(
    reader: BalanceReader, queries: Sequence[BalanceQuery]
) -> dict[int, SnapshotPoint | Unresolved]:
    heights = sorted({query.height for query in queries})
    points = await asyncio.gather(*(reader.pin(height) for height in heights))
    return dict(zip(heights, points, strict=True))


async def _read_query(
    reader: BalanceReader,
    query: BalanceQuery,
    point: SnapshotPoint,
    plan: Plan,
    observer: Observer,
) -> None:
    answered = 0
    async for batch in reader.balances(query.form, point, query.addresses):
        for account, reading in batch:
            plan.answer(query, account, reading)
        answered += len(batch)
        observer.advance(query.network, len(batch))
    if answered != len(query.addresses):
        missing = Unresolved(
            UnresolvedReason.MISSING_ANSWER,
            f"{len(query.addresses) - answered} of {len(query.addresses)} accounts of "
            f"{query.form.id} were never answered.",
        )
        plan.fill(query, missing)
        observer.advance(query.network, len(query.addresses) - answered)


def _answer_all(plan: Plan, query: BalanceQuery, reading: Unresolved, observer: Observer) -> None:
    plan.fill(query, reading)
    observer.advance(query.network, len(query.addresses))
