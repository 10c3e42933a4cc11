"""Claims, findings and amounts: the words of a verification. Pure values, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from chains.adapter import OwnershipMaterial
from crawler.entities import CoinMapping

NO_HEIGHT = -1
"""Stands for the height of rows that state none, until the block of their time is known."""

AMOUNT_DIGITS = 100
"""Digits allowed before and after the point; 2**256 has 78. Python refuses to convert 4,300."""

_DIGITS = rf"[0-9]{{1,{AMOUNT_DIGITS}}}"
AMOUNT_GRAMMAR = re.compile(rf"{_DIGITS}(?:\.{_DIGITS})?", re.ASCII)
"""specs: no sign, no exponent, no thousands separator, ASCII digits only."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An exact quantity: `units` / 10 ** `decimals` whole units.

    >>> Amount(1500, 3).text(), Amount(7, 0).text(), Amount(0, 18).text()
    ('1.500', '7', '0.000000000000000000')
    """

    units: int
    decimals: int

    def text(self) -> str:
        """Return the amount in whole units with all its digits."""
        if self.decimals == 0:
            return str(self.units)
        sign = "-" if self.units < 0 else ""
        # Cut as text, and not divided: this runs twice a row.
        digits = str(abs(self.units)).zfill(self.decimals + 1)
        return f"{sign}{digits[: -self.decimals]}.{digits[-self.decimals :]}"

    def at(self, decimals: int) -> Amount:
        """Return the same quantity with at least `decimals` decimals (never loses digits)."""
        if decimals <= self.decimals:
            return self
        return Amount(self.units * 10 ** (decimals - self.decimals), decimals)

    def minus(self, other: Amount) -> Amount:
        """Return the exact difference."""
        scale = max(self.decimals, other.decimals)
        return Amount(self.at(scale).units - other.at(scale).units, scale)

    def plus(self, other: Amount) -> Amount:
        """Return the exact sum."""
        scale = max(self.decimals, other.decimals)
        return Amount(self.at(scale).units + other.at(scale).units, scale)


def parse_amount(text: str) -> Amount | None:
    """Return the amount that `text` writes in whole units, or None when it is no amount.

    >>> parse_amount("5.2834"), parse_amount("-5"), parse_amount("1e30"), parse_amount(".5")
    (Amount(units=52834, decimals=4), None, None, None)
    """
    if AMOUNT_GRAMMAR.fullmatch(text) is None:
        return None
    whole, _, fraction = text.partition(".")
    return Amount(int(whole + fraction), len(fraction))


class ClaimKind(StrEnum):
    """What kind of holding a row claims."""

    WALLET = "wallet"
    STAKING = "staking"
    THIRD_PARTY = "third-party"


@dataclass(frozen=True, slots=True)
class Claim:
    """One row of a wallet list, mapped but not judged."""

    file: str
    """Name of the list or of the member of the zip."""
    row: int
    """Line number in that file, from 1; the first line of a quoted row that spans several."""
    coin: str
    """As published."""
    mapping: CoinMapping | None
    """None when the entity's table does not know the coin."""
    kind: ClaimKind
    network_label: str
    """The Network column, as published; free text."""
    height: int | None
    amount: Amount | None
    """None when the list gives no amount that can be used; then `amount_gap` says why."""
    material: OwnershipMaterial
    custodian: str
    amount_gap: str = ""
    """Empty, or one sentence: why there is no amount. Never the custodian's fault."""
    rounding: Amount | None = None
    """By how much the exact amount may differ, where the list publishes rounded ones."""

    @property
    def claims_nothing(self) -> bool:
        """Whether the row only names an owner: it has no holding, and repeats none."""
        return self.amount is None and not self.amount_gap


@dataclass(frozen=True, slots=True)
class MalformedRow:
    """A row in the detail section that is not a claim; it counts as failed."""

    file: str
    row: int
    coin: str
    address: str
    reason: str
    """Stable code, for example ``amount``, ``height``, ``cells``, ``encoding``."""
    detail: str


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One line of the summary section: what the list itself says the total is."""

    file: str
    row: int
    coin: str
    height: int | None
    amount: Amount
    is_aggregate: bool
    """True for ``ETH(ALL)``: the sum over all networks of an asset."""


class FindingWord(StrEnum):
    """What became of a claim."""

    MATCH = "match"
    SURPLUS = "surplus"
    SHORTFALL = "shortfall"
    UNRESOLVED = "unresolved"
    OUT_OF_SCOPE = "out-of-scope"
