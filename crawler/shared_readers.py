"""Readers that serve several lists: what one pass can answer for all of them is asked once.

A snapshot of a whole UTXO set is read once, whatever the number of lists: their accounts are known
before it is opened. Networks that are asked account by account get a reader for each list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from chains.adapter import BalanceReader, ForeseeingReader, Unresolved
from chains.registry import Network
from crawler.plan import BalanceQuery
from crawler.readings import Reader


class OnePassReader(BalanceReader, ForeseeingReader, Protocol):
    """A reader that answers all in one pass."""


class SharedReaders:
    """Makes readers, but gives the same one again and again if it answers all in one pass."""

    def __init__(self, make: Reader) -> None:
        """`make` makes the reader of a network."""
        self._make = make
        self._kept: dict[str, OnePassReader | None] = {}

    def __call__(self, network: Network) -> BalanceReader | Unresolved:
        """Return the reader of a network, or why there is none."""
        return self.before(self._make)(network)

    def before(self, make: Reader) -> Reader:
        """Return what gives the shared reader of a network, where there is one, or makes one."""

        def chosen(network: Network) -> BalanceReader | Unresolved:
            shared = self._shared(network)
            return make(network) if shared is None else shared

        return chosen

    def serves(self, networks: Iterable[Network]) -> bool:
        """Return whether the reader of any of `networks` answers all in one pass."""
        return any(self._shared(network) is not None for network in networks)

    def expect(self, queries: Iterable[BalanceQuery], networks: Mapping[str, Network]) -> None:
        """Note what will be asked for. To be called for all lists before anything is read."""
        for query in queries:
            shared = self._shared(networks[query.network])
            if shared is not None and not query.stake:
                shared.expect(query.addresses)

    def _shared(self, network: Network) -> OnePassReader | None:
        if network.name not in self._kept:
            made = self._make(network)
            self._kept[network.name] = None
            if not isinstance(made, Unresolved) and isinstance(made, ForeseeingReader):
                self._kept[network.name] = made
        return self._kept[network.name]
