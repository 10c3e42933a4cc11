"""Ask the networks for every balance of a plan; what cannot be read becomes Unresolved.

Then, where it is wanted, prove the balances, and ask who controls the rows that only the chain can
tie to a key; all at the block that was pinned once.

Rows without a height are read at the last block of a moment, once the network has said which one
that is; a capture reads everything at the newest final block. What the network cannot tell any more
is taken from what was kept at another block, as `live`.

One network is one unit of work. Every query ends with all its accounts answered: the plan
refuses an account twice, and what a reader left out is filled in as a missing answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from chains.adapter import (
    Accountable,
    Assurance,
    BalanceProver,
    BalanceReader,
    ClockedReader,
    Control,
    ControlReader,
    ControlWord,
    ForeseeingReader,
    HeaderKeeper,
    HoldingForm,
    Observed,
    SnapshotPoint,
    StakeReader,
    Unproven,
    Unresolved,
)
from chains.errors import UnresolvedReason
from chains.registry import Network
from chains.transport.health import Watched
from chains.transport.together import together
from crawler.control import ControlBatch, ControlPlan
from crawler.models import NO_HEIGHT
from crawler.moments import written
from crawler.outcome import Readings
from crawler.plan import VALIDATOR_KEY_SIZE, BalanceQuery, Plan
from crawler.proof_lines import ProofWriter
from crawler.proving import FormProofs, ProvingResult, choose, proven_reading, seed_of
from crawler.recorder import Recorder

Reader = Callable[[Network], BalanceReader | Unresolved]
"""Makes the reader of a network, or says why there is none."""


NEWEST: Literal["newest"] = "newest"
"""Stands for the newest block that counts as final, whatever its time."""

Moment = datetime | Literal["newest"]

OUT_OF_REACH = frozenset({UnresolvedReason.NO_STATE, UnresolvedReason.NO_METHOD})
"""Reasons why a network will not tell a balance at the snapshot later either."""


@runtime_checkable
class RememberingReader(Protocol):
    """A balance reader that keeps what was read at other blocks."""

    async def remembered(
        self, form: HoldingForm, height: int, addresses: Sequence[bytes]
    ) -> Mapping[bytes, Observed]:
        """Return what is kept of `addresses` at other heights, each at the nearest to `height`."""
        ...


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
    moment: Moment | None = None,
) -> Readings:
    """Answer every query of `plan` and of `controls`. Never raises for what a provider does.

    What states no height is read at the last block of `moment`; plans that have such queries
    need one. `record` is told every answer.
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
                name,
                plan,
                readings,
                observer,
                controls or ControlPlan(networks),
                proving,
                told,
                moment,
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

    def without_height(self) -> _Work:
        return _Work(
            [query for query in self.queries if query.height == NO_HEIGHT],
            [batch for batch in self.controls if batch.height == NO_HEIGHT],
        )

    def at(self, height: int, controls: list[ControlBatch]) -> _Work:
        """Return the same with `height` where there is none, and with `controls`."""
        merged: dict[tuple[str, int, bool], BalanceQuery] = {}
        for query in self.queries:
            dated = replace(query, height=height) if query.height == NO_HEIGHT else query
            key = (dated.form.id, dated.height, dated.stake)
            if key in merged:
                dated = replace(dated, addresses=merged[key].addresses + dated.addresses)
            merged[key] = dated
        return _Work(list(merged.values()), controls)

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
    moment: Moment | None

    async def run(
        self,
        reader: BalanceReader | Unresolved,
        stake: BalanceReader | Unresolved | None,
        work: _Work,
    ) -> None:
        if isinstance(reader, Unresolved):
            self._give_up(work, reader)
            return
        if isinstance(reader, ForeseeingReader):
            for query in work.queries:
                if not query.stake:
                    reader.expect(query.addresses)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(reader)
            if stake is not None and not isinstance(stake, Unresolved):
                await stack.enter_async_context(stake)
            try:
                await self._answer(reader, stake, work)
            finally:
                asked = _behind(reader)
                if isinstance(asked, Watched):
                    self.readings.health[self.network] = list(asked.health())

    def _give_up(self, work: _Work, why: Unresolved) -> None:
        for query in work.queries:
            self._fill(query, why)
        for batch in work.controls:
            self.controls.fill(batch, _unsettled(why))

    async def _dated(self, reader: BalanceReader, work: _Work) -> _Work:
        """Return the work that has heights, with that of the moment where there was none."""
        undated = work.without_height()
        if not undated.heights():
            return work
        height = await self._height(_behind(reader))
        self.record.height(self.network, height)
        if isinstance(height, Unresolved):
            self._give_up(undated, height)
            return _Work(
                [query for query in work.queries if query.height != NO_HEIGHT],
                [batch for batch in work.controls if batch.height != NO_HEIGHT],
            )
        if not undated.controls:
            return work.at(height, work.controls)
        network = undated.controls[0].network
        self.controls.date(network, height)
        return work.at(
            height, [batch for batch in self.controls.batches() if batch.network == network]
        )

    async def _height(self, clock: BalanceReader) -> int | Unresolved:
        if self.moment is None:
            raise AssertionError("rows without a height were planned without a moment")
        if not isinstance(clock, ClockedReader):
            return Unresolved(
                UnresolvedReason.NO_METHOD,
                "Assay cannot tell the block of a time on this network yet; name its height with "
                "--height.",
            )
        if isinstance(self.moment, datetime):
            return await clock.height_at(self.moment)
        return await clock.latest()

    async def _recall(self, reader: BalanceReader, query: BalanceQuery) -> None:
        """Show what was kept at another block of accounts that are out of reach at this one."""
        if not isinstance(reader, RememberingReader) or self.moment == NEWEST:
            return
        lost = self.plan.unread(query, OUT_OF_REACH)
        if not lost:
            return
        found = await reader.remembered(query.form, query.height, list(lost))
        self.record.remembered(query, found)
        notes: dict[tuple[SnapshotPoint, str], str] = {}
        for account, reading in found.items():
            point, why = reading.point, lost[account].detail
            if (point, why) not in notes:
                when = "" if point.block_time is None else f", {written(point.block_time)}"
                notes[point, why] = (
                    f"It was read at block {point.height:,}{when}, and kept. At the snapshot: {why}"
                )
            live = replace(reading, assurance=Assurance.LIVE, note=notes[point, why])
            self.plan.recall(query, account, live)

    async def _answer(
        self, reader: BalanceReader, stake: BalanceReader | Unresolved | None, work: _Work
    ) -> None:
        """Read, throw out what cannot be believed, prove what is left, then ask for control.

        At last, what was kept at other blocks is shown where nothing was read.
        """
        work = await self._dated(reader, work)
        heights = work.heights()
        points = await together(*(reader.pin(height) for height in heights))
        pinned = dict(zip(heights, points, strict=True))
        await self._record_pins(reader, pinned)
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
        for query in work.queries:
            chosen = stake if query.stake else reader
            if chosen is not None and not isinstance(chosen, Unresolved):
                await self._recall(chosen, query)

    async def _record_pins(
        self, reader: BalanceReader, pinned: Mapping[int, SnapshotPoint | Unresolved]
    ) -> None:
        keeper = _behind(reader)
        for height, point in pinned.items():
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
