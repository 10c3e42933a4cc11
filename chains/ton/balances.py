"""Balances of many accounts of TON at a masterchain block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.harvesting import rest_servers
from chains.panel import Panel, PanelSettings
from chains.ton.http_api import TonServer
from chains.transport.provider import Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(
        Reach.EXACT,
        Assurance.NODE,
        "the HTTP API, version 2, over an archive lite-server; it must take seqno",
        "getAddressInformation with the masterchain block's seqno, one request an account. "
        "Jettons: the balance in the data of the owner's wallet contract at that block. Without "
        "nominator pools, liquid staking and vesting contracts.",
    ),
)

_DEFAULTS = PanelSettings()
_SURROUNDINGS = Surroundings()


def reader(
    network: Network,
    endpoints: Sequence[str],
    *,
    settings: PanelSettings = _DEFAULTS,
    surroundings: Surroundings = _SURROUNDINGS,
) -> Panel[TonServer]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    An endpoint ends before ``/getAddressInformation``. Raises RegistryError when networks.toml does
    not say which network it is.
    """
    servers = [
        TonServer(server, network)
        for server in rest_servers(endpoints, settings.transport, surroundings)
    ]
    return Panel(network, servers, settings, surroundings.wall)
