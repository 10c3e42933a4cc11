"""Ask the networks for every balance of a plan; what cannot be read becomes Unresolved.

One network is one unit of work. Every query ends with all its accounts answered: the plan
refuses an account twice, and what a reader left out is filled in as a missing answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chains.adapter import (
    Accountable,
    BalanceReader,
    ForeseeingReader,
    SnapshotPoint,
    Unresolved,
)
from chains.errors import UnresolvedReason
from chains.registry import Network
from crawler.outcome import Readings
from crawler.plan import BalanceQuery, Plan

Reader = Callable[[Network], BalanceReader | Unresolved]
"""Makes the reader of a network, or says why there is none."""


class Observer(Protocol):
    """Is told how far a run is. The library never prints."""

    def start(self, stage: str, total: int | None) -> None:
        """Begin a stage of `total` steps (None: unknown)."""
        ...

    def advance(self, stage: str, steps: int, errors: int = 0) -> None:
        """Report progress; `errors` of the steps could not be done."""
        ...

    def note(self, text: str) -> None:
        """Say something worth reading at once."""
        ...


async def read_plan(
    plan: Plan, networks: Mapping[str, Network], observer: Observer, reader: Reader
) -> Readings:
    """Answer every query of `plan`. Never raises for what a provider does."""
    readings = Readings()
    by_network: dict[str, list[BalanceQuery]] = {}
    for query in plan.queries():
        by_network.setdefault(query.network, []).append(query)
    async with asyncio.TaskGroup() as group:
        for name, queries in by_network.items():
            observer.start(name, sum(len(query.addresses) for query in queries))
            unit = _NetworkUnit(plan, readings, observer)
            group.create_task(unit.read(reader(networks[name]), queries))
    return readings


@dataclass(frozen=True, slots=True)
class _NetworkUnit:
    """The work on one network."""

    plan: Plan
    readings: Readings
    observer: Observer

    async def read(
        self, reader: BalanceReader | Unresolved, queries: Sequence[BalanceQuery]
    ) -> None:
        if isinstance(reader, Unresolved):
            for query in queries:
                self._fill(query, reader)
            return
        if isinstance(reader, ForeseeingReader):
            for query in queries:
                reader.expect(query.addresses)
        async with reader:
            heights = sorted({query.height for query in queries})
            points = await asyncio.gather(*(reader.pin(height) for height in heights))
            pinned = dict(zip(heights, points, strict=True))
            for query in queries:
                await self._read_query(reader, query, pinned[query.height])
            if isinstance(reader, Accountable):
                await self._conclude(reader, reader, queries, pinned)

    async def _conclude(
        self,
        reader: BalanceReader,
        accountable: Accountable,
        queries: Sequence[BalanceQuery],
        pinned: Mapping[int, SnapshotPoint | Unresolved],
    ) -> None:
        """Throw away what turned out not to be believable, and read it again elsewhere."""
        distrusted: frozenset[str] = frozenset()
        while (now := accountable.distrusted()) != distrusted:
            distrusted = now
            for query in queries:
                point = pinned[query.height]
                again = self.plan.reopen(query, distrusted)
                if again.addresses and not isinstance(point, Unresolved):
                    await self._read_balances(reader, again, point)
        for height, point in pinned.items():
            gone = None if isinstance(point, Unresolved) else await accountable.recheck(point)
            if gone is not None:
                for query in queries:
                    if query.height == height:
                        self.plan.discard(query, gone)
        self.readings.notes += accountable.notes()

    async def _read_query(
        self, reader: BalanceReader, query: BalanceQuery, point: SnapshotPoint | Unresolved
    ) -> None:
        if isinstance(point, Unresolved):
            self._fill(query, point)
            return
        self.readings.points[query.network, query.height] = point
        problem = await reader.check_form(query.form, point)
        if problem is not None:
            self.readings.problems[query.form.id] = problem
            self._fill(query, problem)
            return
        await self._read_balances(reader, query, point)

    async def _read_balances(
        self, reader: BalanceReader, query: BalanceQuery, point: SnapshotPoint
    ) -> None:
        answered = 0
        async for batch in reader.balances(query.form, point, query.addresses):
            errors = 0
            for account, reading in batch:
                self.plan.answer(query, account, reading)
                errors += isinstance(reading, Unresolved)
            answered += len(batch)
            self.observer.advance(query.network, len(batch), errors)
        missing = len(query.addresses) - answered
        if missing:
            self._fill(
                query,
                Unresolved(
                    UnresolvedReason.MISSING_ANSWER,
                    f"{missing:,} of {len(query.addresses):,} accounts of {query.form.id} "
                    "were never answered.",
                ),
                steps=missing,
            )

    def _fill(self, query: BalanceQuery, reading: Unresolved, *, steps: int | None = None) -> None:
        self.plan.fill(query, reading)
        steps = len(query.addresses) if steps is None else steps
        self.observer.advance(query.network, steps, steps)
