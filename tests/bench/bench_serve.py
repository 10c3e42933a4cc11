"""`assay serve` over snapshots of 200,000 rows: how long an answer takes at a steady rate.

Run: ``python -m tests.bench.bench_serve [ROWS [SECONDS]]`` (default 200,000 and 10). The server is
a process of its own. Requests are sent open-loop: at their appointed times, whether or not earlier
ones were answered, and the time of an answer counts from the appointed time. Only the summary has
a target: p99 under 20 ms at 200 requests a second.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from crawler.reports.publication import publication
from tests.e2e.test_serve import started
from tests.unit.crawler.reports.test_publication import month
from tests.unit.crawler.web.scenes import FEBRUARY, OKX, line

RATE = 200
"""Requests a second."""

WORDS = ("match", "match", "match", "shortfall", "unresolved")


def say(text: str) -> None:
    """Show one line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def make(folder: Path, rows: int) -> None:
    """Publish two snapshots of `rows` rows each; one row in a hundred is in one of them only."""
    for number in (1, 2):
        built = month(number)
        entity = built.entity.model_copy(update={"rows": rows})
        with publication(folder / "okx", {}) as written:
            for row in range(rows):
                account = row if row % 100 else row + number * rows
                written.add(line(account, finding=WORDS[row % 5], claimed=f"{row}.5"))
            written.write(built.model_copy(update={"entity": entity}))


async def one(session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> int:
    """Return how many bytes an answer has. Raises AssertionError when it is none."""
    async with session.get(url, headers=headers) as answer:
        assert answer.status in {200, 304}, f"{url}: {answer.status}"
        return len(await answer.read())


async def steadily(
    session: aiohttp.ClientSession, urls: Sequence[str], rate: int, seconds: float
) -> list[float]:
    """Return the milliseconds of every answer, asked for at a steady rate."""
    times: list[float] = []
    begin = time.perf_counter() + 0.1

    async def ask(number: int) -> None:
        appointed = begin + number / rate
        await asyncio.sleep(max(0.0, appointed - time.perf_counter()))
        await one(session, urls[number % len(urls)], {})
        times.append((time.perf_counter() - appointed) * 1000)

    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            group.create_task(ask(number))
    return times


def spread(times: list[float]) -> str:
    """Return median, 99th percentile and the longest."""
    cuts = statistics.quantiles(times, n=100)
    return f"p50 {cuts[49]:6.2f} ms, p99 {cuts[98]:6.2f} ms, longest {max(times):6.2f} ms"


def peak_mb(process: int) -> int:
    """Return the largest memory that a process has had, in MB; 0 where it cannot be told."""
    status = Path(f"/proc/{process}/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) // 1024 if found else 0


async def timed(session: aiohttp.ClientSession, name: str, url: str) -> None:
    """Say how long one answer takes."""
    begin = time.perf_counter()
    size = await one(session, url, {})
    took = (time.perf_counter() - begin) * 1000
    say(f"{name:44} {took:9.1f} ms, {size:>12,} bytes")


async def measure(url: str, process: int, rows: int, seconds: float) -> None:
    """Print everything that is measured of one server."""
    api = url.rstrip("/") + OKX
    page = f"{api}/latest/findings?limit=100&cursor="
    pages = [f"{page}{number * rows // 100}" for number in range(100)]
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        await timed(session, "first answer of all", f"{api}/latest")
        say(f"memory of the server at rest {peak_mb(process)} MB")
        for _ in range(2):
            times = await steadily(session, [f"{api}/latest"], RATE, seconds)
            say(f"summary at {RATE}/s: {spread(times)}")
        await timed(session, "first page of findings (indexes them)", pages[0])
        await timed(session, "next page", pages[1])
        await timed(session, "page of a choice, first time", f"{pages[0]}&finding=shortfall")
        await timed(session, "page of a choice, again", f"{pages[50]}&finding=shortfall")
        times = await steadily(session, pages, RATE // 2, seconds / 2)
        say(f"findings, pages of 100 at {RATE // 2}/s: {spread(times)}")
        await timed(session, "findings.jsonl", f"{api}/latest/findings.jsonl")
        await timed(session, "older snapshot, first page", f"{api}/2026-01-01-01010101/findings")
        report = url + f"entities/okx/snapshots/{FEBRUARY}/report.html"
        await timed(session, "report.html, first time", report)
        await timed(session, "report.html, again", report)
        say(f"memory of the server at most {peak_mb(process)} MB")
        # The summary while the heaviest answers are being sent.
        heavy = asyncio.create_task(one(session, report, {}))
        times = await steadily(session, [f"{api}/latest"], RATE, seconds / 2)
        await heavy
        say(f"summary at {RATE}/s beside a report: {spread(times)}")


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 10
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), rows)
        with started("--dir", folder) as (process, url):
            asyncio.run(measure(url, process.pid, rows, seconds))


if __name__ == "__main__":
    main()
