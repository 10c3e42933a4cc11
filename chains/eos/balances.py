"""The native coin of many accounts of EOS (Vaulta) or WAX at a block, from Hyperion indexes.

Options of the network: ``identity``, its chain id; ``native_contract``, the token contract of the
coin, and ``native_symbol``, what that calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.control_panel import ControlPanel
from chains.eos.answers import Token
from chains.eos.hyperion import HyperionSource
from chains.errors import RegistryError
from chains.harvesting import rest_servers
from chains.panel import PanelSettings
from chains.transport.provider import Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(
        Reach.PARTIAL,
        Assurance.REPLAYED,
        "a Hyperion index with table deltas of all blocks",
        "The account's row in the token's table after its last change up to the block, which the "
        "node's head confirms where nothing changed since; what is staked or in REX is not in it.",
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
) -> ControlPanel[HyperionSource]:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises RegistryError without one of the options, and ValueError, without repeating the URL, for
    an endpoint that is no http(s) URL.
    """
    names = ("identity", "native_contract", "native_symbol")
    chain_id, contract, symbol = (str(network.options.get(name, "")) for name in names)
    if not (chain_id and contract and symbol):
        raise RegistryError(f"{network.name}: one of options.{', '.join(names)} is not known")
    token = Token(contract, symbol, network.native_decimals)
    sources = [
        HyperionSource(server, chain_id, token)
        for server in rest_servers(endpoints, settings.transport, surroundings)
    ]
    return ControlPanel(network, sources, settings, surroundings.wall)
