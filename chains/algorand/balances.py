"""Balances of many Algorand accounts at a round: which method there is.

Endpoints are indexers (REST, version 2). Option of the network: ``identity``, its genesis hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.algorand.source import AlgorandSource
from chains.panel import Panel, PanelSettings
from chains.transport.labels import labels
from chains.transport.provider import Surroundings
from chains.transport.rest import RestEndpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(
        Reach.PARTIAL,
        Assurance.REPLAYED,
        "an indexer that keeps transactions since the round",
        "What the account holds now, less its transactions and block payouts since; not across a "
        "time in which participation rewards were paid.",
    ),
    Method(
        Reach.NONE,
        Assurance.NODE,
        "a node with old states",
        "No node serves accounts at an old round.",
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
) -> Panel[AlgorandSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises ValueError, without repeating the URL, for an endpoint that is no http(s) URL.
    """
    urls = tuple(dict.fromkeys(endpoints))
    genesis = str(network.options.get("identity", ""))
    sources = [
        AlgorandSource(RestEndpoint(url, label, settings.transport, surroundings), genesis)
        for url, label in zip(urls, labels(urls), strict=True)
    ]
    return Panel(network, sources, settings, surroundings.wall)
