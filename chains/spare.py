"""A piece is asked of one server, and of a spare one as well where that server is slow.

What is slow, a server's own pieces before say; how often another is asked, `transport.hedging`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

from chains.source import Harvest, Source
from chains.transport.health import Latency
from chains.transport.hedging import Hedging, first_good

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from chains.transport.settings import TransportSettings

S = TypeVar("S", bound=Source)


class Spares(Generic[S]):
    """What is known of the pace of a panel's servers; made once for it."""

    def __init__(self, settings: TransportSettings) -> None:
        """Nothing is asked yet."""
        self.paces: dict[str, Latency] = {}
        """Label of a server -> how long its pieces took, in seconds."""
        self._hedging = Hedging(one_in=settings.hedge_one_in, least_s=settings.hedge_least_s)

    async def consult(
        self,
        first: S,
        spares: Sequence[S],
        read: Callable[[S], Coroutine[None, None, Harvest]],
        journal: list[str],
    ) -> list[tuple[S, Harvest]]:
        """Return what `first` says, or it and one of `spares`, in the order of their answers.

        Only the last of them may have answered everything; who was not needed is given up.
        """
        clock = asyncio.get_running_loop().time

        async def timed(source: S) -> tuple[S, Harvest]:
            began = clock()
            try:
                return source, await read(source)
            finally:
                self._pace(source).add(clock() - began)

        def another() -> Coroutine[None, None, tuple[S, Harvest]] | None:
            for spare in spares:
                provider = spare.provider
                if not provider.rate.paused_for_s and self._hedging.spend():
                    provider.counters.hedged += 1
                    journal.append(
                        f"{first.provider.label} is slow: {provider.label} is asked as well"
                    )
                    return timed(spare)
            return None

        return await first_good(
            timed(first),
            another,
            after_s=self._hedging.after_s(self._pace(first)),
            is_good=lambda consulted: not consulted[1].failed,
        )

    def _pace(self, source: S) -> Latency:
        return self.paces.setdefault(source.provider.label, Latency())
