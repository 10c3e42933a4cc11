"""Lumens of many accounts at a ledger, from Horizon servers.

Option of the network: ``identity``, its passphrase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.errors import RegistryError
from chains.harvesting import rest_servers
from chains.panel import Panel, PanelSettings
from chains.stellar.horizon import HorizonSource
from chains.transport.provider import Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(
        Reach.PARTIAL,
        Assurance.NODE,
        "a Horizon server whose history reaches back to the ledger",
        "The account itself where it has not changed since, or as its own next transaction found "
        "it; one that received something before has no number.",
    ),
    Method(
        Reach.NONE,
        Assurance.PROOF,
        "one's own stellar-core and the history archives (catchup, dump-ledger)",
        "All accounts of a ledger at once, against its bucket list; no reader exists yet. Trust "
        "lines are not read.",
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
) -> Panel[HorizonSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises RegistryError without the option ``identity``, and ValueError, without repeating the
    URL, for an endpoint that is no http(s) URL.
    """
    passphrase = str(network.options.get("identity", ""))
    if not passphrase:
        raise RegistryError(f"{network.name}: its passphrase (options.identity) is not known")
    sources = [
        HorizonSource(server, passphrase)
        for server in rest_servers(endpoints, settings.transport, surroundings)
    ]
    return Panel(network, sources, settings, surroundings.wall)
