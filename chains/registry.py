"""Networks by name: what networks.toml says of each, and which family speaks to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType

from chains.adapter import Parameter
from chains.errors import RegistryError

FAMILIES = {
    "evm": "chains.evm",
    "utxo": "chains.utxo",
    "tron": "chains.tron",
    "solana": "chains.solana",
}
"""Family name -> package. Explicit on purpose: greppable, typed, no scanning."""


@dataclass(frozen=True, slots=True)
class Network:
    """One ledger, as networks.toml describes it."""

    name: str
    title: str
    family: str
    native_asset: str
    native_decimals: int
    aliases: tuple[str, ...] = ()
    chain_id: int | None = None
    finality: str = ""
    """`finalized` (the tag), or a number of confirmations as text."""
    endpoints: tuple[str, ...] = ()
    explorer: str = ""
    """URL template with ``{address}``; empty when there is none."""
    address: Mapping[str, Parameter] = field(default_factory=dict)
    """Parameters for `addresses` and `ownership`."""
    options: Mapping[str, Parameter] = field(default_factory=dict)
    """Parameters for `balances`, for example what the NUMBER opcode means on a layer 2."""


def family_module(family: str, concept: str) -> ModuleType:
    """Return the module of a concept ("ownership", "balances", ...) of a family.

    Raises RegistryError when the family or its module does not exist.
    """
    package = FAMILIES.get(family)
    if package is None:
        raise RegistryError(f"no family named {family!r}; known: {', '.join(sorted(FAMILIES))}")
    name = f"{package}.{concept}"
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name:
            raise RegistryError(f"family {family!r} has no {concept}") from error
        raise
