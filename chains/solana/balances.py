"""Balances of many addresses of Solana, or of a network like it, at a slot.

Endpoints are JSON-RPC nodes; see `source` for what must hold. Option of the network:
``genesis_hash``, as `getGenesisHash` says it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.panel import Panel, PanelSettings
from chains.solana.calls import Calls, classify
from chains.solana.history import SolanaLimits
from chains.solana.source import SolanaSource
from chains.transport.endpoint import Endpoint, Surroundings
from chains.transport.labels import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(
        Reach.EXACT,
        Assurance.NODE,
        "a node with getHistoricalAccountInfo (Helius)",
        "The account as the node kept it for the slot; only for slots since its archive began.",
    ),
    Method(
        Reach.PARTIAL,
        Assurance.REPLAYED,
        "a node that keeps transactions since the slot",
        "What the first transaction after the slot found and the last one up to it left; rewards "
        "are written without a transaction, and where they show there is no number.",
    ),
)
_SETTINGS = PanelSettings()
_SURROUNDINGS = Surroundings()
_LIMITS = SolanaLimits()


def reader(
    network: Network,
    endpoints: Sequence[str],
    *,
    settings: PanelSettings = _SETTINGS,
    surroundings: Surroundings = _SURROUNDINGS,
    limits: SolanaLimits = _LIMITS,
) -> Panel[SolanaSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises ValueError, without repeating the URL, for an endpoint that is no http(s) URL.
    """
    urls = tuple(dict.fromkeys(endpoints))
    genesis = str(network.options.get("genesis_hash", ""))
    # Beside every token amount, which is a text, stands `uiAmount`, a number with a point.
    transport = replace(settings.transport, decimals=True)
    sources = []
    for url, label in zip(urls, labels(urls), strict=True):
        node = Endpoint(url, label, transport, classify, surroundings)
        sources.append(SolanaSource(node, Calls(node, limits.batch), genesis, limits))
    return Panel(network, sources, settings, surroundings.wall)
