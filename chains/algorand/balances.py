"""Balances of many Algorand accounts at a round: which method there is.

Endpoints are indexers (REST, version 2). Option of the network: ``identity``, its genesis hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.algorand.source import AlgorandSource
from chains.control_panel import ControlPanel
from chains.harvesting import rest_servers
from chains.panel import PanelSettings
from chains.transport.provider import Surroundings

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
) -> ControlPanel[AlgorandSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises ValueError, without repeating the URL, for an endpoint that is no http(s) URL.
    """
    genesis = str(network.options.get("identity", ""))
    sources = [
        AlgorandSource(server, genesis)
        for server in rest_servers(endpoints, settings.transport, surroundings)
    ]
    return ControlPanel(network, sources, settings, surroundings.wall)
