"""Balances of many Starknet accounts at a block: which method there is.

Endpoints are JSON-RPC nodes that speak version 0.9 or later. Options of the network: ``identity``,
its chain id as text; ``native_contract``, the token contract of the native coin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.control_panel import ControlPanel
from chains.harvesting import nodes
from chains.panel import PanelSettings
from chains.starknet.answers import classify
from chains.starknet.source import StarknetSource
from chains.transport.provider import Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(
        Reach.EXACT,
        Assurance.NODE,
        "a node with archive state, RPC 0.9 or later",
        "balanceOf at the block's hash, a hundred calls a request, with a canary that tells the "
        "state; what is staked is not in it.",
    ),
    Method(
        Reach.NONE,
        Assurance.PROOF,
        "one's own Pathfinder archive",
        "Storage proofs are kept for some twenty blocks by public nodes, and are not read.",
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
) -> ControlPanel[StarknetSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises ValueError, without repeating the URL, for an endpoint that is no http(s) URL.
    """
    chain = str(network.options.get("identity", ""))
    native = str(network.options.get("native_contract", ""))
    asked = nodes(endpoints, classify, settings.transport, surroundings)
    sources = [StarknetSource(node, chain, native) for node in asked]
    return ControlPanel(network, sources, settings, surroundings.wall)
