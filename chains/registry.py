"""Networks by name: what networks.toml says of each, and which family speaks to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType

from chains.adapter import Parameter
from chains.errors import RegistryError

FAMILIES = {
    "evm": "chains.evm",
    "utxo": "chains.utxo",
    "tron": "chains.tron",
    "solana": "chains.solana",
    "beth": "chains.beth",
    "eos": "chains.eos",
    "starknet": "chains.starknet",
    # secp256k1
    "aelf": "chains.aelf",
    "avalanche-x": "chains.avalanche_x",
    "conflux": "chains.conflux",
    "cosmos": "chains.cosmos",
    "filecoin": "chains.filecoin",
    "icon": "chains.icon",
    "nuls": "chains.nuls",
    "stacks": "chains.stacks",
    "xrpl": "chains.xrpl",
    # Ed25519
    "algorand": "chains.algorand",
    "aptos": "chains.aptos",
    "cardano": "chains.cardano",
    "multiversx": "chains.multiversx",
    "near": "chains.near",
    "stellar": "chains.stellar",
    "substrate": "chains.substrate",
    "sui": "chains.sui",
    "tezos": "chains.tezos",
    "ton": "chains.ton",
    # no address is bound to a key offline
    "canton": "chains.key_only",
    "casper": "chains.key_only",
    "hedera": "chains.key_only",
    "icp": "chains.key_only",
    "iost": "chains.key_only",
    "iota": "chains.key_only",
    "kadena": "chains.key_only",
    "klayr": "chains.key_only",
    "lisk-legacy": "chains.key_only",
    "pocket": "chains.key_only",
    "siacoin": "chains.key_only",
    "venom": "chains.key_only",
    "decred": "chains.decred",
}
"""Family name -> package, or one module while it is small. Explicit on purpose: greppable."""

ENTRY_POINTS = "assay.families"
"""The group in which other distributions name families of theirs: family name = package."""

_CONCEPTS = {"addresses": "canonical", "ownership": "verifier"}
"""What a family that is one module defines for a concept."""


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


def label_key(label: str) -> str:
    """Return the form in which names and aliases of networks are compared.

    >>> label_key(" ETH_Arbitrum "), label_key("Arbitrum One")
    ('eth-arbitrum', 'arbitrum-one')
    """
    return "-".join(label.lower().replace("_", " ").replace("-", " ").split())


class Networks(Mapping[str, Network]):
    """The networks by name, in the order of the table; `find` also knows their aliases."""

    __slots__ = ("_labels", "_table")

    def __init__(self, networks: Iterable[Network]) -> None:
        """Raise RegistryError, naming every clash, when a label means two networks."""
        self._table: dict[str, Network] = {}
        self._labels: dict[str, str] = {}
        clashes: list[str] = []
        for network in networks:
            if network.name in self._table:
                clashes.append(f"{network.name!r} is there twice")
                continue
            self._table[network.name] = network
            for label in (network.name, *network.aliases):
                owner = self._labels.setdefault(label_key(label), network.name)
                if owner != network.name:
                    clashes.append(f"{label!r} names both {owner} and {network.name}")
        if clashes:
            raise RegistryError("; ".join(clashes))

    def __getitem__(self, name: str) -> Network:
        return self._table[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def find(self, label: str) -> Network | None:
        """Return the network that a name or alias means, ignoring case, blanks and underscores."""
        name = self._labels.get(label_key(label))
        return None if name is None else self._table[name]

    def nearest(self, label: str) -> str | None:
        """Return the known name or alias most like `label`, or None when none is close."""
        found = get_close_matches(label_key(label), self._labels, n=1)
        return found[0] if found else None


def family_module(family: str, concept: str) -> ModuleType:
    """Return the module of a concept ("ownership", "balances", ...) of a family.

    A family of this table cannot be replaced by an installed one. Raises RegistryError when the
    family or its module does not exist, or two distributions bring a family of that name.
    """
    package = FAMILIES.get(family) or _installed(family)
    name = f"{package}.{concept}"
    try:
        found = import_module(package)
        if not hasattr(found, "__path__") and hasattr(found, _CONCEPTS.get(concept, "")):
            return found
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name in {package, name}:
            raise RegistryError(f"family {family!r} has no {concept}") from error
        raise


def _installed(family: str) -> str:
    """Return the package of a family that another distribution brings. Raises RegistryError."""
    brought = entry_points(group=ENTRY_POINTS)
    packages = sorted({entry.value for entry in brought if entry.name == family})
    if not packages:
        known = ", ".join(sorted({*FAMILIES, *(entry.name for entry in brought)}))
        raise RegistryError(f"no family named {family!r}; known: {known}")
    if len(packages) > 1:
        raise RegistryError(f"family {family!r} is brought by {' and by '.join(packages)}")
    return packages[0]
