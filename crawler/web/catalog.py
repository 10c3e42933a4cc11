"""What is served now: the snapshots of all places, by entity, newest last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from crawler.reports.snapshots import age
from crawler.web.kept import Kept, Place

FRESH_S = 2.0
"""For so long an answer may rest on the last look at the places."""


@dataclass(frozen=True, slots=True)
class Listing:
    """All snapshots at one moment. Nothing in it changes; a later look makes another one."""

    entities: dict[str, tuple[Kept, ...]] = field(default_factory=dict)
    """Entity -> its snapshots, oldest first; entities in alphabetical order."""
    problems: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: Sequence[Kept], problems: Sequence[str]) -> Self:
        """Return a listing. Of a snapshot that two places keep, the one verified last counts.

        One that has its whole report is preferred when they were verified together.
        """
        best: dict[tuple[str, str], Kept] = {}
        for kept in found:
            rival = best.get(kept.key)
            if rival is None or _rank(kept) > _rank(rival):
                best[kept.key] = kept
        entities: dict[str, list[Kept]] = {}
        for kept in sorted(best.values(), key=lambda one: (one.summary.entity, age(one.summary))):
            entities.setdefault(kept.summary.entity, []).append(kept)
        return cls({name: tuple(ones) for name, ones in entities.items()}, tuple(problems))

    @property
    def snapshots(self) -> int:
        """How many snapshots there are."""
        return sum(map(len, self.entities.values()))

    def find(self, entity: str, snapshot: str) -> Kept | None:
        """Return one snapshot, or None; ``latest`` is the newest one of the entity."""
        ones = self.entities.get(entity, ())
        if snapshot == "latest":
            return ones[-1] if ones else None
        return next((one for one in ones if one.summary.snapshot == snapshot), None)

    def before(self, kept: Kept) -> Kept | None:
        """Return the newest older snapshot of the entity with another list, or None."""
        older = [
            one
            for one in self.entities.get(kept.summary.entity, ())
            if one.summary.list_sha256 != kept.summary.list_sha256
            and age(one.summary) < age(kept.summary)
        ]
        return older[-1] if older else None


def _rank(kept: Kept) -> tuple[object, bool]:
    return kept.summary.verified, kept.has_report


class Catalog:
    """Looks at the places when the last look is too old; asked at once, it looks once."""

    def __init__(
        self, places: Sequence[Place], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.places = places
        self._clock = clock
        self._looking = asyncio.Lock()
        self._listing = Listing()
        self._looked: float | None = None

    async def listing(self) -> Listing:
        """Return what is there, at most `FRESH_S` old when the places can be looked at."""
        if self._is_fresh():
            return self._listing
        async with self._looking:
            if self._is_fresh():  # somebody else has looked meanwhile
                return self._listing
            started = self._clock()
            found = [kept for place in self.places for kept in await place.look()]
            problems = [
                f"{place.label}: {problem}" for place in self.places for problem in place.problems
            ]
            self._listing, self._looked = Listing.of(found, problems), started
            return self._listing

    def _is_fresh(self) -> bool:
        return self._looked is not None and self._clock() - self._looked < FRESH_S

    async def close(self) -> None:
        """Close every place."""
        for place in self.places:
            await place.close()
