"""Bundles of real runs: made on real nodes, of killed runs, replayed where no network is."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from crawler import cli
from crawler.demo.play import AGREES, play
from crawler.resources import config_dir
from tests.e2e.test_kill import ROWS, report, scene, start
from tests.e2e.test_proving import HEADER as STAKING_HEADER
from tests.e2e.test_proving import KEY, SLOT, build, owner, row
from tests.fakes.beacon_node import GENESIS, FakeBeacon, FakeValidator
from tests.fakes.evidence_scene import again, run
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import HEIGHT
from tests.nodes.anvil import Anvil, binary
from tests.unit.crawler.lists_of_ours import published
from tests.unit.crawler.lists_of_ours import row as plain_row

OFFLINE = """
import sys

def refuse(event, arguments):
    if event in {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto",
                 "socket.gethostbyname", "socket.gethostbyaddr", "urllib.Request"}:
        raise SystemExit(f"the network was tried: {event} {arguments}")

sys.addaudithook(refuse)
from crawler.cli import run
raise SystemExit(run(sys.argv[1:]))
"""
"""Runs a command where every way to a network ends the process."""


def offline(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", OFFLINE, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_audit_hook_would_tell(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(published([plain_row(1, "1")]))
    shown = offline("verify", path, "--endpoint", "ethereum=http://127.0.0.1:1", "--quiet")
    assert "the network was tried" in shown.stderr


@pytest.mark.usefixtures("anvil")
def test_a_bundle_of_the_demo_replays_without_a_network(tmp_path: Path) -> None:
    bundle = tmp_path / "evidence.zip"

    def verify(wallet_list: Path, *, endpoints: Sequence[str], out: Path) -> int:
        flags = [word for endpoint in endpoints for word in ("--endpoint", endpoint)]
        words = ["--out", str(out), "--quiet", "--evidence", str(bundle), "--prove", "all"]
        return cli.run(["verify", str(wallet_list), *flags, *words])

    said: list[str] = []
    data = config_dir().joinpath("demo")
    assert play(verify, data=data, out=tmp_path / "out", say=said.append) == AGREES, said
    shown = offline("replay", bundle, "--quiet")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "Reproduced: findings and report come out byte for byte" in shown.stdout
    assert "snapshot blocks: the header is here and hashes to the block." in shown.stdout
    assert "rows were checked by state proofs against the headers." in shown.stdout
    document = json.loads(offline("replay", bundle, "--quiet", "--json").stdout)
    assert document["exit_code"] == 0

    # The same on a machine that has nothing but the bundle.
    folder = tmp_path / "elsewhere"
    shutil.unpack_archive(bundle, folder)
    shutil.rmtree(tmp_path / "out")
    assert offline("replay", folder, "--quiet").returncode == 0

    proofs = folder / "proofs.jsonl"
    text = proofs.read_text()
    proofs.write_text(text.replace('"amount":"', '"amount":"1', 1))
    shown = offline("replay", folder, "--quiet")
    assert shown.returncode == 1
    assert "proofs.jsonl: is longer than" in shown.stdout


@pytest.mark.skipif(binary() is None, reason="anvil is not installed: npm ci --prefix tests/nodes")
async def test_who_controls_and_what_is_staked_replays_too(tmp_path: Path) -> None:
    path, bundle = tmp_path / "list.csv", tmp_path / "bundle"
    async with Anvil(timestamp=GENESIS + 12 * SLOT - 120) as node:
        height, safe = await build(node)
        block = await node.rpc("eth_getBlockByNumber", hex(height), False)  # noqa: FBT003 (JSON)
        beacon = FakeBeacon({SLOT: block["hash"]})
        credentials = b"\x01" + bytes(11) + bytes.fromhex(owner(1)[2:])
        beacon.validators[KEY] = FakeValidator(5, 32 * 10**9, credentials)
        rows = [
            row(height, owner(1), "3"),
            row(height, safe, "5", owners=f"{owner(1)},{owner(2)}", signers=(1, 2)),
            row(height, f"0x{KEY.hex()}", "32", owners=f"{owner(1)},", kind="Native ETH Staking"),
        ]
        head = f"coin,snapshot height,amount\n\n{STAKING_HEADER}\n"
        path.write_text(head + "\n".join(rows) + "\n")
        async with beacon:
            urls = [f"ethereum={node.url}", f"ethereum-beacon={beacon.url}"]
            made = await asyncio.to_thread(run, path, bundle, urls, prove="all")
    assert made.entity.assurance == {"node": 1, "proof": 2}
    result = await asyncio.to_thread(again, bundle)
    assert result.problems == []
    assert "Who controls 2 accounts: what the endpoints said of the chain." in result.resting
    assert "1 of 1 snapshot blocks: the header is here and hashes to the block." in result.verified


async def test_evidence_of_a_run_that_was_killed_and_resumed(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 (moments, not secrets)
    path, settings = tmp_path / "list.csv", tmp_path / "settings.toml"
    path.write_bytes(published([plain_row(n, "1", height=HEIGHT) for n in range(ROWS)]))
    settings.write_text("[limits]\naddresses_per_call = 10\nconcurrency = 2\n")
    bundle = tmp_path / "bundle"
    async with FakeNode(scene(), Faults(delay_s=0.02)) as node:
        verify = ["verify", str(path), "--endpoint", f"ethereum={node.url}", "--jobs", "1"]
        stored = [*verify, "--store", str(tmp_path / "store.sqlite"), "--evidence", str(bundle)]
        for _ in range(3):
            process = await start(stored, settings)
            try:
                await asyncio.wait_for(process.wait(), chance.uniform(0.8, 1.6))
            except TimeoutError:
                process.kill()
                await process.wait()
        last = await start(stored, settings)
        assert await last.wait() == 0, await last.stderr.read()  # type: ignore[union-attr]
        alone = await start([*verify, "--out", str(tmp_path / "alone")], settings)
        assert await alone.wait() == 0
    assert report(bundle) == report(tmp_path / "alone")
    assert (await asyncio.to_thread(again, bundle)).problems == []
