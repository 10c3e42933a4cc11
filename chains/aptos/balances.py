"""Balances of many addresses of Aptos at a ledger version.

Endpoints are told apart by their scheme: ``https://host/v1`` is a node (`source`),
``graphql+https://host/v1/graphql`` an indexer (`indexer`), which is asked what no node has any
more. Option of the network: ``height_is = "block"`` where heights of lists are not versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.aptos import indexer
from chains.aptos.indexer import IndexerLimits, IndexerSource
from chains.aptos.source import AptosSource
from chains.control_panel import ControlPanel
from chains.panel import PanelSettings
from chains.transport.graphql import GraphQlEndpoint
from chains.transport.labels import HTTP_SCHEMES, labels
from chains.transport.provider import Surroundings
from chains.transport.rest import RestEndpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(
        Reach.EXACT,
        Assurance.NODE,
        "a node that keeps the version",
        "Coin and primary store at the ledger version; most nodes keep days or weeks.",
    ),
    Method(
        Reach.PARTIAL,
        Assurance.REPLAYED,
        "an indexer (graphql+https://)",
        "Every change since the beginning, which must add up to the present balance; accounts "
        "with very long histories have no number.",
    ),
)
_SETTINGS = PanelSettings()
_SURROUNDINGS = Surroundings()
_LIMITS = IndexerLimits()
_INDEXER = "graphql+"
SCHEMES = (*HTTP_SCHEMES, *(_INDEXER + scheme for scheme in HTTP_SCHEMES))
"""What an endpoint may begin with."""


def reader(
    network: Network,
    endpoints: Sequence[str],
    *,
    settings: PanelSettings = _SETTINGS,
    surroundings: Surroundings = _SURROUNDINGS,
    limits: IndexerLimits = _LIMITS,
) -> ControlPanel[AptosSource | IndexerSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises ValueError, without repeating the URL, for an endpoint of another kind.
    """
    urls = tuple(dict.fromkeys(endpoints))
    sources: list[AptosSource | IndexerSource] = []
    for url, label in zip(urls, labels(urls, SCHEMES), strict=True):
        if url.startswith(_INDEXER):
            plain = url.removeprefix(_INDEXER)
            graph = GraphQlEndpoint(
                plain, label, settings.transport, indexer.classify, surroundings
            )
            sources.append(IndexerSource(graph, network, limits))
        else:
            node = RestEndpoint(url, label, settings.transport, surroundings)
            sources.append(AptosSource(node, network))
    return ControlPanel(network, sources, settings, surroundings.wall)
