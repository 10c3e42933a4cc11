"""Who controls accounts, asked of several servers of one network."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from chains.adapter import Control, ControlWord
from chains.errors import ProviderError, UnresolvedReason
from chains.panel import Panel
from chains.source import ControlSource, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import ControlQuery, SnapshotPoint

S = TypeVar("S", bound=Source)

_UNSAID = frozenset({"not-asked", *(reason.value for reason in UnresolvedReason)})
"""Reasons of answers that come from the server and not from the ledger."""


class ControlPanel(Panel[S]):
    """A panel of servers that also know who controls accounts (`chains.adapter.ControlReader`)."""

    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery]
    ) -> Sequence[Control]:
        """Return one answer per query, in order. Provider failures are `unsettled`.

        What one server cannot say the next is asked. With a quorum, as many independent servers
        must give the same word.
        """
        journal: list[str] = []
        told: list[list[Control]] = [[] for _ in queries]
        hosts: list[set[str]] = [set() for _ in queries]
        unsaid: dict[int, Control] = {}
        errors: list[ProviderError] = []
        for source in self._usable():
            host = self._hosts[source.provider.label]
            lacking = [
                at
                for at in range(len(queries))
                if len(told[at]) < self._settings.quorum and host not in hosts[at]
            ]
            if not lacking or not isinstance(source, ControlSource):
                continue
            try:
                answers = await source.control(point, [queries[at] for at in lacking], journal)
            except ProviderError as error:
                errors.append(self._note(source, error))
                continue
            if len(answers) != len(lacking):
                raise AssertionError(f"{len(answers)} of {len(lacking)} questions were answered")
            for at, answer in zip(lacking, answers, strict=True):
                if answer.word is ControlWord.UNSETTLED and answer.reason in _UNSAID:
                    unsaid.setdefault(at, answer)
                else:
                    told[at].append(answer)
                    hosts[at].add(host)
        why = self._unresolved(errors, journal) if errors else None
        detail = why.detail if why else "too few independent servers know who controls accounts"
        missing = Control(ControlWord.UNSETTLED, "not-asked", detail)
        return [
            _agreed(said) if len(said) >= self._settings.quorum else unsaid.get(at, missing)
            for at, said in enumerate(told)
        ]


def _agreed(said: Sequence[Control]) -> Control:
    """Return the first of answers with the same word and reason."""
    if len({(one.word, one.reason) for one in said}) == 1:
        return said[0]
    each = "; ".join(one.detail for one in said)
    return Control(ControlWord.UNSETTLED, "disagreement", f"the servers disagree: {each}")
