"""One list, end to end: a signed account of Polkadot, its balance proven by the state trie."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from nacl.signing import SigningKey

from crawler import settings
from crawler.run import verify_list
from crawler.wallet_list import open_wallet_list
from tests.fakes.substrate_node import SubstrateChain, SubstrateFake
from tests.unit.crawler.test_readings import Quiet
from tests.vectors.listed_key_rows import ENCODERS, KEY, SIGNED, STRANGER
from tests.vectors.signing import MESSAGE

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.reports.model import Report

HEIGHT, MOVED = 20_000_000, 28_490_502
OTHER = bytes(SigningKey(bytes(32)).verify_key)
HEADER = (
    "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,"
    "redeem script/ public key"
)


def row(height: int, key: bytes, amount: str) -> str:
    _, encode, _ = ENCODERS["polkadot"]
    return f"DOT,DOT,{height},{encode(key)},{amount},{MESSAGE},{SIGNED},,0x{KEY.hex()}"


def verified(path: Path, url: str, out: Path) -> Report:
    loaded = settings.load(environment={}, endpoints=[f"polkadot={url}"])
    published = open_wallet_list(path, loaded.entity("okx"), loaded.heights)
    return verify_list(published, loaded, Quiet(), out=out, workers=1)


async def test_a_row_of_polkadot_is_proven_and_matches(tmp_path: Path) -> None:
    chain = SubstrateChain(first=HEIGHT)
    genesis = settings.load(environment={}).networks["polkadot"].options["genesis"]
    chain.blocks[0].hash = f"0x{genesis}"
    chain.pay(KEY, 12 * 10**10, reserved=5 * 10**9)
    chain.mine()
    chain.reap(KEY)
    chain.mine()
    path = tmp_path / "list.csv"
    rows = [row(HEIGHT, KEY, "12.5"), row(MOVED, STRANGER, "1"), row(HEIGHT, OTHER, "1")]
    path.write_text("coin,snapshot height,amount\n\n" + HEADER + "\n" + "\n".join(rows) + "\n")
    async with SubstrateFake(chain) as fake:
        await asyncio.to_thread(verified, path, fake.url, tmp_path / "out")
    lines = (tmp_path / "out" / "findings.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    assert [one["finding"] for one in found] == ["match", "unresolved", "shortfall"]
    assert [one["ownership"] for one in found] == ["proven", "failed", "failed"]
    assert found[0]["assurance"] == found[2]["assurance"] == "proof"
    assert "polkadot-asset-hub" in json.dumps(found[1])
