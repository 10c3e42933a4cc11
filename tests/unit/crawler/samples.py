"""Small values that several tests of the crawler are built from."""

from __future__ import annotations

from datetime import UTC, datetime

from chains.adapter import (
    Assurance,
    HoldingForm,
    Observed,
    OwnershipMaterial,
    OwnershipRule,
    OwnershipVerdict,
    OwnershipWord,
    SnapshotPoint,
)
from crawler.entities import CoinMapping
from crawler.models import Amount, Claim, ClaimKind

PROVEN = OwnershipVerdict(
    OwnershipWord.PROVEN, "signed", "Signed.", "evm-okx", "I am an OKX address"
)
FAILED = OwnershipVerdict(OwnershipWord.FAILED, "other-signer", "Another key signed.")
UNSIGNED = OwnershipVerdict(OwnershipWord.UNSIGNED, "no-signature", "No signature.")
POINT = SnapshotPoint("ethereum", 100, "0x" + "ab" * 32, datetime(2026, 1, 1, tzinfo=UTC))
RULE = OwnershipRule("ethereum", "evm", ("evm-okx",), ("I am an OKX address",), {})
ETH = HoldingForm("ETH@ethereum", "ETH", "ethereum", None, 18, ())
USDT = HoldingForm("USDT@ethereum", "USDT", "ethereum", "0x" + "da" * 20, 6, ("USDT",), "issued")


ONE_AND_A_HALF = Amount(1_500_000, 6)


def mapping(
    coin: str = "USDT-ERC20", form: HoldingForm | None = USDT, *, gap: str = ""
) -> CoinMapping:
    asset, network = (form.asset, form.network) if form else (None, "ethereum")
    decimals = form.decimals if form else None
    return CoinMapping(coin, asset, network, form, RULE, gap, decimals, asset or coin)


def claim(
    row: int = 1,
    *,
    address: str = "0x" + "11" * 20,
    amount: Amount | None = ONE_AND_A_HALF,
    height: int | None = 100,
    kind: ClaimKind = ClaimKind.WALLET,
    coin: CoinMapping | None = None,
    mapped: bool = True,
    custodian: str = "OKX",
) -> Claim:
    coin = coin or mapping()
    material = OwnershipMaterial(address, "I am an OKX address", "0x00", "", "", "", "", "")
    return Claim(
        "list.csv", row, coin.coin, coin if mapped else None, kind, "ETH", height, amount,
        material, custodian,
    )  # fmt: skip


def observed(amount: int, assurance: Assurance = Assurance.NODE) -> Observed:
    return Observed(amount, POINT, assurance, ("http://127.0.0.1",))


def canonical(coin: str, text: str) -> bytes:
    """Stand in for the family's decoder: hex without regard to case."""
    from chains.errors import AddressError  # noqa: PLC0415

    try:
        account = bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise AddressError(f"{coin}: not hex") from error
    if len(account) != 20:
        raise AddressError(f"{coin}: not 20 bytes")
    return account
