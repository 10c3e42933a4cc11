"""Amounts and hashes as the Merkle-sum systems write them: text in, text out. Pure.

Balances are whole numbers of 10**-8 units while they are added; what is hashed is text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from crawler.models import Amount

DECIMALS = 8
ONE = 10**DECIMALS

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,39})(?:\.([0-9]{1,8}))?", re.ASCII)


def text_sha256(text: str) -> str:
    """Return the SHA-256 of a text as 64 lowercase hex digits.

    >>> text_sha256("abc")[:16]
    'ba7816bf8f01cfea'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def units(text: str) -> int | None:
    """Return a decimal in units of 10**-8, or None when `text` is none that a tree may hold.

    None for a sign, an exponent, a needless leading zero, or more than 8 decimals.

    >>> units("0.5"), units("12"), units("-1"), units("1e3"), units("01"), units("0.123456789")
    (50000000, 1200000000, None, None, None, None)
    """
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    whole, fraction = found.group(1), found.group(2) or ""
    return int(whole + fraction.ljust(DECIMALS, "0"))


def signed_units(text: str) -> int | None:
    """Return the same of a decimal that may be negative.

    >>> signed_units("-0.5"), signed_units("0.5"), signed_units("--1")
    (-50000000, 50000000, None)
    """
    amount = units(text.removeprefix("-"))
    return -amount if amount is not None and text.startswith("-") else amount


def plain(amount: int) -> str:
    """Return units of 10**-8 as plain text: no exponent, no trailing zeros.

    >>> plain(50000000), plain(1200000000), plain(0), plain(-1)
    ('0.5', '12', '0', '-0.00000001')
    """
    sign = "-" if amount < 0 else ""
    whole, fraction = divmod(abs(amount), ONE)
    return f"{sign}{whole}.{fraction:08d}".rstrip("0") if fraction else f"{sign}{whole}"


def padded(amount: int) -> str:
    """Return units of 10**-8 with all eight decimals.

    >>> padded(50000000)
    '0.50000000'
    """
    whole, fraction = divmod(amount, ONE)
    return f"{whole}.{fraction:08d}"


def json_of(balances: Mapping[str, str], *, quoted: bool = True) -> str:
    """Return balances as JSON text without blanks, in the order of the mapping.

    >>> json_of({"BTC": "1", "ETH": "0.5"}), json_of({"BTC": "1"}, quoted=False)
    ('{"BTC":"1","ETH":"0.5"}', '{"BTC":1}')
    """
    mark = '"' if quoted else ""
    return "{" + ",".join(f'"{coin}":{mark}{text}{mark}' for coin, text in balances.items()) + "}"


def totals_of(balances: Mapping[str, int]) -> dict[str, Amount]:
    """Return units of 10**-8 as amounts without trailing zeros."""
    return {coin: trimmed(Amount(amount, DECIMALS)) for coin, amount in balances.items()}


def trimmed(amount: Amount) -> Amount:
    """Return the same quantity with as few decimals as it needs.

    >>> trimmed(Amount(1500, 3)), trimmed(Amount(0, 8)), trimmed(Amount(700, 0))
    (Amount(units=15, decimals=1), Amount(units=0, decimals=0), Amount(units=700, decimals=0))
    """
    count, decimals = amount.units, amount.decimals
    while decimals and count % 10 == 0:
        count, decimals = count // 10, decimals - 1
    return Amount(count, decimals)


def added(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    """Return the sums by coin, in the order of `left`; both have the same coins."""
    return {coin: amount + right[coin] for coin, amount in left.items()}


def shown(balances: Mapping[str, int], coins: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """Return coin and plain text of each balance, for a path that is drawn."""
    return tuple((coin, plain(balances[coin])) for coin in (coins or balances))
