"""One piece of a query, answered by whichever endpoints it takes.

The freest endpoint is asked first. What it leaves is asked of the next; where it is slow, compared
with its own pieces before, the whole piece is asked of another one as well, and the first that
answers all of it counts. Every answer identifies its state for itself, so it does not matter which
endpoint it comes from; a reading names the one that gave it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Observed, Unresolved
from chains.errors import UnresolvedReason
from chains.evm.bulk import BulkRead, Harvest
from chains.evm.panel import attempts
from chains.transport.hedging import Hedging, first_good

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from chains.adapter import Reading, SnapshotPoint
    from chains.errors import ProviderError
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
        made = _Made(self._panel, point, block, contract)
        left = list(addresses)
        asked: set[str] = set()
        while left and (first := self._next(block, asked)) is not None:
            for node, harvest in await self._consult(first, made, left, asked):
                asked.add(node.label)
                made.add(node, harvest)
            # Where one node says that a holder's call fails, the next one may know better.
            left = [address for address in left if address not in made.readings]
        made.give_up(left)
        if len(made.readings) != len(addresses):
            raise AssertionError(
                f"{len(made.readings)} of {len(addresses)} addresses were answered"
            )
        return [(address, made.readings[address]) for address in addresses]

    def _next(self, block: Block, asked: set[str]) -> Node | None:
        return next((node for node in self._panel.usable(block) if node.label not in asked), None)

    async def _consult(
        self, first: Node, made: _Made, addresses: Sequence[bytes], asked: set[str]
    ) -> list[Consulted]:
        """Return what `first` made of `addresses`, or it and another one, in their order."""

        async def read(node: Node) -> Consulted:
            began = self._clock()
            try:
                return node, await made.bulk(node).read(addresses)
            finally:
                node.pieces.add(self._clock() - began)

        def another() -> Coroutine[None, None, Consulted] | None:
            for spare in self._panel.usable(made.block):
                free = spare is not first and spare.label not in asked
                if free and not spare.endpoint.rate.paused_for_s and self._hedging.spend():
                    spare.endpoint.counters.hedged += 1
                    made.journal.append(f"{first.label} is slow: {spare.label} is asked as well")
                    return read(spare)
            return None

        return await first_good(
            read(first),
            another,
            after_s=self._hedging.after_s(first.pieces),
            is_good=lambda consulted: consulted[1].error is None,
        )


class _Made:
    """What is known of one piece so far."""

    def __init__(
        self, panel: Panel, point: SnapshotPoint, block: Block, contract: bytes | None
    ) -> None:
        self.block = block
        self.readings: dict[bytes, Reading] = {}
        self.journal: list[str] = []
        self._panel = panel
        self._point = point
        self._contract = contract
        self._failures: dict[bytes, list[str]] = {}
        self._errors: list[ProviderError] = []

    def bulk(self, node: Node) -> BulkRead:
        """Return what asks `node`."""
        return BulkRead(node, self.block, self._contract, self.journal)

    def add(self, node: Node, harvest: Harvest) -> None:
        """Keep what `node` has said."""
        source = (node.label,)
        for address, amount in harvest.amounts.items():
            self.readings[address] = Observed(amount, self._point, Assurance.NODE, source)
        for address, why in harvest.failed.items():
            self._failures.setdefault(address, []).append(f"{node.label}: {why}")
        if harvest.error is not None:
            self._errors.append(self._panel.note(node, harvest.error, self.block))

    def give_up(self, left: Sequence[bytes]) -> None:
        """Say of each of `left` why nobody gave its balance."""
        unresolved: Unresolved | None = None
        for address in left:
            if lines := self._failures.get(address):
                self.readings[address] = Unresolved(
                    UnresolvedReason.CALL_FAILED, lines[-1], attempts(lines)
                )
                continue
            if unresolved is None:
                unresolved = self._panel.unresolved(self._errors, self.journal, self.block)
            self.readings[address] = unresolved
