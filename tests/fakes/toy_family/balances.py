"""Balances of Toyland. Option of the network: ``identity``, what its nodes call the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach
from chains.errors import RegistryError
from chains.panel import Panel, PanelSettings
from chains.transport.labels import labels
from chains.transport.provider import Surroundings
from chains.transport.rest import RestEndpoint
from tests.fakes.toy_family.source import ToySource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network

METHODS = (
    Method(Reach.EXACT, Assurance.NODE, "a node of Toyland", "One request an account, by hash."),
)
_DEFAULTS = PanelSettings()
_SURROUNDINGS = Surroundings()


def reader(
    network: Network,
    endpoints: Sequence[str],
    *,
    settings: PanelSettings = _DEFAULTS,
    surroundings: Surroundings = _SURROUNDINGS,
) -> Panel[ToySource]:
    """Return a reader of `network`. Raises RegistryError without the option ``identity``."""
    identity = str(network.options.get("identity", ""))
    if not identity:
        raise RegistryError(f"{network.name} has no options.identity")
    sources = [
        ToySource(RestEndpoint(url, label, settings.transport, surroundings), identity)
        for url, label in zip(endpoints, labels(endpoints), strict=True)
    ]
    return Panel(network, sources, settings, surroundings.wall)
