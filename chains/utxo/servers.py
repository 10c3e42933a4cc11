"""Balances of a UTXO network from servers that index addresses.

None of them can read an old state. Each works out the balance at the snapshot height from what it
knows today (assurance `replayed`); where two independent servers give the same number, it is
`quorum`, and where they give different ones, there is none. Servers are independent when their
hosts differ.

Endpoints are told apart by their scheme:

* ``tcp://``, ``ssl://``: Electrum (`electrum`);
* ``esplora+https://host/api``: Esplora (`esplora`);
* ``blockbook+https://host``: Blockbook (`blockbook`);
* ``deltas+http://user:password@host:port``: a node with `getaddressdeltas` (`address_deltas`);
* ``omni+http://user:password@host:port``: an Omni Core node, for tokens only (`omni`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.panel import Panel
from chains.source import Source, landmark
from chains.transport.endpoint import Endpoint
from chains.transport.labels import labels
from chains.transport.rest import RestEndpoint
from chains.utxo import address_deltas, electrum
from chains.utxo.address_deltas import AddressDeltasSource
from chains.utxo.blockbook import BlockbookSource
from chains.utxo.electrum_source import ElectrumSource
from chains.utxo.esplora import EsploraSource
from chains.utxo.headers import rules
from chains.utxo.omni import OmniSource
from chains.utxo.server_settings import ServerSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import HoldingForm
    from chains.registry import Network
    from chains.transport.provider import Surroundings
    from chains.utxo.settings import UtxoSettings

HTTP_SCHEMES = tuple(
    f"{kind}+{http}"
    for kind in ("esplora", "blockbook", "deltas", "omni")
    for http in ("https", "http")
)
SCHEMES = (*electrum.SCHEMES, *HTTP_SCHEMES)
"""What an endpoint of this kind may begin with."""


def reader(
    network: Network,
    endpoints: Sequence[str],
    settings: ServerSettings,
    surroundings: Surroundings,
) -> ServerReader:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises RegistryError for options of the network that cannot be used, and ValueError, without
    repeating the URL, for an endpoint of another kind.
    """
    urls = tuple(dict.fromkeys(endpoints))
    sources = [
        source(network, url, label, settings, surroundings)
        for url, label in zip(urls, labels(urls, SCHEMES), strict=True)
    ]
    return ServerReader(network, sources, settings, surroundings.wall)


def from_settings(
    network: Network,
    endpoints: Sequence[str],
    settings: UtxoSettings,
    surroundings: Surroundings,
) -> ServerReader:
    """Return a reader as `reader` does, with the limits of `settings`."""
    limits = ServerSettings(
        quorum=settings.quorum,
        opinions=max(settings.quorum, ServerSettings().opinions),
        transport=settings.transport,
    )
    return reader(network, endpoints, limits, surroundings)


def source(
    network: Network,
    url: str,
    label: str,
    settings: ServerSettings,
    surroundings: Surroundings,
) -> Source:
    """Return what asks the server at `url`. Raises as `reader` does."""
    kind, _, plain = url.rpartition("+") if url.startswith(HTTP_SCHEMES) else ("", "", url)
    mark, transport = landmark(network.options), settings.transport
    match kind:
        case "":
            server = electrum.ElectrumServer(plain, label, transport, surroundings)
            return ElectrumSource(server, rules(network.options), mark, settings)
        case "deltas":
            node = Endpoint(plain, label, transport, address_deltas.classify, surroundings)
            form = rules(network.options).form
            return AddressDeltasSource(node, network.address, mark, settings, form=form)
        case "omni":
            node = Endpoint(plain, label, transport, address_deltas.classify, surroundings)
            return OmniSource(node, network.address, mark, settings)
        case "esplora":
            rest = RestEndpoint(plain, label, transport, surroundings)
            return EsploraSource(rest, mark, settings)
        case _:
            rest = RestEndpoint(plain, label, transport, surroundings)
            return BlockbookSource(rest, network.address, mark, settings)


class ServerReader(Panel[Source]):
    """A `chains.adapter.BalanceReader`; made by `reader`."""

    def _no_tokens(self, form: HoldingForm) -> str:
        return (
            f"{form.id} is a token ({form.contract}); servers that index {self._network.title} "
            "do not know its balances; an endpoint omni+http://... at the snapshot block does"
        )
