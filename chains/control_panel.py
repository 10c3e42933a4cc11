"""Who controls accounts, asked of several servers of one network."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from chains.adapter import Control, ControlWord
from chains.errors import ProviderError
from chains.panel import Panel, independent
from chains.source import ControlSource, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import ControlQuery, SnapshotPoint

S = TypeVar("S", bound=Source)


class ControlPanel(Panel[S]):
    """A panel of servers that also know who controls accounts (`chains.adapter.ControlReader`)."""

    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery]
    ) -> Sequence[Control]:
        """Return one answer per query, in order. Provider failures are `unsettled`.

        With a quorum, as many independent servers must give the same word.
        """
        journal: list[str] = []
        told: list[tuple[S, Sequence[Control]]] = []
        errors: list[ProviderError] = []
        left = [one for one in self._usable() if isinstance(one, ControlSource)]
        while left and len(told) < self._settings.quorum:
            some, left = independent(left, self._hosts, 1)
            source = some[0]
            if self._hosts[source.provider.label] in {
                self._hosts[one.provider.label] for one, _ in told
            }:
                continue
            try:
                answers = await source.control(point, queries, journal)
            except ProviderError as error:
                errors.append(self._note(source, error))
                continue
            if len(answers) != len(queries):
                raise AssertionError(f"{len(answers)} of {len(queries)} questions were answered")
            told.append((source, answers))
        if len(told) < self._settings.quorum:
            why = self._unresolved(errors, journal) if errors else None
            detail = why.detail if why else "too few independent servers know who controls accounts"
            return [Control(ControlWord.UNSETTLED, "not-asked", detail)] * len(queries)
        return [_agreed([answers[at] for _, answers in told]) for at in range(len(queries))]


def _agreed(said: Sequence[Control]) -> Control:
    """Return the first of answers with the same word and reason."""
    if len({(one.word, one.reason) for one in said}) == 1:
        return said[0]
    each = "; ".join(one.detail for one in said)
    return Control(ControlWord.UNSETTLED, "disagreement", f"the servers disagree: {each}")
