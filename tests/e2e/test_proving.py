"""One list, end to end on real nodes: a wallet, a multisig and a validator, read and proven."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from chains.evm.proof_file import verify_proof_file
from crawler import settings
from crawler.proving import parse_policy
from crawler.run import verify_list
from crawler.wallet_list import open_wallet_list
from tests.fakes.beacon_node import GENESIS, FakeBeacon, FakeValidator
from tests.nodes.anvil import Anvil, binary
from tests.nodes.deployed import deploy, owners_and_threshold, send
from tests.unit.crawler.test_readings import Quiet
from tests.vectors.demo_keys import MESSAGE, sign_evm

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.reports.model import Report

pytestmark = pytest.mark.skipif(
    binary() is None, reason="anvil is not installed: npm ci --prefix tests/nodes"
)
ETHER = 10**18
SLOT = 9_000_000
KEY = bytes([7]) * 48
HEADER = (
    "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,"
    "redeem script/ public key, eoa1, eoa2, Type"
)


def owner(number: int) -> str:
    return "0x" + sign_evm(number)[0].hex()


def row(height: int, address: str, amount: str, *, owners: str = ",", kind: str = "Non Staking",
        signers: tuple[int, ...] = (1,)) -> str:  # fmt: skip
    signed = ["0x" + sign_evm(number)[1].hex() for number in signers]
    first, second = [*signed, ""][:2]
    return f"ETH,ETH,{height},{address},{amount},{MESSAGE},{first},{second},,{owners},{kind}"


async def build(node: Anvil) -> tuple[int, str]:
    """Deploy and fund by transactions; the height of the last block and its multisig."""
    owners = [sign_evm(number)[0] for number in (1, 2, 3)]
    safe = await deploy(node, "Multisig", owners_and_threshold(owners, 2))
    await node.rpc("anvil_setBalance", f"0x{safe.hex()}", hex(5 * ETHER))
    await node.rpc("evm_setNextBlockTimestamp", hex(GENESIS + 12 * SLOT))
    height = await send(node, sign_evm(1)[0], value=3 * ETHER)
    await node.rpc("evm_mine")
    return height, f"0x{safe.hex()}"


def verified(path: Path, urls: list[str], out: Path) -> tuple[Report, list[dict[str, Any]]]:
    loaded = settings.load(environment={}, endpoints=urls)
    published = open_wallet_list(path, loaded.entity("okx"), loaded.heights)
    report = verify_list(published, loaded, Quiet(), out=out, workers=1, prove=parse_policy("all"))
    lines = (out / "findings.jsonl").read_text().splitlines()
    return report, [json.loads(line) for line in lines]


async def test_a_list_is_settled_and_proven_by_the_chain(tmp_path: Path) -> None:
    async with Anvil(timestamp=GENESIS + 12 * SLOT - 120) as node:
        height, safe = await build(node)
        block = await node.rpc("eth_getBlockByNumber", hex(height), False)  # noqa: FBT003 (JSON)
        beacon = FakeBeacon({SLOT: block["hash"]})
        credentials = b"\x01" + bytes(11) + sign_evm(1)[0]
        beacon.validators[KEY] = FakeValidator(5, 32 * 10**9, credentials)
        both = f"{owner(1)},{owner(2)}"
        key = "0x" + KEY.hex()
        rows = [
            row(height, owner(1), "3"),
            row(height, safe, "5", owners=both, signers=(1, 2)),
            row(height, key, "32", owners=f"{owner(1)},", kind="Native ETH Staking"),
            row(height, key, "32", owners=f"{owner(1)},", kind="Eigenlayer Staking"),
        ]
        path = tmp_path / "list.csv"
        path.write_text("coin,snapshot height,amount\n\n" + HEADER + "\n" + "\n".join(rows) + "\n")
        async with beacon:
            urls = [f"ethereum={node.url}", f"ethereum-beacon={beacon.url}"]
            report, findings = await asyncio.to_thread(verified, path, urls, tmp_path / "out")
    assert [(f["finding"], f["ownership"], f["ownership_reason"]) for f in findings] == [
        ("match", "proven", "address-signed"),
        ("match", "proven", "control-owners"),
        ("match", "proven", "control-credentials"),
        ("out-of-scope", "proven", "control-credentials"),
    ]
    assert [f["assurance"] for f in findings[:3]] == ["proof", "proof", "node"]
    assert report.entity.assurance == {"proof": 2, "node": 1}
    assert report.proving is not None
    (form,) = report.proving.forms
    assert (form.chosen, form.proven, form.value_proven) == (2, 2, "1.000000")
    with (tmp_path / "out" / "proofs.jsonl").open("rb") as stream:
        checked = list(verify_proof_file(stream))
    assert [line.problem for line in checked] == ["", ""]
    assert {line.amount for line in checked} == {3 * ETHER, 5 * ETHER}
