"""A balance reader that asks the store first and the network for the rest."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Self

from chains.adapter import (
    BalanceReader,
    HoldingForm,
    Observed,
    Reading,
    SnapshotPoint,
    Unresolved,
)
from chains.registry import Network
from crawler.store.readings import StoredReadings

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
    ) -> None:
        self._reader = reader
        self._stored = stored
        self._clock = clock

    async def __aenter__(self) -> Self:
        await self._reader.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._reader.__aexit__(*exception)

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        """Ask the network: a block is only trusted while its hash stands."""
        return await self._reader.pin(height)

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        """Ask the network."""
        return await self._reader.check_form(form, point)

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        """Yield what is stored, then what the network answers, kept before it is yielded.

        An Unresolved reading is never kept: the next run asks again.
        """
        known = await self._stored.fetch(form, point, addresses)
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

    async def _keep(
        self, form: HoldingForm, point: SnapshotPoint, batch: Sequence[tuple[bytes, Reading]]
    ) -> None:
        await self._stored.save(
            form,
            point,
            [(account, reading) for account, reading in batch if isinstance(reading, Observed)],
        )


def stored_reader(
    make: Callable[[Network], BalanceReader | Unresolved], stored: StoredReadings
) -> Callable[[Network], BalanceReader | Unresolved]:
    """Return a maker of readers that ask `stored` first."""

    def wrapped(network: Network) -> BalanceReader | Unresolved:
        reader = make(network)
        return reader if isinstance(reader, Unresolved) else StoredReader(reader, stored)

    return wrapped
