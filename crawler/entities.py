"""Whose reserves are reported: what an entity's names mean and what it agreed to sign."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from chains.adapter import HoldingForm, OwnershipRule, Parameter
from chains.registry import Network


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
    unit: str | None = None
    """The name under which the entity itself totals the coin, for example in ``ETH(ALL)``.

    Not our asset: an entity may add up what Assay keeps apart. None when it never does.
    """


def published_name(text: str) -> str:
    """Return the form of a published name that tables are keyed by: upper case, without blanks.

    >>> published_name(" usdt-erc20"), published_name("ETH (all)")
    ('USDT-ERC20', 'ETH(ALL)')
    """
    return "".join(text.upper().split())


STATIC = "valid signatures are over static messages: they can be shown again at any time."
"""What follows their number wherever signatures are counted."""


def freshness(message: str, patterns: Iterable[str]) -> Literal["fresh", "static"]:
    r"""Return `fresh` for a statement that one of `patterns` (`Entity.fresh`) matches whole.

    Any other is `static`: it names no snapshot, so its signature can be shown again for ever.

    >>> freshness("OKX 2026-03-31", [r"OKX \d{4}-\d\d-\d\d"]), freshness("OKX", [])
    ('fresh', 'static')
    """
    return "fresh" if any(re.fullmatch(one, message) for one in patterns) else "static"


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity, ready for list parsers and ownership verifiers."""

    name: str
    """As in ``--entity``: the name of its file."""
    title: str
    formats: tuple[str, ...]
    """Names of the list formats that it publishes."""
    messages: tuple[str, ...]
    """The agreed statements."""
    fresh: tuple[str, ...]
    """Regular expressions; a statement that one of them matches whole names its snapshot."""
    digests: Mapping[str, tuple[str, ...]]
    """Address family -> digests of `chains.messages`, in the order they are tried."""
    network_digests: Mapping[str, tuple[str, ...]]
    """Network -> digests, where they differ from the family's."""
    coins: Mapping[str, CoinMapping] = field(default_factory=dict)
    """Keyed by the published name, upper case."""

    def coin(self, published: str) -> CoinMapping | None:
        """Return what a published name means, ignoring case and blanks."""
        return self.coins.get(published_name(published))

    def other_names(self, name: str) -> list[str]:
        """Return the other published names, upper case, of what `name` is the published name of.

        A list may use one of them in its summary and another one in its rows.
        """
        mapping = self.coins.get(name)
        if mapping is None or mapping.form is None:
            return []
        form = mapping.form.id
        return [
            other
            for other, known in self.coins.items()
            if other != name and known.form is not None and known.form.id == form
        ]

    def rules(self) -> list[OwnershipRule]:
        """Return the rules of all coins, each once (by identity)."""
        found = {id(coin.rule): coin.rule for coin in self.coins.values() if coin.rule is not None}
        return list(found.values())

    def unit_of(self, published: str) -> str:
        """Return the unit that an aggregate line such as ``ETH(ALL)`` adds up, upper case."""
        name = published_name(published).removesuffix("(ALL)")
        mapping = self.coins.get(name)
        return (mapping.unit or name).upper() if mapping is not None else name

    def rule(
        self,
        network: Network | None,
        *,
        family: str | None = None,
        address: Mapping[str, Parameter] | None = None,
    ) -> OwnershipRule | None:
        """Return what must hold for rows of a network, or None when no digest is agreed.

        `family` replaces the network's own and `address` replaces single parameters. Without
        a network, which then is the empty text in the rule, `family` alone decides.
        """
        family = family or (network.family if network is not None else None)
        if family is None:
            return None
        name = "" if network is None else network.name
        digests = self.network_digests.get(name) or self.digests.get(family)
        if digests is None:
            return None
        parameters = dict(network.address) if network is not None else {}
        return OwnershipRule(
            network=name,
            family=family,
            digests=digests,
            messages=self.messages,
            parameters={**parameters, **(address or {})},
        )
