"""Balances of many accounts of a Cosmos SDK ledger at a height: which method there is.

Endpoints are CometBFT RPC nodes that keep the state of the height, or, as
``rest+https://host``, REST servers of the Cosmos SDK, which give no proofs. Options of the
network: ``identity``, its chain id, and ``denom``, the denomination of its native coin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.cosmos.answers import classify
from chains.cosmos.bank import BankSource
from chains.cosmos.comet import CometSource
from chains.errors import RegistryError
from chains.panel import Panel, PanelSettings
from chains.source import Source
from chains.transport.endpoint import Endpoint
from chains.transport.labels import HTTP_SCHEMES, labels
from chains.transport.provider import Surroundings
from chains.transport.rest import RestEndpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

REST = "rest+"
SCHEMES = (*HTTP_SCHEMES, *(REST + scheme for scheme in HTTP_SCHEMES))
"""What an endpoint may begin with."""

METHODS = (
    Method(
        Reach.EXACT,
        Assurance.NODE,
        "a CometBFT RPC node that keeps the height (pruning = nothing)",
        "abci_query of the bank's store with an ICS-23 proof against the app hash that the next "
        "block names; what is delegated is not in it.",
    ),
    Method(
        Reach.EXACT,
        Assurance.NODE,
        "a REST server of the Cosmos SDK that keeps the height",
        "The bank's balance with the header x-cosmos-block-height, which the answer must repeat; "
        "nothing is proven.",
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
) -> Panel[Source]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises RegistryError when networks.toml does not name the native denomination, and ValueError,
    without repeating the URL, for an endpoint of another kind.
    """
    chain, denom = (str(network.options.get(key, "")) for key in ("identity", "denom"))
    if not denom:
        raise RegistryError(f"networks.toml names no denomination of {network.name}")
    prefix = str(network.address.get("bech32_hrp", ""))
    urls = tuple(dict.fromkeys(endpoints))
    sources: list[Source] = []
    for url, label in zip(urls, labels(urls, SCHEMES), strict=True):
        if url.startswith(REST):
            server = RestEndpoint(url.removeprefix(REST), label, settings.transport, surroundings)
            sources.append(BankSource(server, chain, denom, prefix))
        else:
            node = Endpoint(url, label, settings.transport, classify, surroundings)
            sources.append(CometSource(node, chain, denom))
    return Panel(network, sources, settings, surroundings.wall)
