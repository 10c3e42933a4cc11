"""Balances that moved from one chain to another: which chain has them at a height. Pure.

Kusama (October 2025) and Polkadot (November 2025) moved all accounts from the relay chain to the
Asset Hub. The relay chain went on: asked afterwards it names no account, and no error. The Asset
Hub had accounts of its own before, so there only an account that is not there is ambiguous.

Options of the network: ``migration_start``, ``migration_end`` (heights of this very chain: the
first block in which accounts moved, and the one in which all had), and either ``migrated_to`` or
``migrated_from``, the name of the other network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chains.errors import RegistryError

if TYPE_CHECKING:
    from chains.registry import Network


@dataclass(frozen=True, slots=True)
class Migration:
    """What a network says of its own migration."""

    title: str
    start: int
    end: int
    other: str
    has_left: bool
    """Whether the balances moved from here, and not to here."""

    @classmethod
    def of(cls, network: Network) -> Self | None:
        """Return what networks.toml says, or None. Raises RegistryError for half of it."""
        options = network.options
        start, end = options.get("migration_start"), options.get("migration_end")
        ends = [options[name] for name in ("migrated_to", "migrated_from") if name in options]
        if start is None and end is None and not ends:
            return None
        if not (isinstance(start, int) and isinstance(end, int) and start <= end):
            raise RegistryError(f"{network.name}: migration_start and migration_end are no span")
        if len(ends) != 1:
            raise RegistryError(f"{network.name}: give one of migrated_to and migrated_from")
        return cls(network.title, start, end, str(ends[0]), "migrated_to" in options)

    def why_not(self, height: int) -> str:
        """Return why no native balance can be read here at `height`, or nothing.

        >>> Migration("Relay", 10, 20, "hub", True).why_not(9)
        ''
        """
        if self.has_left and height >= self.start:
            return (
                f"from block {self.start} on, the balances of {self.title} are on {self.other}: "
                f"at block {height} this chain would show nothing, not zero"
            )
        if not self.has_left and self.start <= height < self.end:
            return (
                f"block {height} of {self.title} lies in the migration from {self.other}: "
                "some balances had arrived and some had not"
            )
        return ""

    def why_no_zero(self, height: int) -> str:
        """Return why an account that is absent here at `height` is not one of zero, or nothing."""
        if not self.has_left and height < self.start:
            return (
                f"before block {self.start} of {self.title} balances could be on {self.other} as "
                f"well: the account is not on this chain at block {height}, which is not zero"
            )
        return ""
