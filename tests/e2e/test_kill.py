"""A run that is killed again and again ends with the same report as one that was left alone."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.fakes.evm_ledger import FakeLedger
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import HEIGHT, ledger
from tests.unit.crawler.lists_of_ours import address, published, row
from tests.unit.crawler.store.conftest import location, postgres

__all__ = ["location", "postgres"]  # fixtures

ROWS = 400
KILLS = 25
SEED = 20260101


def scene(rows: int = ROWS) -> FakeLedger:
    book = ledger(0)
    for number in range(rows):
        book.fund(bytes.fromhex(address(number)[2:]), HEIGHT - 5, 10**18)
    return book


async def start(arguments: list[str], settings: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "crawler", *arguments, "--settings", str(settings), "--quiet",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    )  # fmt: skip


def report(folder: Path) -> tuple[bytes, dict[str, object]]:
    document = json.loads((folder / "report.json").read_text())
    del document["timing"]
    return (folder / "findings.jsonl").read_bytes(), document


async def test_killed_at_25_random_moments(location: str, tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311 (moments, not secrets)
    path, settings = tmp_path / "list.csv", tmp_path / "settings.toml"
    path.write_bytes(published([row(n, "1", height=HEIGHT) for n in range(ROWS)]))
    settings.write_text("[limits]\naddresses_per_call = 10\nconcurrency = 2\n")
    async with FakeNode(scene(), Faults(delay_s=0.02)) as node:
        verify = ["verify", str(path), "--endpoint", f"ethereum={node.url}", "--jobs", "1"]
        alone = await start([*verify, "--out", str(tmp_path / "alone")], settings)
        assert await alone.wait() == 0, await alone.stderr.read()  # type: ignore[union-attr]

        node.packed_sizes.clear()
        out = tmp_path / "killed"
        stored = [*verify, "--out", str(out), "--store", location]
        kills = finished = 0
        while kills < KILLS:
            process = await start(stored, settings)
            try:
                await asyncio.wait_for(process.wait(), chance.uniform(0.2, 1.6))
            except TimeoutError:
                process.kill()
                await process.wait()
                kills += 1
            else:
                finished += 1
                assert process.returncode == 0
                kills += 1  # it had nothing left to be killed in
        last = await start(stored, settings)
        assert await last.wait() == 0, await last.stderr.read()  # type: ignore[union-attr]
    assert report(out) == report(tmp_path / "alone")
    assert [found.name for found in out.iterdir() if found.name.startswith(".")] == []
    assert {"findings.jsonl", "report.json", "report.html", "index.json"} <= {
        found.name for found in out.iterdir()
    }
    # What a kill may lose is what was under way and not yet kept, never what was.
    assert sum(node.packed_sizes) < ROWS * 4
    assert len(report(out)[0].splitlines()) == ROWS


def readings(folder: Path) -> int:
    """How many readings lie in the only journal of a folder; 0 while there is none."""
    for path in folder.glob("*.sqlite"):
        with closing(sqlite3.connect(path)) as connection, suppress(sqlite3.OperationalError):
            return int(connection.execute("SELECT count(*) FROM readings").fetchone()[0])
    return 0


async def test_a_killed_run_without_a_store_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, kept = 2_200, 1_000
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    resume = tmp_path / "data" / "assay" / "resume"
    path, settings, out = tmp_path / "list.csv", tmp_path / "settings.toml", tmp_path / "out"
    path.write_bytes(published([row(n, "1", height=HEIGHT) for n in range(rows)]))
    settings.write_text("[limits]\naddresses_per_call = 100\nconcurrency = 2\n")
    async with FakeNode(scene(rows)) as node:

        def stall(answer: object) -> object:
            if sum(node.packed_sizes) > kept + 500:
                node.faults.delay_s = 3_600
            return answer

        node.faults.rewrite = stall
        verify = ["verify", str(path), "--endpoint", f"ethereum={node.url}", "--jobs", "1"]
        verify += ["--out", str(out)]
        first = await start(verify, settings)
        while readings(resume) < kept:
            assert first.returncode is None, await first.stderr.read()  # type: ignore[union-attr]
            await asyncio.sleep(0.02)
        first.kill()
        await first.wait()
        assert not out.exists() or list(out.iterdir()) == []

        node.faults.rewrite, node.faults.delay_s = None, 0.0
        node.packed_sizes.clear()
        second = await start(verify, settings)
        assert await second.wait() == 0, await second.stderr.read()  # type: ignore[union-attr]
    assert sum(node.packed_sizes) <= rows - kept
    assert len(report(out)[0].splitlines()) == rows
    assert list(resume.iterdir()) == []


@pytest.mark.parametrize("place", ["/dev/full", "/proc/store.sqlite"])
async def test_a_store_that_cannot_be_written_is_a_clear_error(place: str, tmp_path: Path) -> None:
    path, settings = tmp_path / "list.csv", tmp_path / "settings.toml"
    path.write_bytes(published([row(1, "1")]))
    settings.write_text("")
    out = tmp_path / "out"
    process = await start(["verify", str(path), "--store", place, "--out", str(out)], settings)
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert errors.startswith(b"assay: the store")
    assert b"Traceback" not in errors
    assert not out.exists() or list(out.iterdir()) == []
