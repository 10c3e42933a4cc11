"""Configuration and environment, as frozen settings. Reports all problems at once."""

from __future__ import annotations

from dataclasses import dataclass

from chains.adapter import HoldingForm, OwnershipRule


@dataclass(frozen=True, slots=True)
class CoinMapping:
    """What a published coin name means, from entities/<name>.toml."""

    coin: str
    """The published name, in the spelling of the table."""
    asset: str | None
    """The economic unit that totals are reported in; None when it is not known."""
    network: str | None
    """A name of networks.toml; None when it is not known."""
    form: HoldingForm | None
    """None when balances of this coin cannot be looked up; then `gap` says why."""
    rule: OwnershipRule | None
    """None when no ownership rule is known."""
    gap: str
    """Empty, or one sentence: what is not known about this name."""
    decimals: int | None
    """Decimals of the published base units (layout A7); None when not known."""
    unit: str
    """The entity's own name, upper case, of the asset its ``(ALL)`` summary lines add up."""
