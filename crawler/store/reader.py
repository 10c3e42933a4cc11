"""A balance reader that asks the store first and the network for the rest."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Self

from chains.adapter import (
    Accountable,
    Assurance,
    BalanceReader,
    ClockedReader,
    ForeseeingReader,
    HoldingForm,
    Observed,
    Reading,
    SnapshotPoint,
    Unresolved,
)
from chains.errors import UnresolvedReason
from chains.registry import Network
from crawler.store.database import StoreError
from crawler.store.readings import StoredReadings

GiveUp = Callable[[StoreError], None]
"""Is told that nothing is kept any more."""

COMMIT_ROWS = 1_000
"""Readings kept in one transaction, at most about, while more are coming."""

COMMIT_S = 0.25
"""How long readings wait to be kept, at most: what a killed run may lose."""


class StoredReader:
    """Wraps the reader of a network. Blocks are pinned and forms checked anew in every run."""

    def __init__(
        self,
        reader: BalanceReader,
        stored: StoredReadings,
        clock: Callable[[], float] = time.monotonic,
        *,
        sources: int = 1,
        give_up: GiveUp | None = None,
    ) -> None:
        """What is stored counts only with a proof, or with at least `sources` endpoints.

        When the store fails, `give_up` is told and the network alone is asked from then on;
        without it, StoreError is raised.
        """
        self._sources = sources
        self._give_up = give_up
        self._is_lost = False
        self._forgotten: frozenset[str] = frozenset()
        self._reader = reader
        self._stored = stored
        self._clock = clock

    @property
    def inner(self) -> BalanceReader:
        """The reader behind the store, which may do more than read balances."""
        return self._reader

    async def __aenter__(self) -> Self:
        await self._reader.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._reader.__aexit__(*exception)

    def expect(self, addresses: Iterable[bytes]) -> None:
        """Pass on what will be asked for."""
        if isinstance(self._reader, ForeseeingReader):
            self._reader.expect(addresses)

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        """Ask the network: a block is only trusted while its hash stands."""
        return await self._reader.pin(height)

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        """Ask the network; where the state of `point` is gone, about its newest final block.

        That is enough only if readings of the form are kept: it was checked before they were taken.
        """
        problem = await self._reader.check_form(form, point)
        if problem is None or problem.reason is not UnresolvedReason.NO_STATE:
            return problem
        if not isinstance(self._reader, ClockedReader) or not await self._has(form, point):
            return problem
        height = await self._reader.latest()
        now = height if isinstance(height, Unresolved) else await self._reader.pin(height)
        return now if isinstance(now, Unresolved) else await self._reader.check_form(form, now)

    async def remembered(
        self, form: HoldingForm, height: int, addresses: Sequence[bytes]
    ) -> Mapping[bytes, Observed]:
        """Return what is kept of `addresses` at other heights, save from distrusted endpoints."""
        distrusted = self.distrusted()
        try:
            found = await self._stored.nearest(form, height, addresses)
        except StoreError as error:
            self._lose(error)
            return {}
        return {
            account: one for account, one in found.items() if distrusted.isdisjoint(one.sources)
        }

    async def _has(self, form: HoldingForm, point: SnapshotPoint) -> bool:
        try:
            return await self._stored.has(form, point)
        except StoreError as error:
            self._lose(error)
            return False

    async def recheck(self, point: SnapshotPoint) -> Unresolved | None:
        """Ask the network, where it can tell."""
        if isinstance(self._reader, Accountable):
            return await self._reader.recheck(point)
        return None

    def distrusted(self) -> frozenset[str]:
        """Return the endpoints that the reader of the network does not believe any more."""
        return self._reader.distrusted() if isinstance(self._reader, Accountable) else frozenset()

    def notes(self) -> Sequence[str]:
        """Return what the reader of the network has to say."""
        return self._reader.notes() if isinstance(self._reader, Accountable) else ()

    def _counts(self, reading: Observed) -> bool:
        if reading.assurance is Assurance.PROOF:
            return True
        return len(reading.sources) >= self._sources

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        """Yield what is stored, then what the network answers, kept before it is yielded.

        An Unresolved reading is never kept: the next run asks again.
        """
        stored = await self._fetch(form, point, addresses)
        known = {account: one for account, one in stored.items() if self._counts(one)}
        if known:
            yield list(known.items())
        missing = [account for account in addresses if account not in known]
        if not missing:
            return
        held: list[tuple[bytes, Reading]] = []
        kept = self._clock()
        async for batch in self._reader.balances(form, point, missing):
            held.extend(batch)
            if len(held) >= COMMIT_ROWS or self._clock() - kept >= COMMIT_S:
                await self._keep(form, point, held)
                yield held
                held, kept = [], self._clock()
        await self._keep(form, point, held)
        if held:
            yield held

    async def _fetch(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> dict[bytes, Observed]:
        """Return what is stored and still believed."""
        try:
            if (distrusted := self.distrusted()) != self._forgotten:
                await self._stored.forget(point, distrusted)
                self._forgotten = distrusted
            return await self._stored.fetch(form, point, addresses)
        except StoreError as error:
            self._lose(error)
        return {}

    async def _keep(
        self, form: HoldingForm, point: SnapshotPoint, batch: Sequence[tuple[bytes, Reading]]
    ) -> None:
        if self._is_lost:
            return
        kept = [(account, reading) for account, reading in batch if isinstance(reading, Observed)]
        try:
            await self._stored.save(form, point, kept)
        except StoreError as error:
            self._lose(error)

    def _lose(self, error: StoreError) -> None:
        """Raise `error`, unless the run is to go on without the store."""
        if self._give_up is None:
            raise error
        if not self._is_lost:
            self._give_up(error)
        self._is_lost = True


def stored_reader(
    make: Callable[[Network], BalanceReader | Unresolved],
    stored: StoredReadings,
    *,
    sources: int = 1,
    give_up: GiveUp | None = None,
) -> Callable[[Network], BalanceReader | Unresolved]:
    """Return a maker of readers that ask `stored` first; StoredReader says what the others are."""

    def wrapped(network: Network) -> BalanceReader | Unresolved:
        reader = make(network)
        if isinstance(reader, Unresolved):
            return reader
        return StoredReader(reader, stored, sources=sources, give_up=give_up)

    return wrapped
