"""Rows whose signatures are valid but whose address only the chain can tie to a key. Pure.

Pass 1 collects their questions; rows that ask the same (one contract with several assets) ask once.
The family's ``control.query_of`` says what a row asks; families without it leave the rows as they
are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from chains.adapter import (
    Control,
    ControlQuery,
    ControlWord,
    OwnershipMaterial,
    OwnershipRule,
    OwnershipVerdict,
    OwnershipWord,
)
from chains.errors import RegistryError
from chains.registry import Network, family_module
from crawler.models import NO_HEIGHT, Claim

QueryOf = Callable[[OwnershipMaterial, OwnershipVerdict, OwnershipRule], ControlQuery | None]

UNDATED = Control(
    ControlWord.UNSETTLED, "no-height", "The list gives no snapshot height to ask the chain at."
)


_ASKING = frozenset({OwnershipWord.KEY_ONLY, OwnershipWord.PROVEN})
"""Verdicts that the chain may settle, or contradict. ``query_of`` has the last word."""


@dataclass(frozen=True, slots=True)
class ControlBatch:
    """What is asked of one network at one height; the questions are distinct."""

    network: str
    height: int
    queries: list[ControlQuery]


class ControlPlan:
    """Questions and answers about control. Feed it every judged claim once, in list order."""

    def __init__(self, networks: Mapping[str, Network], *, is_timed: bool = False) -> None:
        """Nothing is asked yet. `is_timed`: rows without a height are asked at NO_HEIGHT."""
        self._is_timed = is_timed
        self._networks = networks
        self._makers: dict[str, QueryOf | None] = {}
        self._rows: dict[tuple[str, int], dict[ControlQuery, list[int]]] = {}
        self._answers: dict[int, Control] = {}

    def add(self, claim: Claim, verdict: OwnershipVerdict, ordinal: int) -> None:
        """Take in a claim; only rows of a known network whose family doubts them ask anything."""
        mapping, query = claim.mapping, self.query(claim, verdict)
        if query is None or mapping is None or mapping.network is None:
            return
        if claim.height is None and not self._is_timed:
            self._answers[ordinal] = UNDATED
            return
        height = NO_HEIGHT if claim.height is None else claim.height
        rows = self._rows.setdefault((mapping.network, height), {})
        rows.setdefault(query, []).append(ordinal)

    def query(self, claim: Claim, verdict: OwnershipVerdict) -> ControlQuery | None:
        """Return what a claim asks of the chain, or None when it asks nothing."""
        mapping = claim.mapping
        if verdict.word not in _ASKING or mapping is None:
            return None
        if mapping.network is None or mapping.rule is None:
            return None
        query_of = self._maker(self._networks[mapping.network].family)
        return None if query_of is None else query_of(claim.material, verdict, mapping.rule)

    def batches(self) -> Iterator[ControlBatch]:
        """Yield what has to be asked."""
        for (network, height), rows in sorted(self._rows.items()):
            yield ControlBatch(network, height, list(rows))

    def date(self, network: str, height: int) -> None:
        """Ask at `height` what stands at NO_HEIGHT."""
        undated = self._rows.pop((network, NO_HEIGHT), {})
        rows = self._rows.setdefault((network, height), {}) if undated else {}
        for query, ordinals in undated.items():
            rows.setdefault(query, []).extend(ordinals)

    def answer(self, batch: ControlBatch, query: ControlQuery, control: Control) -> None:
        """Give an answer to every row that asked `query`. Raises KeyError for another query."""
        for ordinal in self._rows[batch.network, batch.height][query]:
            self._answers[ordinal] = control

    def fill(self, batch: ControlBatch, control: Control) -> None:
        """Give `control` to every row of `batch`."""
        for query in batch.queries:
            self.answer(batch, query, control)

    def of(self, ordinal: int) -> Control | None:
        """Return what the chain says of a row, or None when nothing was asked."""
        return self._answers.get(ordinal)

    def _maker(self, family: str) -> QueryOf | None:
        if family not in self._makers:
            try:
                module = family_module(family, "control")
            except RegistryError:
                self._makers[family] = None
            else:
                self._makers[family] = getattr(module, "query_of", None)
        return self._makers[family]
