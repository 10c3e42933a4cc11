"""The published facts of OKX's 276 names, and how their address types read in our terms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

VECTORS = Path(__file__).resolve().parents[2] / "vectors"


class PublishedName(NamedTuple):
    coin: str
    family: str
    address_type: str | None
    unit: str | None
    decimals: int | None


NAMES = [
    PublishedName(**row)
    for row in json.loads((VECTORS / "okx_names.json").read_text(encoding="utf-8"))
]

PUBLISHED_DIGESTS = {
    "UTXO": ("bitcoin-message", "okx-keccak"),
    "EVM": ("evm-okx",),
    "BETH": ("evm-okx",),
    "TRX": ("tron-v1", "tron-v2"),
    "ECDSA": ("okx-keccak",),
    "ED25519": ("okx-raw",),
    "ALGO": ("okx-raw",),
    "EOS": ("eos-okx",),
    "STARK": ("okx-starknet",),
}
"""What OKX signs with, by its own family (specification of the ownership proofs, section 1)."""

BITCOIN = "Bitcoin Signed Message:\n"
UTXO_TYPES: dict[str, dict[str, str]] = {
    "BTC": {"p2pkh_version": "00", "p2sh_version": "05", "bech32_hrp": "bc"},
    "BCH": {"p2pkh_version": "00", "p2sh_version": "05"},
    "BCHA": {"p2pkh_version": "00", "p2sh_version": "05"},
    "LTC": {"p2pkh_version": "30", "p2sh_version": "32", "bech32_hrp": "ltc"},
    "DOGE": {"p2pkh_version": "1e", "p2sh_version": "16"},
    "DASH": {"p2pkh_version": "4c", "p2sh_version": "10"},
    "BTG": {"p2pkh_version": "26", "p2sh_version": "17", "bech32_hrp": "btg"},
    "DGB": {"p2pkh_version": "1e", "p2sh_version": "3f", "bech32_hrp": "dgb"},
    "QTUM": {"p2pkh_version": "3a", "p2sh_version": "32", "bech32_hrp": "qc"},
    "RVN": {"p2pkh_version": "3c", "p2sh_version": "7a"},
    "ZEC": {"p2pkh_version": "1cb8", "p2sh_version": "1cbd"},
}
"""Section 3. ZEN and DCR have no rule there."""

HEADERS = {
    "LTC": "Litecoin Signed Message:\n",
    "DOGE": "Dogecoin Signed Message:\n",
    "DASH": "DarkCoin Signed Message:\n",
    "BTG": "Bitcoin Gold Signed Message:\n",
    "BCD": "Bitcoindiamond Signed Message:\n",
    "DGB": "DigiByte Signed Message:\n",
    "QTUM": "Qtum Signed Message:\n",
    "RVN": "Raven Signed Message:\n",
    "ZEC": "Zcash Signed Message:\n",
    "ZCASH": "Zcash Signed Message:\n",
}
"""By coin, section 1; every other UTXO coin signs with Bitcoin's."""

CASHADDR = {"BCH": "bitcoincash", "BCHN": "bitcoincash", "XEC": "ecash", "BCHA": "bitcoincash"}

SS58_PREFIXES = {
    "DOT": 0, "ASSET-HUB": 0, "ASSET_HUB": 0, "KSM": 2, "ASSET_HUB_KSM": 2, "SDN": 5, "KARU": 8,
    "PHA_KHA": 30, "PHALA": 30, "CFG_DOT": 36, "CLV": 42, "AVAIL": 42, "EFI_DOT": 1110,
    "ENJIN": 2135,
}  # fmt: skip
"""Section 8, by coin."""

BECH32 = {
    "TIA": "celestia", "ATOM": "cosmos", "CRO": "cro", "DORA": "dora", "DYDX": "dydx",
    "LUNC": "terra", "TERRA": "terra", "LUNA_TERRA": "terra", "INJ": "inj", "ONE": "one",
    "HARMONY_ONE": "one", "LAT": "lat", "OKT": "ex", "OKC": "ex",
}  # fmt: skip
"""Sections 4 and 7, by coin."""
