"""Balances of many addresses of a UTXO network at a snapshot point: which method is used.

In this order, and the first that is configured is the only one that is used:

1. a snapshot file of the whole UTXO set (`snapshot_reader`);
2. endpoints that begin with ``http://`` or ``https://``: a node with Bitcoin Core's JSON-RPC, which
   makes such a snapshot (`node_reader`);
3. any other scheme: a server that indexes addresses, by the table `SERVERS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.errors import RegistryError
from chains.transport.endpoint import Surroundings
from chains.utxo import servers
from chains.utxo.node_reader import NodeReader
from chains.utxo.settings import UtxoSettings
from chains.utxo.snapshot_reader import SnapshotReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chains.adapter import BalanceReader
    from chains.registry import Network

    ServerMaker = Callable[[Network, Sequence[str], UtxoSettings, Surroundings], BalanceReader]

METHODS = (
    Method(
        Reach.EXACT,
        Assurance.PROOF,
        "a snapshot of the UTXO set, or a node that makes one (dumptxoutset)",
        "All outputs at the block; a proof where the file's hash is a trusted one, and the word of "
        "the node where it is not.",
    ),
    Method(
        Reach.PARTIAL,
        Assurance.REPLAYED,
        "a server that indexes addresses: Electrum, Esplora, Blockbook, or a node's address index",
        "The transactions of each address up to the block, added up.",
    ),
)

_DEFAULTS = UtxoSettings()
_SURROUNDINGS = Surroundings()
CORE_SCHEMES = frozenset({"http", "https"})
"""Of endpoints that speak Bitcoin Core's JSON-RPC."""

SERVERS: Mapping[str, ServerMaker] = dict.fromkeys(servers.SCHEMES, servers.from_settings)
"""Scheme of an endpoint -> what makes the reader over all endpoints that are no Core nodes."""


def scheme(endpoint: str) -> str:
    """Return what stands before ``://``, lower case.

    >>> scheme("SSL://electrum.example:50002"), scheme("esplora+https://x.example/api")
    ('ssl', 'esplora+https')
    """
    return endpoint.partition("://")[0].lower()


def reader(
    network: Network,
    endpoints: Sequence[str],
    *,
    settings: UtxoSettings = _DEFAULTS,
    surroundings: Surroundings = _SURROUNDINGS,
) -> BalanceReader:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises RegistryError when networks.toml lacks what the method needs, and ValueError when there
    is neither a snapshot nor an endpoint.
    """
    nodes = [endpoint for endpoint in endpoints if scheme(endpoint) in CORE_SCHEMES]
    if settings.snapshot is not None:
        return SnapshotReader(network, nodes, settings, surroundings)
    if nodes:
        return NodeReader(network, nodes, settings, surroundings)
    if not endpoints:
        raise ValueError(f"{network.name} has neither a snapshot nor an endpoint")
    maker = SERVERS.get(scheme(endpoints[0]))
    if maker is None:
        raise RegistryError(f"no method for endpoints that begin with {scheme(endpoints[0])}://")
    return maker(network, endpoints, settings, surroundings)
