"""The JSON API: one handler an operation."""

from __future__ import annotations

import asyncio
import json
from bisect import bisect_right
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel

import crawler
from crawler.reports.snapshots import Changes, index_of
from crawler.web.answers import etag_of, gathered, query_of, streamed, whole
from crawler.web.catalog import Catalog, Listing
from crawler.web.guard import RefusalError
from crawler.web.kept import Kept
from crawler.web.openapi import document
from crawler.web.operations import (
    LINES,
    OPERATIONS,
    ChoiceQuery,
    EntityEntry,
    EntityList,
    FindingsQuery,
    Health,
    NoQuery,
    PageQuery,
    PlaceHealth,
    SnapshotEntry,
    SnapshotList,
    route_of,
)
from crawler.web.shelf import Shelf

Item = TypeVar("Item")


def found_snapshot(listing: Listing, request: web.Request) -> Kept:
    """Return the snapshot that a path names. Raises RefusalError (404)."""
    entity, snapshot = request.match_info["entity"], request.match_info["snapshot"]
    kept = listing.find(entity, snapshot)
    if kept is None:
        found_entity(listing, request)
        raise RefusalError(HTTPStatus.NOT_FOUND, "this entity has no such snapshot here")
    return kept


def found_entity(listing: Listing, request: web.Request) -> tuple[Kept, ...]:
    """Return the snapshots of the entity that a path names. Raises RefusalError (404)."""
    ones = listing.entities.get(request.match_info["entity"])
    if ones is None:
        raise RefusalError(HTTPStatus.NOT_FOUND, "there is no such entity here")
    return ones


def rendered(model: BaseModel) -> bytes:
    """Return a model as JSON with a newline at its end."""
    return (model.model_dump_json(indent=2) + "\n").encode()


async def changes_of(listing: Listing, shelf: Shelf, kept: Kept) -> Changes | None:
    """Return what differs from the snapshot before, or None when there is none before."""
    ready = await kept.place.changes(kept)
    if ready is not None:
        return ready
    before = listing.before(kept)
    return None if before is None else await shelf.changes(before, kept)


class Api:
    """The handlers, over what is served now."""

    def __init__(self, catalog: Catalog, shelf: Shelf) -> None:
        self._catalog = catalog
        self._shelf = shelf
        self._document = (json.dumps(document(), indent=2) + "\n").encode()

    def add_to(self, application: web.Application) -> None:
        """Add a route for every operation. Raises AttributeError when one has no handler."""
        for operation in OPERATIONS:
            application.router.add_get(route_of(operation.path), getattr(self, operation.name))

    async def openapi(self, request: web.Request) -> web.StreamResponse:
        """Answer with the OpenAPI document."""
        query_of(request, NoQuery)
        return whole(request, self._document)

    async def health(self, request: web.Request) -> web.StreamResponse:
        """Answer 200 when every place can be read whole, else 503 with what cannot."""
        query_of(request, NoQuery)
        listing = await self._catalog.listing()
        places = [
            PlaceHealth(place=place.label, problems=place.problems)
            for place in self._catalog.places
        ]
        is_well = not any(place.problems for place in places)
        health = Health(
            status="ok" if is_well else "degraded",
            version=crawler.__version__,
            entities=len(listing.entities),
            snapshots=listing.snapshots,
            places=places,
        )
        status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
        return whole(request, rendered(health), status=status)

    async def entities(self, request: web.Request) -> web.StreamResponse:
        """Answer with a page of the entities."""
        query = query_of(request, PageQuery)
        listing = await self._catalog.listing()
        names = list(listing.entities)
        start = bisect_right(names, query.cursor) if query.cursor is not None else 0
        shown = names[start : start + query.limit]
        return whole(
            request,
            rendered(
                EntityList(
                    items=[_entity(listing.entities[name]) for name in shown],
                    next_cursor=_cursor(shown, names, start),
                    total=len(names),
                    problems=list(listing.problems),
                )
            ),
        )

    async def entity(self, request: web.Request) -> web.StreamResponse:
        """Answer with one entity."""
        query_of(request, NoQuery)
        ones = found_entity(await self._catalog.listing(), request)
        return whole(request, rendered(_entity(ones)))

    async def snapshots(self, request: web.Request) -> web.StreamResponse:
        """Answer with a page of an entity's snapshots."""
        query = query_of(request, PageQuery)
        ones = found_entity(await self._catalog.listing(), request)[::-1]
        names = [one.summary.snapshot for one in ones]
        start = 0
        if query.cursor is not None:
            if query.cursor not in names:
                raise RefusalError(HTTPStatus.NOT_FOUND, "cursor: no snapshot of this entity")
            start = names.index(query.cursor) + 1
        shown = ones[start : start + query.limit]
        return whole(
            request,
            rendered(
                SnapshotList(
                    items=[_snapshot(one) for one in shown],
                    next_cursor=_cursor([one.summary.snapshot for one in shown], names, start),
                    total=len(names),
                )
            ),
        )

    async def summary(self, request: web.Request) -> web.StreamResponse:
        """Answer with the figures of a snapshot; they lie ready."""
        query_of(request, NoQuery)
        kept = found_snapshot(await self._catalog.listing(), request)
        return whole(request, kept.body, etag=kept.identity[:32])

    async def report(self, request: web.Request) -> web.StreamResponse:
        """Answer with the whole report."""
        query_of(request, NoQuery)
        kept = found_snapshot(await self._catalog.listing(), request)
        require_report(kept)
        return whole(request, await kept.place.report(kept))

    async def findings(self, request: web.Request) -> web.StreamResponse:
        """Answer with a page of the rows."""
        query = query_of(request, FindingsQuery)
        kept = found_snapshot(await self._catalog.listing(), request)
        async with self._shelf.opened(kept) as index:
            start = query.cursor if query.cursor is not None else 0
            if start > index.rows:
                raise RefusalError(HTTPStatus.NOT_FOUND, "cursor: beyond the last row")
            page = await asyncio.to_thread(index.page, query.chosen(), start, query.limit)
            rows = index.rows
        head = {"rows": rows, "matched": page.matched, "next_cursor": page.following}
        # The lines are JSON already: they are put in as they are.
        body = json.dumps(head).encode()[:-1] + b', "items": [' + b",".join(page.lines) + b"]}\n"
        return whole(request, body)

    async def lines(self, request: web.Request) -> web.StreamResponse:
        """Send all rows that are chosen, as findings.jsonl has them."""
        query = query_of(request, ChoiceQuery)
        kept = found_snapshot(await self._catalog.listing(), request)
        chosen = query.chosen()
        async with self._shelf.opened(kept) as index:
            pieces = (
                gathered(b"".join(line + b"\n" for line in lines) for lines in index.lines(chosen))
                if chosen
                else gathered(index.pieces())
            )
            etag = etag_of(kept.identity, "lines", json.dumps(chosen, sort_keys=True))
            return await streamed(request, pieces, media=LINES, etag=etag)

    async def changes(self, request: web.Request) -> web.StreamResponse:
        """Answer with what differs from the snapshot before."""
        query_of(request, NoQuery)
        listing = await self._catalog.listing()
        kept = found_snapshot(listing, request)
        changes = await changes_of(listing, self._shelf, kept)
        if changes is None:
            raise RefusalError(HTTPStatus.NOT_FOUND, "there is no snapshot before this one")
        return whole(request, rendered(changes))


def require_report(kept: Kept) -> None:
    """Raise RefusalError (404) when only the summary and the rows of a snapshot are kept."""
    if not kept.has_report:
        raise RefusalError(
            HTTPStatus.NOT_FOUND,
            "a folder keeps the whole report of its last run only; a store keeps them all",
        )


def _entity(ones: Sequence[Kept]) -> EntityEntry:
    newest = ones[-1].summary
    return EntityEntry(
        entity=newest.entity,
        title=newest.title,
        snapshots=len(ones),
        latest=newest.snapshot,
        taken=newest.taken,
        verdict=newest.verdict,
        exit_code=newest.exit_code,
    )


def _snapshot(one: Kept) -> SnapshotEntry:
    (entry,) = index_of([(one.summary, etag_of(one.body))]).snapshots
    members: dict[str, Any] = {name: getattr(entry, name) for name in type(entry).model_fields}
    return SnapshotEntry(**members, has_report=one.has_report)


def _cursor(shown: Sequence[str], names: Sequence[str], start: int) -> str | None:
    return shown[-1] if shown and start + len(shown) < len(names) else None
