"""The pages: entities, an entity over time, a snapshot, and its report. They need no script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import BinaryIO

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from crawler.reports import json as json_report
from crawler.reports.metrics import metrics_text
from crawler.reports.model import Line, Report
from crawler.reports.page import (
    TONES,
    amount,
    page_pieces,
    page_policy,
    page_style,
    ratio,
    rows_link,
    seen,
    share_of,
    shares,
)
from crawler.reports.snapshots import Changes
from crawler.reports.terminal import percent
from crawler.reports.visible import visible
from crawler.web.answers import etag_of, gathered, query_of, streamed, whole
from crawler.web.api import changes_of, found_entity, found_snapshot, require_report
from crawler.web.catalog import Catalog, Listing
from crawler.web.kept import Kept, UnavailableError
from crawler.web.operations import NoQuery, route_of
from crawler.web.shelf import Shelf
from crawler.web.trend import FIGURES, HEIGHT, WIDTH, trends

HTML, METRICS = "text/html", "text/plain"


class Pages:
    """The handlers of pages, and /metrics."""

    def __init__(self, catalog: Catalog, shelf: Shelf, explorers: Mapping[str, str]) -> None:
        """`explorers`: network -> URL template with ``{address}``, for the report's links."""
        self._catalog = catalog
        self._shelf = shelf
        self._explorers = explorers
        self._metrics: dict[str, tuple[str, bytes]] = {}

    def add_to(self, application: web.Application) -> None:
        """Add the routes."""
        snapshot = "/entities/{entity}/snapshots/{snapshot}"
        for path, handler in (
            ("/", self.entities),
            ("/entities/{entity}", self.entity),
            (snapshot, self.snapshot),
            (f"{snapshot}/report.html", self.report),
            ("/metrics", self.metrics),
        ):
            application.router.add_get(route_of(path), handler)

    async def entities(self, request: web.Request) -> web.StreamResponse:
        """Show every entity, or how to get one."""
        query_of(request, NoQuery)
        listing = await self._catalog.listing()
        newest = [ones[-1].summary for ones in listing.entities.values()]
        counts = {name: len(ones) for name, ones in listing.entities.items()}
        return _page(
            request, "entities.html", newest=newest, counts=counts, problems=listing.problems
        )

    async def entity(self, request: web.Request) -> web.StreamResponse:
        """Show an entity over its snapshots."""
        query_of(request, NoQuery)
        ones = found_entity(await self._catalog.listing(), request)
        summaries = [one.summary for one in ones]
        return _page(
            request, "entity.html",
            title=summaries[-1].title, entity=summaries[-1].entity, kept=ones[::-1],
            trends=trends(summaries), width=WIDTH, height=HEIGHT, figures=FIGURES,
        )  # fmt: skip

    async def snapshot(self, request: web.Request) -> web.StreamResponse:
        """Show the figures of a snapshot."""
        query_of(request, NoQuery)
        listing = await self._catalog.listing()
        kept = found_snapshot(listing, request)
        summary = kept.summary
        return _page(
            request, "snapshot.html",
            one=summary, has_report=kept.has_report, before=listing.before(kept),
            tables=(
                ("Reserves by asset", "network", summary.assets),
                ("By network", "network", summary.networks),
                ("By custodian", "custodian", await self._custodians(kept)),
            ),
            shares=(
                ("Findings", shares(summary.findings, summary.rows)),
                ("Ownership", shares(summary.ownership, summary.rows)),
                ("Assurance of balances", shares(summary.assurance, summary.rows_observed)),
            ),
        )  # fmt: skip

    async def _custodians(self, kept: Kept) -> list[Line]:
        """Return the figures by custodian; the whole report has them, and nothing else."""
        if not kept.has_report:
            return []
        try:
            return _parsed(await kept.place.report(kept)).custodians
        except UnavailableError:
            return []

    async def report(self, request: web.Request) -> web.StreamResponse:
        """Send the same report.html that a run writes, made anew from what is kept."""
        query_of(request, NoQuery)
        listing = await self._catalog.listing()
        kept = found_snapshot(listing, request)
        require_report(kept)
        report = _parsed(await kept.place.report(kept))
        changes = await self._changes(listing, kept)
        async with self._shelf.packed(kept) as rows:
            before = changes.previous if changes is not None else ""
            etag = etag_of(kept.identity, "page", page_policy(), before)
            return await streamed(
                request, self._pieces(report, rows, changes), media=HTML, etag=etag,
                policy=f"{page_policy()}; frame-ancestors 'none'",
            )  # fmt: skip

    def _pieces(self, report: Report, rows: BinaryIO, changes: Changes | None) -> Iterator[bytes]:
        pages = page_pieces(report, rows, self._explorers, changes)
        return gathered(piece.encode() for piece in pages)

    async def _changes(self, listing: Listing, kept: Kept) -> Changes | None:
        """Return the changes, or None when the rows of the snapshot before cannot be read."""
        try:
            return await changes_of(listing, self._shelf, kept)
        except UnavailableError:
            return None

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        """Give the newest report of each entity to Prometheus."""
        query_of(request, NoQuery)
        listing = await self._catalog.listing()
        newest = [_newest_report(ones) for ones in listing.entities.values()]
        chosen = [kept for kept in newest if kept is not None]
        identity = etag_of(*(kept.identity for kept in chosen))
        known = self._metrics.get(identity)
        if known is None:
            reports = [_parsed(await kept.place.report(kept)) for kept in chosen]
            known = identity, metrics_text(reports).encode()
            self._metrics = {identity: known}
        return whole(request, known[1], media=METRICS, etag=identity)


def _newest_report(ones: tuple[Kept, ...]) -> Kept | None:
    return next((kept for kept in reversed(ones) if kept.has_report), None)


def _parsed(content: bytes) -> Report:
    try:
        report = json_report.read(content)
    except ValueError as error:
        raise UnavailableError("the report is damaged") from error
    if report is None:
        raise UnavailableError("the report was written by another version")
    return report


def _page(request: web.Request, template: str, **values: object) -> web.StreamResponse:
    style, policy = _style()
    text = _environment().get_template(template).render(style=style, **values)
    return whole(request, text.encode(), media=HTML, policy=policy)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("crawler.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "visible": visible, "seen": seen, "amount": amount, "share_of": share_of,
        "percent": percent, "ratio": ratio,
    }  # fmt: skip
    environment.globals["rows_link"] = rows_link
    environment.globals["tones"] = TONES
    return environment


@cache
def _style() -> tuple[Markup, str]:
    environment = _environment()
    loader = environment.loader or PackageLoader("crawler.web")
    style = page_style() + loader.get_source(environment, "site.css")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    return Markup(style), policy  # noqa: S704 (our own files)
