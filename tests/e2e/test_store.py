"""What becomes of a store over many runs, on a full disk, and where it may not be written."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from chains.adapter import Observed
from crawler import settings as settings_module
from crawler.run import verify_list
from crawler.store.database import StoreError, open_database
from crawler.store.readings import StoredReadings
from crawler.wallet_list import open_wallet_list
from tests.e2e.test_kill import report, scene, start
from tests.fakes.evm_node import FakeNode
from tests.fakes.evm_scene import HEIGHT
from tests.unit.crawler.lists_of_ours import Ledger, published, row
from tests.unit.crawler.samples import ETH, POINT, observed
from tests.unit.crawler.test_readings import Quiet

RUNS = 100
LISTS = 4
PAGE = 4096
"""Bytes by which a database grows."""
NOBODY = 65_534
ACCOUNT = bytes(19) + b"\1"


def table_rows(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
            for (name,) in names.fetchall()
        }


def test_many_runs_leave_nothing_but_their_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every list is verified over and over; half of them have a row that stays open."""
    store, loaded = tmp_path / "store.sqlite", settings_module.load(environment={})
    ledger = Ledger(down={"base"})
    monkeypatch.setattr("crawler.run.reader_of", lambda _: ledger)
    sizes, counts = [], []
    for run in range(RUNS):
        number = run % LISTS
        coin = "ETH-BASE" if number % 2 else "ETH"
        path = tmp_path / f"{number}.csv"
        path.write_bytes(published([row(1, "0"), row(2 + number, "0", coin=coin)]))
        wallet_list = open_wallet_list(path, loaded.entity("okx"), loaded.heights)
        verify_list(wallet_list, loaded, Quiet(), workers=1, store=str(store))
        if run % LISTS == LISTS - 1:
            sizes.append(store.stat().st_size)
            counts.append(table_rows(store))
    assert counts[0]["runs"] == counts[0]["run_findings"] == LISTS
    assert counts[0]["readings"] == 3
    assert counts.count(counts[0]) == len(counts)
    # Reports differ by a few bytes (times), so what replaces one may take a page more for a while.
    # A page that every round leaves behind would make twice as much as is allowed here.
    assert max(sizes) - sizes[0] < len(sizes) * PAGE // 2
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        *(f"{number}.csv" for number in range(LISTS)), "store.sqlite",
    ]  # fmt: skip


async def test_a_full_disk_is_a_clear_error_and_harms_nothing(tmp_path: Path) -> None:
    """The limit of file sizes stands for the disk: the system refuses to write any further."""
    store, settings = tmp_path / "store.sqlite", tmp_path / "settings.toml"
    settings.write_text("[limits]\naddresses_per_call = 100\n")
    few, many = tmp_path / "few.csv", tmp_path / "many.csv"
    few.write_bytes(published([row(n, "1", height=HEIGHT) for n in range(20)]))
    many.write_bytes(published([row(n, "1", height=HEIGHT) for n in range(1_500)]))

    async def verify(node: FakeNode, path: Path, out: str, limit: int | None = None) -> bytes:
        command = ["verify", str(path), "--endpoint", f"ethereum={node.url}", "--jobs", "1"]
        command += ["--store", str(store), "--out", str(tmp_path / out)]
        process = await start(command, settings)
        if limit is not None:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
        _, errors = await process.communicate()
        assert process.returncode == (0 if limit is None else 2), errors
        return errors

    async with FakeNode(scene(1_500)) as node:
        await verify(node, few, "first")
        before = table_rows(store)
        errors = await verify(node, many, "refused", limit=store.stat().st_size + 16_384)
        assert errors.startswith(b"assay: the store failed: ")
        assert errors.count(b"\n") == 1
        assert not (tmp_path / "refused").exists() or not list((tmp_path / "refused").iterdir())
        assert table_rows(store)["runs"] == before["runs"]

        node.packed_sizes.clear()
        await verify(node, few, "again")
        assert report(tmp_path / "again") == report(tmp_path / "first")
        assert node.packed_sizes == []
        await verify(node, many, "later")
        assert sum(node.packed_sizes) <= 1_500 - 20


@contextmanager
def read_only_folder(folder: Path) -> Iterator[None]:
    """Take away the right to write, also from root, who then is nobody for a while."""
    is_root = os.geteuid() == 0
    folder.chmod(0o555)
    try:
        if is_root:
            os.seteuid(NOBODY)
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)


async def keep(store: Path, amount: int) -> None:
    async with open_database(str(store)) as engine:
        await StoredReadings(engine).save(ETH, POINT, [(ACCOUNT, observed(amount))])


async def kept(store: Path) -> dict[bytes, Observed]:
    async with open_database(str(store)) as engine:
        return await StoredReadings(engine).fetch(ETH, POINT, [ACCOUNT])


def test_a_read_only_folder_is_a_clear_error_and_harms_nothing() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with read_only_folder(folder), pytest.raises(StoreError, match="the store "):
            asyncio.run(keep(folder / "new.sqlite", 1))
        assert list(folder.iterdir()) == []

        asyncio.run(keep(folder / "old.sqlite", 1))
        (folder / "old.sqlite").chmod(0o444)
        with read_only_folder(folder), pytest.raises(StoreError, match="the store "):
            asyncio.run(keep(folder / "old.sqlite", 2))
        (folder / "old.sqlite").chmod(0o644)
        assert asyncio.run(kept(folder / "old.sqlite")) == {ACCOUNT: observed(1)}
