"""TRX and TRC-20 tokens of many accounts at a block, from java-tron nodes.

An endpoint is the base URL of a node's HTTP API, such as ``https://host``, without ``/wallet``; the
JSON-RPC of the same node is expected at ``/jsonrpc`` below it.

Options of the network: ``checkpoint_hash`` (the first block), ``multicall`` (a contract with
``aggregate((address,bytes)[])``), and ``stakes`` (false: what accounts have staked is not asked
for, which saves a request for each).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.control_panel import ControlPanel
from chains.errors import AddressError, RegistryError
from chains.panel import PanelSettings
from chains.source import landmark
from chains.transport.labels import labels
from chains.transport.provider import Surroundings
from chains.tron.addresses import canonical
from chains.tron.node import TronNode
from chains.tron.source import TronSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(
        Reach.EXACT,
        Assurance.NODE,
        "a java-tron node that keeps the history of balances (storage.balance.history.lookup)",
        "TRX by getaccountbalance, liquid only; what is staked is told apart, as of today. A zero "
        "that may mean 'no history' is unresolved.",
    ),
    Method(
        Reach.PARTIAL,
        Assurance.REPLAYED,
        "a java-tron node with JSON-RPC that indexes events since the snapshot",
        "Tokens by one call at a named block, less the events between the snapshot and it.",
    ),
)

_DEFAULTS = PanelSettings()
_SURROUNDINGS = Surroundings()


def reader(
    network: Network,
    endpoints: Sequence[str],
    *,
    settings: PanelSettings = _DEFAULTS,
    surroundings: Surroundings = _SURROUNDINGS,
) -> ControlPanel[TronSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises RegistryError for options of the network that cannot be used, and ValueError, without
    repeating the URL, for an endpoint that is no HTTP URL.
    """
    urls = tuple(dict.fromkeys(endpoints))
    named = network.options.get("multicall", "")
    try:
        multicall = canonical(str(named), network.address)
    except AddressError as error:
        raise RegistryError(f"{network.name}: the multicall {named!r} is no contract") from error
    sources = [
        TronSource(
            TronNode(url, label, settings.transport, surroundings),
            landmark(network.options),
            multicall,
            network.address,
            stakes=network.options.get("stakes", True) is not False,
        )
        for url, label in zip(urls, labels(urls), strict=True)
    ]
    return ControlPanel(network, sources, settings, surroundings.wall)
