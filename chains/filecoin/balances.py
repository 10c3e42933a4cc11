"""Balances of many Filecoin addresses after an epoch: which method there is.

Endpoints are JSON-RPC nodes of Filecoin itself. Option of the network: ``identity``, the CID
of its genesis block. Addresses that begin with 0x or f4 can also be read as `filecoin-evm`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.filecoin.answers import classify
from chains.filecoin.source import FilecoinSource
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
        "a node that still has the epoch's state (an archive; public ones keep about a day)",
        "StateGetActor at the tipset after the epoch, a hundred a request; escrow in the storage "
        "market is not in it.",
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
) -> Panel[FilecoinSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises ValueError, without repeating the URL, for an endpoint that is no http(s) URL.
    """
    genesis = str(network.options.get("identity", ""))
    asked = nodes(endpoints, classify, settings.transport, surroundings)
    sources = [FilecoinSource(node, genesis) for node in asked]
    return Panel(network, sources, settings, surroundings.wall)
