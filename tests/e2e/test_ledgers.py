"""`assay verify` over a list with rows of other ledgers, whose servers are simulators."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from chains.tron import addresses as tron
from chains.xrpl import addresses as xrpl
from crawler import settings as settings_module
from crawler.cli import run
from tests.fakes.account_history import scene
from tests.fakes.tron_node import TronFake
from tests.fakes.xrpl_ledger import Extras, RippledFake
from tests.unit.crawler.lists_of_ours import MESSAGE, published
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

    from tests.fakes.http_fake import HttpFake


async def verified(
    folder: Path, server: HttpFake, network: str, rows: list[str]
) -> tuple[int, list[dict[str, Any]]]:
    """The exit code of the command, and its findings."""
    path, out = folder / "list.csv", folder / "out"
    path.write_bytes(published(rows))
    asked = ["verify", str(path), "--endpoint", f"{network}={server.url}", "--out", str(out)]
    code = await asyncio.to_thread(run, asked)
    lines = (out / "findings.jsonl").read_text().splitlines()
    return code, [json.loads(line) for line in lines]


def of(lines: list[dict[str, Any]], *members: str) -> list[tuple[str, ...]]:
    return [tuple(line[member] for member in members) for line in lines]


def amount(units: int) -> str:
    return f"{Decimal(units).scaleb(-6):f}"


async def test_xrp_of_a_list_matches_and_a_regular_key_settles_who_controls(
    tmp_path: Path,
) -> None:
    told = scene(lambda number: hash160(compressed(number)))
    rows = []
    # The first account signs with its own key, the second with that of another account.
    for held, signer in ((told.still, 1), (told.moving, 9)):
        cells = [
            "XRP", "XRP", str(told.height), xrpl.encode(held), amount(told.truth()[held]), MESSAGE,
            hex_signature(signer, OKX_KECCAK), "", compressed(signer).hex(), "", "",
        ]  # fmt: skip
        rows.append(",".join(cells))
    async with RippledFake(told.history) as server:
        server.extras[told.moving] = Extras({"RegularKey": xrpl.encode(hash160(compressed(9)))})
        code, lines = await verified(tmp_path, server, "xrpl", rows)
    assert of(lines, "finding", "assurance", "ownership", "ownership_reason") == [
        ("match", "node", "proven", "address-signed"),
        ("match", "node", "proven", "control-regular-key"),
    ]
    assert code == 0


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
