"""Balances of many Cardano addresses at a slot, or at a block's number.

Endpoints are told apart by their scheme: ``http://host:1442`` is a Kupo index of one's own (API
version 2; of every address or those of the list, ``--since origin``, without ``--prune-utxo``),
``koios+https://host/api/v1`` a Koios server that knows the numbers of blocks. Options of the
network: ``checkpoint_height`` and ``checkpoint_hash``, a slot and the hash of its block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.cardano.source import Heights, KupoSource
from chains.panel import Panel, PanelSettings
from chains.source import landmark
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
        "a Kupo index without pruning (and koios+https:// for heights that are block numbers)",
        "Outputs that were made up to the block, by slot and hash, and not spent up to it; "
        "rewards of a stake key are not in them.",
    ),
)
_SETTINGS = PanelSettings()
_SURROUNDINGS = Surroundings()
_KOIOS = "koios+"
SCHEMES = (*HTTP_SCHEMES, *(_KOIOS + scheme for scheme in HTTP_SCHEMES))
"""What an endpoint may begin with."""


def reader(
    network: Network,
    endpoints: Sequence[str],
    *,
    settings: PanelSettings = _SETTINGS,
    surroundings: Surroundings = _SURROUNDINGS,
) -> Panel[KupoSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises ValueError, without repeating the URL, for an endpoint of another kind.
    """
    urls = tuple(dict.fromkeys(endpoints))
    named = dict(zip(urls, labels(urls, SCHEMES), strict=True))

    def server(url: str) -> RestEndpoint:
        plain = url.removeprefix(_KOIOS)
        return RestEndpoint(plain, named[url], settings.transport, surroundings)

    numbering = [url for url in urls if url.startswith(_KOIOS)]
    sources = [
        KupoSource(
            server(url), landmark(network.options), Heights([server(one) for one in numbering])
        )
        for url in urls
        if url not in numbering
    ]
    return Panel(network, sources, settings, surroundings.wall)
