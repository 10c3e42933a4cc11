"""A small, sound set of registry files that tests damage on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NETWORKS = """
[ethereum]
title = "Ethereum"
family = "evm"
chain_id = 1
native_asset = "ETH"
native_decimals = 18
aliases = ["eth"]
endpoints = ["https://a.example", "https://b.example"]
explorer = "https://scan.example/{address}"

[arbitrum-nova]
title = "Arbitrum Nova"
family = "evm"
chain_id = 42170
native_asset = "ETH"
native_decimals = 18
endpoints = ["https://nova.example"]
options = { number_opcode = "l1" }

[bitcoin]
title = "Bitcoin"
family = "utxo"
native_asset = "BTC"
native_decimals = 8
finality = "100"

[bitcoin.address]
p2pkh_version = "00"
p2sh_version = "05"
"""

ASSETS = """
[assets]
USDT = "Tether USD"

[forms."USDT@ethereum"]
asset = "USDT"
network = "ethereum"
kind = "issued"
contract = "0xdac17f958d2ee523a2206206994597c13d831ec7"
decimals = 6
symbols = ["USDT"]
"""

ENTITY = """
title = "Example"
formats = ["okx"]
messages = ["I own this"]
fresh = ['I own this at block [0-9]+']

[digests]
evm = ["evm-okx"]
utxo = ["bitcoin-message", "okx-keccak"]

[network_digests]
arbitrum-nova = ["okx-keccak"]

[gaps]
unknown = "nobody knows"

[coins]
ETH = { form = "ETH@ethereum", unit = "ETH" }
USDT = { form = "USDT@ethereum" }
NOVA = { network = "arbitrum-nova", gap = "unknown" }
"""

SETTINGS = """
[limits]
run_timeout_s = 3600
call_timeout_s = 30
connect_timeout_s = 10
attempts = 4
concurrency = 8
account_concurrency = 8
requests_per_s = 0
addresses_per_call = 2000
calls_per_batch = 50
answer_bytes = 33554432
workers = 0
"""


def write_registry(folder: Path, **replaced: str) -> Path:
    """Write the four files to `folder`; `replaced` gives other texts by file name."""
    texts = {"networks": NETWORKS, "assets": ASSETS, "settings": SETTINGS}
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(replaced.pop(name, text), encoding="utf-8")
    (folder / "entities").mkdir()
    (folder / "entities" / "example.toml").write_text(
        replaced.pop("entity", ENTITY), encoding="utf-8"
    )
    assert not replaced
    return folder
