"""Everything that is known when a verification ends. Plain values; reports are made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from chains.adapter import SnapshotPoint, Unresolved
from chains.transport.health import EndpointHealth
from crawler.aggregate import Aggregate, SummaryComparison
from crawler.entities import Entity
from crawler.lists.interface import Census
from crawler.proving import ProvingResult


@dataclass(slots=True)
class ListFile:
    """One file of a list, as read."""

    name: str
    format: str
    census: Census


@dataclass(slots=True)
class Readings:
    """What was learnt beside the balances themselves."""

    points: dict[tuple[str, int], SnapshotPoint] = field(default_factory=dict)
    """(network, height) -> the block that was pinned."""
    problems: dict[str, Unresolved] = field(default_factory=dict)
    """Holding form -> why its rows could not be looked up (registry and others)."""
    notes: list[str] = field(default_factory=list)
    """What the readers say of their endpoints, one sentence each."""
    health: dict[str, list[EndpointHealth]] = field(default_factory=dict)
    """Network -> its endpoints as they were when everything was read."""


@dataclass(slots=True)
class Outcome:
    """A verification: what was read, from where, and what it adds up to."""

    list_name: str
    list_digest: str
    """SHA-256 of the list as read, hex."""
    entity: Entity
    files: list[ListFile]
    left_out: tuple[str, ...]
    """One sentence for each file of the list that is no wallet list."""
    readings: Readings
    proving: ProvingResult | None = None
    moment: datetime | None = None
    """When the snapshot was taken by the entity's own word, if it was told."""
    aggregate: Aggregate = field(default_factory=Aggregate)
    comparisons: list[SummaryComparison] = field(default_factory=list)
