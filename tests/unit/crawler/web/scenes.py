"""A served folder and a served store, with a client each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from crawler.reports.findings import FindingLine, encode_line
from crawler.reports.json import render
from crawler.reports.model import Report
from crawler.store.database import open_database
from crawler.store.runs import StoredRuns, compressed
from crawler.web.kept import Kept, Place
from crawler.web.server import ServeOptions, application
from tests.unit.crawler.reports.samples import finding_lines
from tests.unit.crawler.reports.test_publication import month, publish

OKX = "/api/v1/entities/okx/snapshots"
JANUARY, FEBRUARY, MARCH = "2026-01-01-01010101", "2026-02-01-02020202", "2026-03-01-03030303"

Client = TestClient[Any, Any]


def make_folder(folder: Path) -> Path:
    """Publish three months of OKX and one of HTX, and return the folder."""
    for number in (1, 2, 3):
        publish(folder / "okx", month(number), finding_lines()[: 5 + number])
    publish(folder / "htx", month(1, entity="htx"))
    return folder


def make_store(path: Path, reports: Sequence[Report] | None = None) -> Path:
    """Keep finished runs, by default of January and February, and return the store's path."""

    async def keep() -> None:
        async with open_database(str(path)) as engine:
            runs = StoredRuns(engine)
            for number, one in enumerate(reports or [month(1), month(2)]):
                run = f"{number:02d}run"
                await runs.begin(run, entity=one.entity.name, list_name="l.csv", list_digest="ab")
                await runs.finish(
                    run, exit_code=1, settled=True, report=render(one),
                    parts=compressed(map(encode_line, finding_lines()[: 6 + number])),
                )  # fmt: skip

    asyncio.run(keep())
    return path


@asynccontextmanager
async def client_of(**options: Any) -> AsyncIterator[Client]:  # noqa: ANN401
    """Give a client of a server with these options."""
    server = TestServer(application(ServeOptions(**options)))
    async with TestClient(server) as client:
        yield client


async def json_of(client: Client, path: str, status: int = 200) -> Any:  # noqa: ANN401
    """Return the JSON at a path, which must answer with `status`."""
    async with client.get(path) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json(content_type=None)


def line(number: int, **members: object) -> FindingLine:
    """Return a finding with an address of its own."""
    made = {"row": number, "address": f"0x{number:040x}", **members}
    return FindingLine(**{**finding_lines()[0], **made})  # type: ignore[typeddict-item]


def kept_in(found: Sequence[Kept], snapshot: str) -> Kept:
    """Return the snapshot of that name."""
    (one,) = [kept for kept in found if kept.summary.snapshot == snapshot]
    return one


async def looked(place: Place, snapshot: str) -> Kept:
    """Look at a place and return one of its snapshots."""
    return kept_in(await place.look(), snapshot)
