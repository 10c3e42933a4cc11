"""Balances of many addresses of Sui at a checkpoint.

Endpoints are GraphQL services; see `source` for what must hold. Option of the network:
``genesis_identifier``, as `chainIdentifier` says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.panel import Panel, PanelSettings
from chains.sui.source import SuiLimits, SuiSource, classify
from chains.transport.graphql import GraphQlEndpoint
from chains.transport.labels import labels
from chains.transport.provider import Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(
        Reach.PARTIAL,
        Assurance.NODE,
        "a GraphQL service, within its consistent range",
        "The balance in the state of the checkpoint; the range is about the last hour.",
    ),
    Method(
        Reach.PARTIAL,
        Assurance.REPLAYED,
        "a GraphQL service that keeps transactions since the checkpoint",
        "The balance at a later checkpoint less every change since; accounts with very many "
        "transactions since have no number.",
    ),
)
_SETTINGS = PanelSettings()
_SURROUNDINGS = Surroundings()
_LIMITS = SuiLimits()


def reader(
    network: Network,
    endpoints: Sequence[str],
    *,
    settings: PanelSettings = _SETTINGS,
    surroundings: Surroundings = _SURROUNDINGS,
    limits: SuiLimits = _LIMITS,
) -> Panel[SuiSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises ValueError, without repeating the URL, for an endpoint that is no http(s) URL.
    """
    urls = tuple(dict.fromkeys(endpoints))
    identifier = str(network.options.get("genesis_identifier", ""))
    sources = [
        SuiSource(
            GraphQlEndpoint(url, label, settings.transport, classify, surroundings),
            identifier,
            limits,
        )
        for url, label in zip(urls, labels(urls), strict=True)
    ]
    return Panel(network, sources, settings, surroundings.wall)
