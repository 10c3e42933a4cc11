"""The JSON API as data: every operation, what it takes and what it gives. Pure.

The one source of the routes, of the checks of what is asked, and of the OpenAPI document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from chains.adapter import OwnershipWord
from crawler.models import FindingWord
from crawler.reports.model import Model, Report
from crawler.reports.snapshots import Changes, IndexEntry, Summary

MAX_LIMIT = 1_000
"""Items on one page, at most."""

JSON, LINES, PROBLEM = "application/json", "application/x-ndjson", "application/problem+json"

_NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)


def _plain_number(text: object) -> object:
    """Take digits and nothing else: pydantic alone would also read ``1_0``, ``+1`` and ``1.0``."""
    if isinstance(text, str) and _NUMBER.fullmatch(text) is None:
        raise ValueError("not a whole number of at most 12 digits")
    return text


Limit = Annotated[
    int,
    Field(ge=1, le=MAX_LIMIT, description="items on the page, at most"),
    BeforeValidator(_plain_number),
]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Choice = Annotated[Word, Field(description="only rows with exactly this")]


class Query(BaseModel):
    """Base of what may stand behind the question mark; nothing else may."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoQuery(Query):
    """Takes nothing."""


class PageQuery(Query):
    """Which page of a list of names."""

    limit: Limit = 100
    cursor: Annotated[Word, Field(description="`next_cursor` of the page before")] | None = None


class ChoiceQuery(Query):
    """Which rows: those that have everything that is given."""

    finding: FindingWord | None = None
    ownership: OwnershipWord | None = None
    asset: Choice | None = None
    network: Choice | None = None
    custodian: Choice | None = None
    address: Annotated[Word, Field(description="as published; hexadecimal in any case")] | None = (
        None
    )

    def chosen(self) -> dict[str, str]:
        """Return what is given, by member of a finding."""
        return {
            name: str(value)
            for name in ChoiceQuery.model_fields
            if (value := getattr(self, name)) is not None
        }


class FindingsQuery(ChoiceQuery):
    """Which rows, and which page of them."""

    limit: Limit = 100
    cursor: (
        Annotated[
            int,
            Field(ge=0, lt=10**12, description="`next_cursor` of the page before"),
            BeforeValidator(_plain_number),
        ]
        | None
    ) = None


class Problem(Model):
    """Why there is no answer (RFC 9457)."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str


class PlaceHealth(Model):
    """One place that snapshots are read from."""

    place: str
    problems: list[str]


class Health(Model):
    """Whether everything that is served can be read."""

    status: Literal["ok", "degraded"]
    version: str
    entities: int
    snapshots: int
    places: list[PlaceHealth]


class EntityEntry(Model):
    """One entity and its newest snapshot."""

    entity: str
    title: str
    snapshots: int
    latest: str
    taken: AwareDatetime | None
    verdict: str
    exit_code: int


class EntityList(Model):
    """Entities in alphabetical order."""

    items: list[EntityEntry]
    next_cursor: str | None
    total: int
    problems: list[str] = Field(description="what lies there and cannot be served, and why")


class SnapshotEntry(IndexEntry):
    """One snapshot; `sha256` is of the summary that this server gives."""

    has_report: bool = Field(description="whether the whole report is there, not only the summary")


class SnapshotList(Model):
    """Snapshots of an entity, newest first."""

    items: list[SnapshotEntry]
    next_cursor: str | None
    total: int


class FindingRow(Model):
    """One row of the list as it was judged: a line of findings.jsonl."""

    row: int
    coin: str
    asset: str | None
    network: str | None
    address: str
    height: int | None
    block_hash: str | None
    claimed: str | None
    observed: str | None
    assurance: str | None
    ownership: str
    finding: str
    reason: str
    detail: str
    ownership_reason: str
    ownership_detail: str
    digest: str | None
    message: str | None
    kind: str | None
    custodian: str | None
    sources: list[str]
    file: str
    holding: str | None


class Findings(Model):
    """One page of the rows that were chosen, in the order of the list."""

    rows: int = Field(description="of the whole list")
    matched: int = Field(description="rows that were chosen, on all pages together")
    next_cursor: int | None
    items: list[FindingRow]


@dataclass(frozen=True, slots=True)
class Operation:
    """One path of the API. All are GET; HEAD gives the same without a body."""

    name: str
    path: str
    summary: str
    query: type[Query]
    answer: type[BaseModel] | None
    media: str = JSON
    refusals: Sequence[int] = (400, 404, 503)

    @property
    def parameters(self) -> list[str]:
        """The names in the path, in order."""
        return re.findall(r"{(\w+)}", self.path)


API = "/api/v1"
_SNAPSHOT = f"{API}/entities/{{entity}}/snapshots/{{snapshot}}"

OPERATIONS = (
    Operation("openapi", f"{API}/openapi.json", "This document", NoQuery, None, refusals=(400,)),
    Operation(
        "health", f"{API}/healthz", "Whether everything that is served can be read", NoQuery,
        Health, refusals=(400, 503),
    ),
    Operation(
        "entities", f"{API}/entities", "Every entity with its newest snapshot", PageQuery,
        EntityList, refusals=(400, 503),
    ),
    Operation(
        "entity", f"{API}/entities/{{entity}}", "One entity with its newest snapshot", NoQuery,
        EntityEntry,
    ),
    Operation(
        "snapshots", f"{API}/entities/{{entity}}/snapshots", "Snapshots of an entity, newest first",
        PageQuery, SnapshotList,
    ),
    Operation("summary", _SNAPSHOT, "The figures of a snapshot", NoQuery, Summary),
    Operation("report", f"{_SNAPSHOT}/report", "The whole report", NoQuery, Report),
    Operation(
        "findings", f"{_SNAPSHOT}/findings", "Rows, a page at a time", FindingsQuery, Findings
    ),
    Operation(
        "lines", f"{_SNAPSHOT}/findings.jsonl", "All rows that are chosen, one a line",
        ChoiceQuery, None, LINES,
    ),
    Operation(
        "changes", f"{_SNAPSHOT}/changes", "What differs from the snapshot before", NoQuery, Changes
    ),
)  # fmt: skip


def route_of(path: str) -> str:
    """Return a path as aiohttp takes it: a name may hold anything but a slash.

    aiohttp's own pattern leaves out braces, and an entity's name is not ours to choose.

    >>> route_of("/a/{b}/c")
    '/a/{b:[^/]+}/c'
    """
    return re.sub(r"{(\w+)}", r"{\1:[^/]+}", path)


def problems_of(errors: Sequence[Mapping[str, object]]) -> str:
    """Return one sentence of what pydantic found wrong with a query.

    >>> problems_of([{"loc": ("limit",), "msg": "Input should be at least 1"}])
    'limit: Input should be at least 1'
    """
    found = []
    for error in errors:
        place = error["loc"]
        name = place[0] if isinstance(place, tuple) and place else ""
        found.append(f"{str(name)[:60]}: {error['msg']}")
    return "; ".join(found)
