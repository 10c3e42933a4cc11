"""Balances of many addresses of a UTXO network at a snapshot point: which method is used.

In this order, and the first that is configured is the only one that is used:

1. a snapshot file of the whole UTXO set (`snapshot_reader`);
2. endpoints that begin with ``http://`` or ``https://``: a node with Bitcoin Core's JSON-RPC, which
   makes such a snapshot (`node_reader`);
3. any other scheme: a server that indexes addresses (`servers`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.transport.endpoint import Surroundings
from chains.utxo.settings import UtxoSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import BalanceReader
    from chains.registry import Network

_DEFAULTS = UtxoSettings()
_SURROUNDINGS = Surroundings()
CORE_SCHEMES = frozenset({"http", "https"})
"""Of endpoints that speak Bitcoin Core's JSON-RPC."""


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
    raise NotImplementedError
