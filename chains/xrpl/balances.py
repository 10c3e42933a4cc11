"""XRP of many accounts at a ledger, from rippled or Clio servers over JSON-RPC.

Options of the network: ``network_id``, the number that its servers state (0 is the main network),
and ``checkpoint_height``, ``checkpoint_hash``: a ledger to look at where a server states none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.control_panel import ControlPanel
from chains.errors import RegistryError
from chains.harvesting import rest_servers
from chains.panel import PanelSettings
from chains.source import landmark
from chains.transport.provider import Surroundings
from chains.xrpl.rippled import RippledSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(
        Reach.EXACT,
        Assurance.NODE,
        "a rippled or Clio server with full history",
        "account_info at the ledger's hash, of validated ledgers only; a server without the ledger "
        "still gives accounts that did not change since. Escrows and trust lines are told apart.",
    ),
    Method(
        Reach.NONE,
        Assurance.NODE,
        "a reader of trust lines",
        "Issued currencies are counted, and their balances are not read.",
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
) -> ControlPanel[RippledSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises RegistryError for a network without the options, and ValueError, without repeating the
    URL, for an endpoint that is no HTTP URL.
    """
    network_id, mark = network.options.get("network_id"), landmark(network.options)
    if not isinstance(network_id, int) or not mark.hash:
        raise RegistryError(f"{network.name}: nothing tells the network from others")
    sources = [
        RippledSource(server, network_id, mark)
        for server in rest_servers(endpoints, settings.transport, surroundings)
    ]
    return ControlPanel(network, sources, settings, surroundings.wall)
