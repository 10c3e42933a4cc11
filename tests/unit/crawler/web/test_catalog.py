from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from crawler.reports.snapshots import Summary, summary_of
from crawler.web.catalog import FRESH_S, Catalog, Listing
from crawler.web.kept import Kept, kept_of
from tests.unit.crawler.reports.test_publication import month


class Shown:
    """A place that shows what it is told to, and counts how often it is asked."""

    label = "shown"

    def __init__(self, *summaries: Summary) -> None:
        self.summaries = summaries
        self.problems = ["one is damaged"]
        self.looks = 0

    async def look(self) -> list[Kept]:
        self.looks += 1
        await asyncio.sleep(0)
        return [kept(summary) for summary in self.summaries]

    async def close(self) -> None:
        self.looks = -1


def kept(summary: Summary, *, has_report: bool = True) -> Kept:
    return kept_of(summary, Shown(), "", has_report=has_report)  # type: ignore[arg-type]


def summary(number: int, *, entity: str = "okx", hour: int = 0) -> Summary:
    made = summary_of(month(number, entity=entity), digests={})
    return made.model_copy(update={"verified": datetime(2026, 6, 1, hour, tzinfo=UTC)})


def test_snapshots_are_in_the_order_of_their_blocks() -> None:
    found = [kept(summary(number)) for number in (3, 1, 2)] + [kept(summary(1, entity="htx"))]
    listing = Listing.of(found, ["x: y"])
    assert list(listing.entities) == ["htx", "okx"]
    months = [one.summary.taken.month for one in listing.entities["okx"] if one.summary.taken]
    assert months == [1, 2, 3]
    assert (listing.snapshots, listing.problems) == (4, ("x: y",))
    newest = listing.find("okx", "latest")
    assert newest is listing.entities["okx"][2]
    assert listing.before(newest) is listing.entities["okx"][1]
    assert listing.before(listing.entities["okx"][0]) is None
    assert listing.find("kraken", "latest") is None


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_of_a_snapshot_the_one_verified_last_counts(order: int) -> None:
    old, new = kept(summary(1, hour=1)), kept(summary(1, hour=2), has_report=False)
    assert Listing.of([old, new][::order], []).entities == {"okx": (new,)}
    bare = kept(summary(1, hour=1), has_report=False)
    assert Listing.of([old, bare][::order], []).entities == {"okx": (old,)}


async def test_places_are_looked_at_when_the_last_look_is_old_and_by_one_at_a_time() -> None:
    now = [0.0]
    place = Shown(summary(1))
    catalog = Catalog([place], clock=lambda: now[0])  # type: ignore[list-item]
    first = await asyncio.gather(*(catalog.listing() for _ in range(9)))
    assert place.looks == 1
    assert all(one is first[0] for one in first)
    assert first[0].problems == ("shown: one is damaged",)
    now[0] = FRESH_S - 0.01
    assert await catalog.listing() is first[0]
    place.summaries = (summary(1), summary(2))
    now[0] = FRESH_S
    assert (await catalog.listing()).snapshots == 2
    await catalog.close()
    assert place.looks == -1
