"""Ask the networks for every balance of a plan; what cannot be read becomes Unresolved.

Then, where it is wanted, prove the balances, and ask who controls the rows that only the chain can
tie to a key; all at the block that was pinned once.

One network is one unit of work. Every query ends with all its accounts answered: the plan
refuses an account twice, and what a reader left out is filled in as a missing answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Protocol

from chains.adapter import (
    Accountable,
    BalanceProver,
    BalanceReader,
    Control,
    ControlReader,
    ControlWord,
    ForeseeingReader,
    HeaderKeeper,
    SnapshotPoint,
    StakeReader,
    Unproven,
    Unresolved,
)
from chains.errors import UnresolvedReason
from chains.registry import Network
from crawler.control import ControlBatch, ControlPlan
from crawler.outcome import Readings
from crawler.plan import VALIDATOR_KEY_SIZE, BalanceQuery, Plan
from crawler.proof_lines import ProofWriter
from crawler.proving import FormProofs, ProvingResult, choose, proven_reading, seed_of
from crawler.recorder import Recorder

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


@dataclass(frozen=True, slots=True)
class Proving:
    """What ``--prove`` asks for, and where its results go."""

    result: ProvingResult
    list_digest: str
    writer: ProofWriter


async def read_plan(
    plan: Plan,
    networks: Mapping[str, Network],
    observer: Observer,
    reader: Reader,
    *,
    controls: ControlPlan | None = None,
    proving: Proving | None = None,
    record: Recorder | None = None,
) -> Readings:
    """Answer every query of `plan` and of `controls`. Never raises for what a provider does.

    `record` is told every answer.
    """
    told = record or Recorder()

    def chosen(network: Network) -> BalanceReader | Unresolved:
        made = reader(network)
        told.reader(network.name, made)
        return made

    readings = Readings()
    by_network: dict[str, _Work] = {}
    for query in plan.queries():
        by_network.setdefault(query.network, _Work()).queries.append(query)
    for batch in controls.batches() if controls is not None else ():
        by_network.setdefault(batch.network, _Work()).controls.append(batch)
    async with asyncio.TaskGroup() as group:
        for name, work in by_network.items():
            observer.start(name, sum(len(query.addresses) for query in work.queries))
            unit = _NetworkUnit(
                name, plan, readings, observer, controls or ControlPlan(networks), proving, told
            )
            stake = None
            if work.has_stake():
                stake = _stake_reader(networks[name], networks, chosen)
            group.create_task(unit.run(chosen(networks[name]), stake, work))
    return readings


@dataclass(frozen=True, slots=True)
class _Work:
    """What is asked of one network."""

    queries: list[BalanceQuery] = field(default_factory=list)
    controls: list[ControlBatch] = field(default_factory=list)

    def has_stake(self) -> bool:
        return any(query.stake for query in self.queries) or any(
            len(query.account) == VALIDATOR_KEY_SIZE
            for batch in self.controls
            for query in batch.queries
        )

    def heights(self) -> list[int]:
        return sorted({q.height for q in self.queries} | {batch.height for batch in self.controls})


def _stake_reader(
    network: Network, networks: Mapping[str, Network], reader: Reader
) -> BalanceReader | Unresolved:
    """Return the reader of the validators that secure `network`."""
    name = network.options.get("beacon")
    beacon = networks.get(name) if isinstance(name, str) else None
    if beacon is None:
        return Unresolved(
            UnresolvedReason.NO_METHOD, f"No beacon chain is known for {network.title}."
        )
    return reader(beacon)


@dataclass(frozen=True, slots=True)
class _NetworkUnit:
    """The work on one network."""

    network: str
    plan: Plan
    readings: Readings
    observer: Observer
    controls: ControlPlan
    proving: Proving | None
    record: Recorder

    async def run(
        self,
        reader: BalanceReader | Unresolved,
        stake: BalanceReader | Unresolved | None,
        work: _Work,
    ) -> None:
        if isinstance(reader, Unresolved):
            for query in work.queries:
                self._fill(query, reader)
            for batch in work.controls:
                self.controls.fill(batch, _unsettled(reader))
            return
        if isinstance(reader, ForeseeingReader):
            for query in work.queries:
                if not query.stake:
                    reader.expect(query.addresses)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(reader)
            if stake is not None and not isinstance(stake, Unresolved):
                await stack.enter_async_context(stake)
            await self._answer(reader, stake, work)

    async def _answer(
        self, reader: BalanceReader, stake: BalanceReader | Unresolved | None, work: _Work
    ) -> None:
        """Read, throw out what cannot be believed, prove what is left, then ask for control."""
        heights = work.heights()
        points = await asyncio.gather(*(reader.pin(height) for height in heights))
        pinned = dict(zip(heights, points, strict=True))
        for height, point in pinned.items():
            await self._record_pin(reader, height, point)
        for query in work.queries:
            chosen = stake if query.stake else reader
            if isinstance(chosen, Unresolved):
                self._fill(query, chosen)
            elif chosen is not None:
                await self._read_query(chosen, query, pinned[query.height])
        if isinstance(reader, Accountable):
            await self._conclude(reader, reader, work.queries, pinned)
        for query in work.queries:
            point = pinned[query.height]
            if not query.stake and isinstance(point, SnapshotPoint):
                await self._prove(reader, query, point)
        for batch in work.controls:
            await self._ask_control(reader, stake, batch, pinned[batch.height])

    async def _record_pin(
        self, reader: BalanceReader, height: int, point: SnapshotPoint | Unresolved
    ) -> None:
        keeper = _behind(reader)
        keep = self.record.pin(self.network, height, point)
        if (
            keep is not None
            and isinstance(point, SnapshotPoint)
            and isinstance(keeper, HeaderKeeper)
        ):
            await keeper.keep_header(point, keep)

    async def _ask_control(
        self,
        reader: BalanceReader,
        stake: BalanceReader | Unresolved | None,
        batch: ControlBatch,
        point: SnapshotPoint | Unresolved,
    ) -> None:
        if isinstance(point, Unresolved):
            self.controls.fill(batch, _unsettled(point))
            return
        asker = _behind(reader)
        if not isinstance(asker, ControlReader):
            return
        keys = [q.account for q in batch.queries if len(q.account) == VALIDATOR_KEY_SIZE]
        known: Mapping[bytes, bytes | Unresolved] = {}
        if isinstance(stake, Unresolved):
            known = dict.fromkeys(keys, stake)
        elif stake is not None and isinstance(found := _behind(stake), StakeReader):
            known = await found.credentials(point, list(dict.fromkeys(keys)))
        asked = [query._replace(credentials=known.get(query.account)) for query in batch.queries]
        answers = await asker.control(point, asked)
        self.record.control(batch, answers)
        for query, control in zip(batch.queries, answers, strict=True):
            self.controls.answer(batch, query, control)

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
                if query.stake:
                    continue  # other endpoints' answers
                point = pinned[query.height]
                again = self.plan.reopen(query, distrusted)
                if again.addresses and not isinstance(point, Unresolved):
                    await self._read_balances(reader, again, point)
        for height, point in pinned.items():
            gone = None if isinstance(point, Unresolved) else await accountable.recheck(point)
            if gone is not None:
                self.record.gone(self.network, height, gone)
                for query in queries:
                    if query.height == height:
                        self.plan.discard(query, gone)
        notes = list(accountable.notes())
        self.record.notes(self.network, notes)
        self.readings.notes += notes

    async def _read_query(
        self, reader: BalanceReader, query: BalanceQuery, point: SnapshotPoint | Unresolved
    ) -> None:
        if isinstance(point, Unresolved):
            self._fill(query, point)
            return
        self.readings.points[query.network, query.height] = point
        problem = await reader.check_form(query.form, point)
        if problem is not None:
            self.record.form(query, problem)
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
            self.record.readings(query, batch)
            self.observer.advance(query.network, len(batch), errors)
        missing = len(query.addresses) - answered
        if missing:
            why = Unresolved(
                UnresolvedReason.MISSING_ANSWER,
                f"{missing:,} of {len(query.addresses):,} accounts of {query.form.id} "
                "were never answered.",
            )
            left = self._fill(query, why, steps=missing)
            self.record.readings(query, [(account, why) for account in left])

    async def _prove(
        self, reader: BalanceReader, query: BalanceQuery, point: SnapshotPoint
    ) -> None:
        """Replace readings by what proofs show; count what could not be proven."""
        proving, readings = self.proving, self.plan.observed(query)
        if proving is None or not readings:
            return
        amounts = {account: reading.amount for account, reading in readings.items()}
        seed = seed_of(point, proving.list_digest, query.form.id)
        chosen = choose(proving.result.policy, amounts, seed)
        made = FormProofs(
            query.form.id, query.network, point.height, query.form.decimals,
            read=len(readings), chosen=len(chosen), value_read=sum(amounts.values()),
        )  # fmt: skip
        proving.result.forms.append(made)
        prover = _behind(reader)
        if not isinstance(prover, BalanceProver):
            if chosen:
                why = Unproven("balances of this network cannot be proven yet")
                made.unproven[why.detail] = len(chosen)
                self.record.proofs(query, [(account, why) for account in chosen])
            return
        answered = 0
        async for batch in prover.prove(query.form, point, amounts, chosen, proving.writer.keep):
            answered += len(batch)
            self.record.proofs(query, batch)
            for account, proof in batch:
                if isinstance(proof, Unproven):
                    made.unproven[proof.detail] += 1
                    continue
                revised = proven_reading(account, readings[account], proof, made)
                self.plan.revise(query, account, revised)
        if answered != len(chosen):
            raise AssertionError(f"{answered} of {len(chosen)} accounts were proven or not")
        layout = proving.writer.layouts.get(query.form.id)
        if layout is not None:
            self.record.layout(query, layout)
            made.layout, made.tested = str(layout["text"]), int(layout["tested"] or 0)

    def _fill(
        self, query: BalanceQuery, reading: Unresolved, *, steps: int | None = None
    ) -> list[bytes]:
        filled = self.plan.fill(query, reading)
        steps = len(query.addresses) if steps is None else steps
        self.observer.advance(query.network, steps, steps)
        return filled


def _behind(reader: BalanceReader) -> BalanceReader:
    """Return the reader that asks the network, where one that asks a store stands before it."""
    inner: BalanceReader = getattr(reader, "inner", reader)
    return inner


def _unsettled(why: Unresolved) -> Control:
    return Control(ControlWord.UNSETTLED, why.reason.value, why.detail)
