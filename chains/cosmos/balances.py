"""Balances of many accounts of a Cosmos SDK ledger at a height: which method there is.

Endpoints are CometBFT RPC nodes that keep the state of the height. Options of the network:
``identity``, its chain id, and ``denom``, the denomination of its native coin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.cosmos.answers import classify
from chains.cosmos.comet import CometSource
from chains.harvesting import nodes
from chains.panel import Panel, PanelSettings
from chains.transport.provider import Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(
        Reach.EXACT,
        Assurance.NODE,
        "a CometBFT RPC node that keeps the height (pruning = nothing)",
        "abci_query of the bank's store with an ICS-23 proof against the app hash that the next "
        "block names; what is delegated is not in it.",
    ),
)
_SETTINGS = PanelSettings()
_SURROUNDINGS = Surroundings()


def reader(
    network: Network,
    endpoints: Sequence[str],
    *,
    settings: PanelSettings = _SETTINGS,
    surroundings: Surroundings = _SURROUNDINGS,
) -> Panel[CometSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises ValueError, without repeating the URL, for an endpoint that is no http(s) URL.
    """
    chain, denom = (str(network.options.get(key, "")) for key in ("identity", "denom"))
    asked = nodes(endpoints, classify, settings.transport, surroundings)
    sources = [CometSource(node, chain, denom) for node in asked]
    return Panel(network, sources, settings, surroundings.wall)
