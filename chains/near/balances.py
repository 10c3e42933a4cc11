"""Balances of many NEAR accounts at a block: which method there is.

Endpoints are JSON-RPC nodes; one that keeps old states (an archival one) is needed for blocks of
more than about two days ago. Option of the network: ``identity``, its chain id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.control_panel import ControlPanel
from chains.harvesting import nodes
from chains.near.answers import classify
from chains.near.source import NearSource
from chains.panel import PanelSettings
from chains.transport.provider import Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(
        Reach.EXACT,
        Assurance.NODE,
        "an archival node",
        "Account and token balances at the block's hash, which every answer repeats; what is "
        "staked with pools is not in them.",
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
) -> ControlPanel[NearSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises ValueError, without repeating the URL, for an endpoint that is no http(s) URL.
    """
    chain = str(network.options.get("identity", ""))
    asked = nodes(endpoints, classify, settings.transport, surroundings)
    sources = [NearSource(node, chain) for node in asked]
    return ControlPanel(network, sources, settings, surroundings.wall)
