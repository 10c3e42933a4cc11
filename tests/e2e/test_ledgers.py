"""`assay verify` over a list with rows of other ledgers, whose servers are simulators."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from chains.aptos import ownership as aptos_ownership
from chains.solana import addresses as solana
from chains.sui import ownership as sui_ownership
from chains.sui.source import SUI
from chains.tron import addresses as tron
from chains.xrpl import addresses as xrpl
from crawler import settings as settings_module
from crawler.cli import run
from tests.fakes import aptos_ledger, solana_ledger, sui_ledger
from tests.fakes.account_history import scene
from tests.fakes.tron_node import TronFake
from tests.fakes.xrpl_ledger import Extras, RippledFake
from tests.unit.crawler.lists_of_ours import MESSAGE, published
from tests.vectors.listed_key_rows import KEY, SIGNED
from tests.vectors.signing import (
    OKX_KECCAK,
    TRON_V2,
    account,
    compressed,
    hash160,
    hex_signature,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.account_history import Scene
    from tests.fakes.http_fake import HttpFake


def written(folder: Path, rows: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "list.csv"
    path.write_bytes(published(rows))
    return path


async def verified(
    folder: Path, server: HttpFake, network: str, rows: list[str]
) -> tuple[int, list[dict[str, Any]]]:
    """The exit code of the command, and its findings."""
    path, out = written(folder, rows), folder / "out"
    asked = ["verify", str(path), "--endpoint", f"{network}={server.url}", "--out", str(out)]
    code = await asyncio.to_thread(run, asked)
    lines = (out / "findings.jsonl").read_text().splitlines()
    return code, [json.loads(line) for line in lines]


def of(lines: list[dict[str, Any]], *members: str) -> list[tuple[str, ...]]:
    return [tuple(line[member] for member in members) for line in lines]


def amount(units: int, decimals: int = 6) -> str:
    return f"{Decimal(units).scaleb(-decimals):f}"


def xrp_row(told: Scene, held: bytes, signer: int) -> str:
    cells = [
        "XRP", "XRP", str(told.height), xrpl.encode(held), amount(told.truth()[held]), MESSAGE,
        hex_signature(signer, OKX_KECCAK), "", compressed(signer).hex(), "", "",
    ]  # fmt: skip
    return ",".join(cells)


async def test_xrp_of_a_list_matches_and_a_regular_key_settles_who_controls(
    tmp_path: Path,
) -> None:
    told = scene(lambda number: hash160(compressed(number)))
    # The first account signs with its own key, the second with that of another account.
    rows = [xrp_row(told, told.still, 1), xrp_row(told, told.moving, 9)]
    async with RippledFake(told.history) as server:
        server.extras[told.moving] = Extras({"RegularKey": xrpl.encode(hash160(compressed(9)))})
        code, lines = await verified(tmp_path, server, "xrpl", rows)
    assert of(lines, "finding", "assurance", "ownership", "ownership_reason") == [
        ("match", "node", "proven", "address-signed"),
        ("match", "node", "proven", "control-regular-key"),
    ]
    assert code == 0


async def test_a_key_that_the_account_has_disabled_proves_nothing(tmp_path: Path) -> None:
    told = scene(lambda number: hash160(compressed(number)))
    async with RippledFake(told.history) as server:
        server.extras[told.still] = Extras({"Flags": 0x0010_0000})
        rows = [xrp_row(told, told.still, 1)]
        code, lines = await verified(tmp_path, server, "xrpl", rows)
    assert of(lines, "finding", "ownership", "ownership_reason") == [
        ("match", "failed", "control-master-disabled")
    ]
    assert code == 1


@pytest.mark.parametrize(
    ("coin", "form", "assurance"),
    [("TRX", "TRX@tron", "node"), ("USDT-TRC20", "USDT@tron", "replayed")],
)
async def test_trx_and_usdt_of_a_list_match_and_a_shortfall_is_found(
    tmp_path: Path, coin: str, form: str, assurance: str
) -> None:
    told = scene(lambda number: b"\x41" + account(number))
    registry = settings_module.load(environment={})
    options = registry.networks["tron"].options
    rows = []
    for number, (held, more) in enumerate(((told.still, 0), (told.moving, 1)), start=1):
        claimed = amount(told.truth()[held] + more)
        rows.append(
            f"{coin},TRX,{told.height},{tron.encode(held)},{claimed},{MESSAGE},"
            f"{hex_signature(number, TRON_V2)},,,,"
        )
    async with TronFake(told.history, token=coin != "TRX") as server:
        server.lies.genesis = str(options["checkpoint_hash"])
        server.multicall = tron.canonical(str(options["multicall"]), {})
        contract = registry.forms[form].contract if coin != "TRX" else None
        server.contract = tron.canonical(contract, {}) if contract else server.contract
        code, lines = await verified(tmp_path, server, "tron", rows)
    assert of(lines, "finding", "assurance", "ownership") == [
        ("match", assurance, "proven"),
        ("shortfall", assurance, "proven"),
    ]
    assert code == 1


def listed(coin: str, height: int, address: str, claimed: str, *, owner: str = "") -> str:
    """A row that the key of `listed_key_rows` signs."""
    cells = [coin, coin, str(height), address, claimed, MESSAGE, SIGNED, "", KEY.hex(), owner, ""]
    return ",".join(cells)


async def test_apt_of_a_list_matches_and_the_account_record_settles_a_rotated_key(
    tmp_path: Path,
) -> None:
    own, rotated = aptos_ownership.derive(KEY), aptos_ledger.named("rotated")
    made = aptos_ledger.Ledger()
    for held, units in ((own, 7), (rotated, 2**53 + 1)):
        made.deposit(100, held, units)
        made.withdraw(800, held, units)
    made.rotate(300, rotated, own)
    node, index = aptos_ledger.AptosNode(made), aptos_ledger.AptosIndexer(made)
    rows = [
        listed("APTOS", 500, f"0x{own.hex()}", amount(7, 8)),
        listed("APTOS", 500, f"0x{rotated.hex()}", amount(2**53 + 1, 8), owner=f"0x{own.hex()}"),
    ]
    async with node:
        code, lines = await verified(tmp_path, node, "aptos", rows)
    assert of(lines, "finding", "assurance", "ownership", "ownership_reason") == [
        ("match", "node", "proven", "address-signed"),
        ("match", "node", "proven", "control-authentication-key"),
    ]
    assert code == 0
    async with index:
        code, lines = await verified(tmp_path / "pruned", index, "aptos", rows)
    assert of(lines, "finding", "assurance", "ownership") == [
        ("match", "replayed", "proven"),
        ("match", "replayed", "key-only"),
    ]
    assert code == 3


async def test_sol_of_a_list_matches_and_a_shortfall_is_found(tmp_path: Path) -> None:
    made = solana_ledger.Ledger()
    made.pay(100, KEY, 9_000_000_000)
    made.pay(700, KEY, 1)
    node = solana_ledger.SolanaNode(made)
    registry = settings_module.load(environment={})
    node.genesis = str(registry.networks["solana"].options["genesis_hash"])
    address = solana.encode(KEY)
    async with node:
        for units, finding, ending in (
            (9_000_000_000, "match", 0),
            (9_000_000_001, "shortfall", 1),
        ):
            rows = [listed("SOL", 500, address, amount(units, 9))]
            code, lines = await verified(tmp_path / finding, node, "solana", rows)
            assert of(lines, "finding", "assurance", "ownership") == [
                (finding, "replayed", "proven")
            ]
            assert code == ending


async def test_sui_of_a_list_matches(tmp_path: Path) -> None:
    own = sui_ownership.derive(KEY)
    made = sui_ledger.Ledger()
    made.send(100, (own, SUI, 5_000_000_001))
    made.send(700, (own, SUI, -5_000_000_000))
    rows = [listed("SUI", 500, f"0x{own.hex()}", amount(5_000_000_001, 9))]
    async with sui_ledger.SuiService(made) as service:
        code, lines = await verified(tmp_path, service, "sui", rows)
    assert of(lines, "finding", "assurance", "ownership") == [("match", "replayed", "proven")]
    assert code == 0
