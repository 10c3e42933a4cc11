"""1,000 addresses of each ledger family on its simulator: requests, and how much waiting is saved.

Each simulator answers after 20 ms. In one run a family reads the same addresses (1) one at a time,
a sample of them, and (2) as the adapter's public method does, with a window of 64 requests
(``[limits] concurrency = 64``), and once more with a configured rate, which must not be exceeded.

    python tests/bench/bench_ledgers.py [FAMILY ...]
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from chains.adapter import Observed
from chains.panel import PanelSettings
from chains.transport.settings import TransportSettings
from tests.fakes import xrpl_ledger
from tests.fakes.account_history import Scene, crowd
from tests.fakes.ledger_trials import Trial

ADDRESSES = 1_000
SAMPLE = 25
LATENCY_S = 0.02
RATE = 500
WINDOW = 64


class Family(NamedTuple):
    """One line of the bench."""

    name: str
    account: Callable[[int], bytes]
    trial: Callable[[Scene], Trial]
    most_requests: int
    """HTTP requests per 1,000 addresses by the table of methods, and a few for the block."""


FAMILIES = (Family("xrpl", xrpl_ledger.account, xrpl_ledger.trial, 1_010),)


class Run(NamedTuple):
    """What one reading took."""

    seconds: float
    requests: int


async def read(one: Trial, accounts: list[bytes], settings: TransportSettings) -> Run:
    """Read `accounts` and compare with the simulator's own ledger."""
    found: dict[bytes, int] = {}
    asked = len(one.server.paths)
    made = one.reader(one.network, [one.server.url], settings=PanelSettings(transport=settings))
    async with made as panel:
        point = await panel.pin(one.scene.height)
        start = time.perf_counter()
        async for batch in panel.balances(one.form, point, accounts):  # type: ignore[arg-type]
            for account, reading in batch:
                assert isinstance(reading, Observed), reading
                found[account] = reading.amount
        elapsed = time.perf_counter() - start
    state = one.scene.history.state(one.scene.height)
    assert found == {account: state[account] for account in accounts}
    return Run(elapsed, len(one.server.paths) - asked)


async def measure(family: Family) -> None:
    """Print one family's line."""
    told, accounts = crowd(family.account, ADDRESSES)
    one = family.trial(told)
    narrow = TransportSettings(concurrency=1, most_concurrency=1)
    wide = TransportSettings(concurrency=WINDOW, most_concurrency=WINDOW)
    async with one.server:
        one.server.faults.latency_s = LATENCY_S
        single = (await read(one, accounts[:SAMPLE], narrow)).seconds * ADDRESSES / SAMPLE
        whole = await read(one, accounts, wide)
        paced = await read(
            one,
            accounts,
            TransportSettings(concurrency=WINDOW, most_concurrency=WINDOW, requests_per_s=RATE),
        )
    # A token bucket lets one second's worth go at once.
    allowed = RATE * (paced.seconds + 1)
    sys.stdout.write(
        f"{family.name:12} {whole.requests:6} requests (table {family.most_requests}), "
        f"{single / whole.seconds:6.1f} x one at a time, at {RATE}/s: "
        f"{paced.requests / paced.seconds:6.0f}/s\n"
    )
    assert whole.requests <= family.most_requests
    assert paced.requests <= allowed


def main() -> None:
    """Print one line a family."""
    chosen = set(sys.argv[1:])
    for family in FAMILIES:
        if not chosen or family.name in chosen:
            asyncio.run(measure(family))


if __name__ == "__main__":
    main()
