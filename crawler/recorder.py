"""What a run tells of its answers, for whoever wants to replay it later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chains.adapter import (
    BalanceReader,
    Control,
    Keep,
    Observed,
    Proven,
    Reading,
    SnapshotPoint,
    Unproven,
    Unresolved,
)
from crawler.control import ControlBatch
from crawler.plan import BalanceQuery


class Recorder:
    """Is told every answer as it comes in, and forgets it. `crawler.evidence.record` keeps it."""

    def reader(self, network: str, reader: BalanceReader | Unresolved) -> None:
        """Note who is asked about a network, or why nobody is."""

    def pin(self, network: str, height: int, point: SnapshotPoint | Unresolved) -> Keep | None:
        """Note the block at a height; return what takes its header, None if nobody wants it."""
        del network, height, point
        return None

    def height(self, network: str, height: int | Unresolved) -> None:
        """Note the height of the snapshot's time, or why it is not known."""

    def remembered(self, query: BalanceQuery, found: Mapping[bytes, Observed]) -> None:
        """Note what was kept at other blocks of accounts that could not be read."""

    def form(self, query: BalanceQuery, problem: Unresolved) -> None:
        """Note why the holding form of a query could not be looked up."""

    def readings(self, query: BalanceQuery, batch: Sequence[tuple[bytes, Reading]]) -> None:
        """Note answers; of two about one account, the later counts."""

    def gone(self, network: str, height: int, why: Unresolved) -> None:
        """Note that a block is no longer on its chain."""

    def proofs(self, query: BalanceQuery, batch: Sequence[tuple[bytes, Proven | Unproven]]) -> None:
        """Note what became of proofs."""

    def layout(self, query: BalanceQuery, layout: Mapping[str, str | int | None]) -> None:
        """Note how the balances of a query were found in a token's storage."""

    def control(self, batch: ControlBatch, answers: Sequence[Control]) -> None:
        """Note who controls the accounts of a batch, in its order."""

    def notes(self, network: str, notes: Sequence[str]) -> None:
        """Note what a reader says of its endpoints."""
