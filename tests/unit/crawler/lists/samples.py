"""Lists for the tests: headers of every layout, rows that look real, and a vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.entities import CoinMapping
from crawler.lists.interface import Census, Vocabulary
from crawler.lists.lines import split_lines
from crawler.lists.okx import Okx
from crawler.lists.okx_auditor import OkxAuditor
from crawler.models import Claim, MalformedRow, SummaryRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.lists.interface import Entry, ListFormat

A7 = "coin,address,amount,message,signature1,signature2,redeem script/ public key"
A9 = (
    "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,"
    "redeem script/ public key"
)
A11 = f"{A9}, eoa1, eoa2"
A12 = (
    "coin,Type,Network,Snapshot Height,address,amount,message,signature1,signature2,"
    "redeem script/public key,EOA1,EOA2"
)
FORM_B = "digitalAsset,network,address,signedMessage,signedMessage2,message,publicKey,owner1,owner2"
SUMMARY = "coin,snapshot height,amount"

ADDRESS = "0x" + "0c" * 20
OWNER = "0x" + "16" * 20
SIGNATURE = "0x" + "07" * 64 + "1b"
MESSAGE = "I am an OKX address"
ROW7 = f"ETH,{ADDRESS},90054645707027360,{MESSAGE},{SIGNATURE},null,"
ROW9 = f"ETH,ETH,20914735,{ADDRESS},0.0589,{MESSAGE},{SIGNATURE},,"
ROW11 = f"ETH,ETH,20914735,{ADDRESS},0.0589,{MESSAGE},{SIGNATURE},{SIGNATURE},,{OWNER},{ADDRESS}"
ROW12 = f"ETH,Non Staking,ETH,20914735,{ADDRESS},0.0589,{MESSAGE},{SIGNATURE},,,,"
ROW_B = f"USDT,ETH,{ADDRESS},{SIGNATURE},null,OKC_DTT_AUP2025,,,"


def mapping(
    coin: str, *, network: str | None = "ethereum", decimals: int | None = 18
) -> CoinMapping:
    return CoinMapping(
        coin=coin, asset=coin, network=network, form=None, rule=None, gap="", decimals=decimals
    )


COINS = {
    "ETH": mapping("ETH"),
    "BTC": mapping("BTC", network="bitcoin", decimals=8),
    "USDT-TRC20": mapping("USDT-TRC20", network="tron", decimals=6),
    "OKC": mapping("OKC", network="okc"),
    "VAULTA": mapping("VAULTA", network="vaulta", decimals=4),
    "PI": mapping("PI", network=None, decimals=None),
}


def parse(
    content: str | bytes,
    *,
    form: ListFormat | None = None,
    heights: Mapping[str, int] | None = None,
    coins: Mapping[str, CoinMapping] | None = None,
) -> tuple[list[Entry], Census]:
    """Parse a whole list; the census must be complete after every single parse."""
    raw = content.encode() if isinstance(content, str) else content
    census = Census()
    vocabulary = Vocabulary(
        entity="okx", coins=COINS if coins is None else coins, heights=heights or {}
    )
    chosen = Okx() if form is None else form
    entries = list(
        chosen.parse(split_lines([raw]), file="list.csv", vocabulary=vocabulary, census=census)
    )
    assert census.is_complete()
    assert len(entries) == census.claims + census.malformed + census.summary
    return entries, census


def parse_b(content: str | bytes) -> tuple[list[Entry], Census]:
    return parse(content, form=OkxAuditor())


def only(entries: list[Entry]) -> Entry:
    assert len(entries) == 1, entries
    return entries[0]


def claim(entry: Entry) -> Claim:
    assert isinstance(entry, Claim), entry
    return entry


def malformed(entry: Entry) -> MalformedRow:
    assert isinstance(entry, MalformedRow), entry
    return entry


def summary(entry: Entry) -> SummaryRow:
    assert isinstance(entry, SummaryRow), entry
    return entry
