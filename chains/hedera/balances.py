"""HBAR of many accounts at a block, from mirror nodes.

Option of the network: ``identity``, when its first block begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.control_panel import ControlPanel
from chains.errors import RegistryError
from chains.harvesting import rest_servers
from chains.hedera.mirror import MirrorSource
from chains.panel import PanelSettings
from chains.transport.provider import Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(
        Reach.PARTIAL,
        Assurance.REPLAYED,
        "a mirror node with the whole history",
        "The balance of the last step of about fifteen minutes, and every transfer from there to "
        "the end of the block; tokens are not read.",
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
) -> ControlPanel[MirrorSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises RegistryError without the option ``identity``, and ValueError, without repeating the
    URL, for an endpoint that is no http(s) URL.
    """
    beginning = str(network.options.get("identity", ""))
    if not beginning:
        raise RegistryError(f"{network.name}: when it begins (options.identity) is not known")
    sources = [
        MirrorSource(server, beginning)
        for server in rest_servers(endpoints, settings.transport, surroundings)
    ]
    return ControlPanel(network, sources, settings, surroundings.wall)
