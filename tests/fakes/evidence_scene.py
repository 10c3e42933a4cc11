"""A run over a small list and a fake EVM node, and the bundle that it leaves."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from crawler import settings
from crawler.evidence.bundle import evidence_of
from crawler.evidence.manifest import MANIFEST, Member, manifest_bytes
from crawler.evidence.result import Replay
from crawler.proving import parse_policy
from crawler.replay import replay
from crawler.reports.model import Report
from crawler.run import verify_list
from crawler.wallet_list import open_wallet_list
from tests.fakes.evm_ledger import FakeLedger
from tests.fakes.evm_node import FakeNode
from tests.fakes.evm_scene import HEIGHT, ledger
from tests.unit.crawler.lists_of_ours import address, published, row
from tests.unit.crawler.test_readings import Quiet

ETHER = 10**18
ROWS = 12
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def funded(rows: int = ROWS) -> FakeLedger:
    """Row 3 holds less than it claims, row 4 more; the others hold one ether."""
    book = ledger(0)
    for number in range(rows):
        held = {3: ETHER // 2, 4: 2 * ETHER}.get(number, ETHER)
        book.fund(bytes.fromhex(address(number)[2:]), HEIGHT - 5, held)
    return book


def rows_of(count: int = ROWS) -> list[str]:
    """Row 5 is signed by another key, the last two repeat a row and name an unknown coin."""
    rows = [row(n, "1", height=HEIGHT, signer=99 if n == 5 else n) for n in range(count - 2)]
    return [*rows, row(0, "1", height=HEIGHT), row(1, "2", coin="NO-SUCH", height=HEIGHT)]


def write_list(folder: Path) -> Path:
    path = folder / "list.csv"
    path.write_bytes(published(rows_of()))
    return path


def run(
    path: Path,
    target: Path,
    endpoints: Sequence[str],
    *,
    out: Path | None = None,
    store: str | None = None,
    prove: str | None = None,
    key: Path | None = None,
    kept_list: Path | None = None,
) -> Report:
    loaded = settings.load(environment={}, endpoints=endpoints)
    wallet_list = open_wallet_list(path, loaded.entity("okx"), loaded.heights)
    with evidence_of(target, key, path) as evidence:
        assert evidence is not None
        report = verify_list(
            wallet_list, loaded, Quiet(), out=out, workers=1, store=store, evidence=evidence,
            prove=parse_policy(prove) if prove else None,
        )  # fmt: skip
        evidence.add(kept_list or path, wallet_list)
        evidence.finish(report)
    return report


async def make_bundle(folder: Path, name: str = "bundle", *, key: Path | None = None) -> Path:
    """Return the place of a bundle over `rows_of`."""
    path = write_list(folder)
    async with FakeNode(funded()) as node:
        endpoints = [f"ethereum={node.url.replace('://', '://user:hunter2hunter@')}/v3/SECRETKEY99"]
        await asyncio.to_thread(run, path, folder / name, endpoints, key=key)
    return folder / name


def again(path: Path, **options: str) -> Replay:
    return replay(path, Quiet(), workers=1, now=LATER, **options)


def redo(path: Path) -> None:
    """Write the manifest that fits what lies in a bundle now, as somebody who cheats would."""
    members = [
        Member(
            file.relative_to(path).as_posix(),
            hashlib.sha256(file.read_bytes()).hexdigest(),
            file.stat().st_size,
        )
        for file in path.rglob("*")
        if file.is_file() and file.name != MANIFEST
    ]
    (path / MANIFEST).write_bytes(manifest_bytes(members))
