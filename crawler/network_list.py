"""`assay networks`: in which of three states every network is, and what reading it takes.

*Exact* at a height, *replayed or recent only*, or *not possible* and why. Nothing is asked of any
endpoint: what a family can do it says itself (`chains.methods`), and a network whose table lacks
what its family's reader must know is not possible, with the reader's own words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from chains.adapter import Assurance, Method, Reach, Unresolved
from chains.errors import RegistryError
from chains.methods import best, methods
from crawler.assess import ExitCode
from crawler.readers import ReaderOptions, reader_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network
    from crawler.settings import Limits, Settings

TITLES = {
    Reach.EXACT: "exact at a height",
    Reach.PARTIAL: "replayed or recent only",
    Reach.NONE: "not possible",
}
COLOURS = {Reach.EXACT: "green", Reach.PARTIAL: "yellow", Reach.NONE: "red"}
NOWHERE = "http://127.0.0.1:9"
"""Of readers that are made to see whether they can be, and never entered."""


@dataclass(frozen=True, slots=True)
class NetworkState:
    """How one network can be read."""

    network: Network
    methods: tuple[Method, ...]
    """Of its family, best first; one of reach NONE where there is none."""
    lacks: str
    """Why the network cannot be read although its family can; empty else."""

    @property
    def best(self) -> Method:
        """Return the method of the widest reach."""
        return best(self.methods)

    @property
    def reach(self) -> Reach:
        """Return the state."""
        return Reach.NONE if self.lacks else self.best.reach

    @property
    def why(self) -> str:
        """Return how it works, or why it does not."""
        return self.lacks or self.best.detail


def states(settings: Settings) -> list[NetworkState]:
    """Return the state of every network, in the order of the table. Nothing is sent.

    A network whose family has no code here, or does not say how it reads balances, is not possible.
    """
    found = []
    for network in settings.networks.values():
        ways = _ways(network.family)
        readable = best(ways).reach is not Reach.NONE
        found.append(
            NetworkState(network, ways, _lacks(network, settings.limits) if readable else "")
        )
    return found


def _ways(family: str) -> tuple[Method, ...]:
    try:
        return tuple(methods(family))
    except RegistryError as error:
        needs = f"a distribution that brings the family {family}"
        return (Method(Reach.NONE, Assurance.LIVE, needs, str(error)),)


def _lacks(network: Network, limits: Limits) -> str:
    """Return what networks.toml does not say that the reader must know, or nothing."""
    placed = replace(network, endpoints=(NOWHERE,))
    made = reader_of(ReaderOptions(limits=limits))(placed)
    return made.detail if isinstance(made, Unresolved) else ""


def list_networks(settings: Settings, *, as_json: bool) -> int:
    """Print every network and return 0: that a network cannot be read is no failure of the list."""
    found = states(settings)
    if as_json:
        print(json.dumps(_document(found), indent=2, ensure_ascii=False))  # noqa: T201
    else:
        _print(found, Console(soft_wrap=True))
    return int(ExitCode.HOLDS)


def _document(found: Sequence[NetworkState]) -> dict[str, object]:
    return {
        "schema_version": "1.0",
        "networks": {state.network.name: _entry(state) for state in found},
    }


def _entry(state: NetworkState) -> dict[str, object]:
    return {
        "title": state.network.title,
        "family": state.network.family,
        "state": state.reach.value,
        "why": state.why,
        "assurance": None if state.reach is Reach.NONE else state.best.assurance.value,
        "needs": state.best.needs,
        "endpoints": len(state.network.endpoints),
        "methods": [
            {
                "reach": method.reach.value,
                "assurance": None if method.reach is Reach.NONE else method.assurance.value,
                "needs": method.needs,
                "detail": method.detail,
            }
            for method in state.methods
        ],
    }


def _print(found: Sequence[NetworkState], console: Console) -> None:
    """Print the three states, the families of each, and a line for every network."""
    for reach in Reach:
        here = sorted(
            (state for state in found if state.reach is reach),
            key=lambda state: (state.network.family, state.why),
        )
        console.print(Text(f"{TITLES[reach]} ({len(here)})", style=f"bold {COLOURS[reach]}"))
        for _, group in groupby(here, key=lambda state: (state.network.family, state.why)):
            _print_family(list(group), console)


def _print_family(states: Sequence[NetworkState], console: Console) -> None:
    first = states[0]
    console.print(Text(f"  {first.network.family}", style="bold"))
    if first.lacks:
        console.print(Text(f"    {first.lacks}"))
    for method in () if first.lacks else first.methods:
        console.print(Text(f"    {_how(method)}: needs {method.needs}"))
        console.print(Text(f"      {method.detail}", style="dim"))
    for state in states:
        number = len(state.network.endpoints)
        told = "no endpoint" if not number else f"{number} endpoint{'s' * (number > 1)}"
        console.print(Text(f"      {state.network.name:<24} {told}"))


def _how(method: Method) -> str:
    if method.reach is Reach.NONE:
        return TITLES[Reach.NONE]
    return f"{TITLES[method.reach]}, {method.assurance.value}"
