"""The store against plain sqlite3 doing the same inserts, and a finished run given again.

Then a thousand runs in a row on one store, which may grow by nothing but reports. Prints ratios
measured in one run. `python tests/bench/bench_store.py [ROWS]`
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from chains.adapter import Assurance, HoldingForm, Observed, SnapshotPoint
from crawler import settings
from crawler.run import verify_list
from crawler.store.database import open_database
from crawler.store.readings import StoredReadings
from crawler.store.runs import StoredRuns, compressed
from crawler.wallet_list import open_wallet_list
from tests.unit.crawler.lists_of_ours import Ledger, published, row
from tests.unit.crawler.test_readings import Quiet

POINT = SnapshotPoint("ethereum", 100, "0x" + "ab" * 32, datetime(2026, 1, 1, tzinfo=UTC))
FORM = HoldingForm("ETH@ethereum", "ETH", "ethereum", None, 18, ())
COMMIT = 1_000
SOURCES = '["http://127.0.0.1:8545"]'
ROUNDS = 3
RUNS = 1_000


def readings(rows: int) -> list[tuple[bytes, Observed]]:
    """Return `rows` readings of different accounts."""
    return [
        (n.to_bytes(20), Observed(10**18 + n, POINT, Assurance.NODE, ("http://127.0.0.1:8545",)))
        for n in range(rows)
    ]


def plain(path: Path, batch: list[tuple[bytes, Observed]]) -> float:
    """Return the seconds that the standard library takes."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(
        "CREATE TABLE readings (point INTEGER, form TEXT, account BLOB, amount TEXT, "
        "assurance TEXT, sources TEXT, PRIMARY KEY (point, form, account))"
    )
    started = time.perf_counter()
    for start in range(0, len(batch), COMMIT):
        connection.executemany(
            "INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [
                (1, FORM.id, account, str(one.amount), one.assurance.value, SOURCES)
                for account, one in batch[start : start + COMMIT]
            ],
        )
        connection.commit()
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


async def ours(path: Path, batch: list[tuple[bytes, Observed]]) -> tuple[float, float]:
    """Return the seconds that writing and reading back take."""
    async with open_database(str(path)) as engine:
        stored = StoredReadings(engine)
        started = time.perf_counter()
        for start in range(0, len(batch), COMMIT):
            await stored.save(FORM, POINT, batch[start : start + COMMIT])
        written = time.perf_counter() - started
        started = time.perf_counter()
        found = await stored.fetch(FORM, POINT, [account for account, _ in batch])
        read = time.perf_counter() - started
    if len(found) != len(batch):
        raise SystemExit("the store lost readings")
    return written, read


async def finished_run(path: Path, rows: int) -> float:
    """Return the seconds that a finished run takes to be given again."""
    line = b'{"row":1,"coin":"ETH","address":"0x' + b"ab" * 20 + b'","detail":"x"}' + b" " * 300
    async with open_database(str(path)) as engine:
        runs = StoredRuns(engine)
        await runs.begin("r", entity="okx", list_name="l", list_digest="d")
        parts = compressed(line + b"%d\n" % n for n in range(rows))
        await runs.finish("r", exit_code=0, settled=True, report="{}", parts=parts)
        started = time.perf_counter()
        size = sum([len(piece) async for piece in runs.findings("r")])
        seconds = time.perf_counter() - started
    if size < rows * len(line):
        raise SystemExit("the store lost findings")
    return seconds


def many_runs(folder: Path) -> list[int]:
    """Return the size of a store after 10, 100 and 1,000 runs over four lists, in bytes."""
    store, loaded, sizes = folder / "many.sqlite", settings.load(environment={}), []
    with patch("crawler.run.reader_of", lambda _: Ledger(down={"base"})):
        for run in range(RUNS):
            path = folder / f"{run % 4}.csv"
            coin = "ETH-BASE" if run % 2 else "ETH"  # whose rows stay open
            path.write_bytes(published([row(1, "0"), row(2 + run % 4, "0", coin=coin)]))
            wallet_list = open_wallet_list(path, loaded.entity("okx"), loaded.heights)
            verify_list(wallet_list, loaded, Quiet(), workers=1, store=str(store))
            if run + 1 in {10, 100, RUNS}:
                sizes.append(store.stat().st_size)
    return sizes


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    batch = readings(rows)
    for round_ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            base = plain(Path(folder) / "plain.sqlite", batch)
            written, read = asyncio.run(ours(Path(folder) / "ours.sqlite", batch))
            again = asyncio.run(finished_run(Path(folder) / "runs.sqlite", rows))
        print(  # noqa: T201
            f"round {round_ + 1}: {rows:,} readings: {base / written:.2f} of sqlite3's rate "
            f"({rows / written:,.0f}/s against {rows / base:,.0f}/s), read back in {read:.2f} s, "
            f"findings of a finished run in {again:.2f} s"
        )
    with tempfile.TemporaryDirectory() as folder:
        sizes = many_runs(Path(folder))
    print(f"10, 100, {RUNS:,} runs on one store: {sizes} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
