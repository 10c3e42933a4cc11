"""One piece of a query, answered by whichever endpoints it takes.

The freest endpoint is asked first. What it leaves is asked of the next; where it is slow, compared
with its own pieces before, the whole piece is asked of another one as well, and the first that
answers all of it counts. Every answer identifies its state for itself, so it does not matter which
endpoint it comes from; a reading names the one that gave it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Observed, Unresolved
from chains.errors import ProviderError, UnresolvedReason
from chains.evm.bulk import BulkRead, Harvest
from chains.evm.panel import attempts
from chains.transport.hedging import Hedging, first_good

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from chains.adapter import Reading, SnapshotPoint
    from chains.evm.blocks import Block
    from chains.evm.node import Node
    from chains.evm.panel import Panel
    from chains.transport.settings import TransportSettings

Consulted = tuple["Node", Harvest]


class PieceReader:
    """Answers pieces of queries; made once for a panel."""

    def __init__(
        self, panel: Panel, settings: TransportSettings, clock: Callable[[], float]
    ) -> None:
        """Nothing is asked yet."""
        self._panel = panel
        self._clock = clock
        self._hedging = Hedging(one_in=settings.hedge_one_in, least_s=settings.hedge_least_s)

    async def settle(
        self,
        point: SnapshotPoint,
        block: Block,
        contract: bytes | None,
        addresses: Sequence[bytes],
    ) -> list[tuple[bytes, Reading]]:
        """Answer every one of `addresses`, in order; `contract` is None for the native coin."""
        readings: dict[bytes, Reading] = {}
        failures: dict[bytes, list[str]] = {}
        errors: list[ProviderError] = []
        journal: list[str] = []
        left = list(addresses)
        asked: set[str] = set()
        while left:
            consulted = await self._consult(block, contract, left, asked, journal)
            if not consulted:
                break
            for node, harvest in consulted:
                asked.add(node.label)
                source = (node.label,)
                for address, amount in harvest.amounts.items():
                    readings[address] = Observed(amount, point, Assurance.NODE, source)
                for address, why in harvest.failed.items():
                    failures.setdefault(address, []).append(f"{node.label}: {why}")
                if harvest.error is not None:
                    errors.append(self._panel.note(node, harvest.error, block))
            # Where one node says that a holder's call fails, the next one may know better.
            left = [address for address in left if address not in readings]
        unresolved: Unresolved | None = None
        for address in left:
            if lines := failures.get(address):
                readings[address] = Unresolved(
                    UnresolvedReason.CALL_FAILED, lines[-1], attempts(lines)
                )
                continue
            if unresolved is None:
                unresolved = self._panel.unresolved(errors, journal, block)
            readings[address] = unresolved
        if len(readings) != len(addresses):
            raise AssertionError(f"{len(readings)} of {len(addresses)} addresses were answered")
        return [(address, readings[address]) for address in addresses]

    async def _consult(
        self,
        block: Block,
        contract: bytes | None,
        addresses: Sequence[bytes],
        asked: set[str],
        journal: list[str],
    ) -> list[Consulted]:
        """Return what the next node made of `addresses`, or two of them; none if nobody is left."""

        async def read(node: Node) -> Consulted:
            began = self._clock()
            try:
                return node, await BulkRead(node, block, contract, journal).read(addresses)
            finally:
                node.pieces.add(self._clock() - began)

        def another() -> Coroutine[None, None, Consulted] | None:
            for spare in self._panel.usable(block):
                free = spare is not first and spare.label not in asked
                if free and not spare.endpoint.rate.paused_for_s and self._hedging.spend():
                    spare.endpoint.counters.hedged += 1
                    journal.append(f"{first.label} is slow: {spare.label} is asked as well")
                    return read(spare)
            return None

        first = next((node for node in self._panel.usable(block) if node.label not in asked), None)
        if first is None:
            return []
        return await first_good(
            read(first),
            another,
            after_s=self._hedging.after_s(first.pieces),
            is_good=lambda consulted: consulted[1].error is None,
        )
