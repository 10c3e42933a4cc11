"""Ownership rules as the OKX table states them, for tests; the project's own are in config/.

Version bytes and headers: BIP-13/16/173, the coins' chain parameters, and the addresses that the
rules prove in these tests.
"""

from __future__ import annotations

from chains.adapter import OwnershipMaterial, OwnershipRule, Parameter, Verifier
from chains.registry import family_module

MESSAGES = (
    "I am an OKX address",
    "I am a OKX address",
    "hello world",
    "I am an Okcoin address",
    "OKC_DTT_AUP2025",
)
MESSAGE = MESSAGES[0]

_BITCOIN: dict[str, Parameter] = {
    "p2pkh_version": "00",
    "p2sh_version": "05",
    "message_header": "Bitcoin Signed Message:\n",
}


def _utxo(p2pkh: str, p2sh: str, header: str, prefix: str = "") -> dict[str, Parameter]:
    return {
        "p2pkh_version": p2pkh,
        "p2sh_version": p2sh,
        "bech32_hrp": prefix,
        "message_header": f"{header} Signed Message:\n",
    }


UTXO: dict[str, dict[str, Parameter]] = {
    **dict.fromkeys(("BTC", "USDT", "USDT-OMNI", "BSV", "BCHSV"), _BITCOIN | {"bech32_hrp": "bc"}),
    **dict.fromkeys(("BCH", "BCHN", "BCHA"), _BITCOIN | {"cashaddr_prefix": "bitcoincash"}),
    "XEC": _BITCOIN | {"cashaddr_prefix": "ecash"},
    "BCD": _utxo("00", "05", "Bitcoindiamond", "bc"),
    "LTC": _utxo("30", "32", "Litecoin", "ltc"),
    "DOGE": _utxo("1e", "16", "Dogecoin"),
    "DASH": _utxo("4c", "10", "DarkCoin"),
    "BTG": _utxo("26", "17", "Bitcoin Gold", "btg"),
    "DGB": _utxo("1e", "3f", "DigiByte", "dgb"),
    "QTUM": _utxo("3a", "32", "Qtum", "qc"),
    "RVN": _utxo("3c", "7a", "Raven"),
    **dict.fromkeys(("ZEC", "ZCASH"), _utxo("1cb8", "1cbd", "Zcash")),
}

SOLANA = frozenset({"SOL", "USDC-SPL", "USDT-SPL", "USDG", "FOGO"})


def rule_of(family: str, coin: str, address_type: str = "ETH") -> OwnershipRule | None:
    """Return the rule of a published coin, None for families that have no module yet."""

    def rule(
        name: str, digests: tuple[str, ...], parameters: dict[str, Parameter] | None = None
    ) -> OwnershipRule:
        return OwnershipRule(coin, name, digests, MESSAGES, parameters or {})

    if family == "UTXO" and coin in UTXO:
        return rule("utxo", ("bitcoin-message", "okx-keccak"), UTXO[coin])
    if family == "EVM":
        extra: dict[str, dict[str, Parameter]] = {
            "FIL": {"f410": True},
            "LAT": {"bech32_hrp": "lat"},
        }
        return rule("evm", ("evm-okx",), extra.get(address_type))
    if family == "ECDSA" and address_type == "ETH":
        return rule("evm", ("okx-keccak",), {"bech32_hrp": "ex"})
    if family == "TRX":
        return rule("tron", ("tron-v1", "tron-v2"), {"version": "41"})
    if family == "ED25519" and coin in SOLANA:
        return rule("solana", ("okx-raw",))
    return None


def verifier_of(family: str, coin: str, address_type: str = "ETH") -> Verifier:
    """Return the verifier of a published coin."""
    rule = rule_of(family, coin, address_type)
    assert rule is not None, (family, coin)
    found: Verifier = family_module(rule.family, "ownership").verifier(rule)
    return found


def row(
    address: str,
    signature1: str = "",
    *,
    message: str = MESSAGE,
    signature2: str = "",
    key: str = "",
    owner1: str = "",
    owner2: str = "",
    staking: str = "",
) -> OwnershipMaterial:
    """Return the ownership cells of one row."""
    return OwnershipMaterial(address, message, signature1, signature2, key, owner1, owner2, staking)
