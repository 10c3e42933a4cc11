"""A run that is killed again and again ends with the same report as one that was left alone."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
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


def scene() -> FakeLedger:
    book = ledger(0)
    for number in range(ROWS):
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
