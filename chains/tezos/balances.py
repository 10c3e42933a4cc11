"""Tez of many accounts at a block, from Octez nodes.

Option of the network: ``identity``, its chain id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.errors import RegistryError
from chains.harvesting import rest_servers
from chains.panel import Panel, PanelSettings
from chains.tezos.node import OctezNode
from chains.transport.provider import Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(
        Reach.EXACT,
        Assurance.NODE,
        "an archive node (octez-node with history mode archive)",
        "The balance in the context of the block, by its hash; what is staked or frozen is not in "
        "it, and tokens are not read.",
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
) -> Panel[OctezNode]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises RegistryError without the option ``identity``, and ValueError, without repeating the
    URL, for an endpoint that is no http(s) URL.
    """
    chain_id = str(network.options.get("identity", ""))
    if not chain_id:
        raise RegistryError(f"{network.name}: its chain id (options.identity) is not known")
    sources = [
        OctezNode(server, chain_id)
        for server in rest_servers(endpoints, settings.transport, surroundings)
    ]
    return Panel(network, sources, settings, surroundings.wall)
