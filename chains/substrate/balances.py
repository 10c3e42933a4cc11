"""Balances of many accounts of a Substrate ledger at a snapshot block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Method, Reach, Unresolved
from chains.errors import UnresolvedReason
from chains.panel import Panel, PanelSettings
from chains.substrate.migration import Migration
from chains.substrate.node import SubstrateNode
from chains.substrate.refusals import classify
from chains.transport.endpoint import Endpoint
from chains.transport.labels import labels
from chains.transport.provider import Surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import SnapshotPoint
    from chains.registry import Network

METHODS = (
    Method(
        Reach.EXACT,
        Assurance.PROOF,
        "an archive node's JSON-RPC over HTTP, with state_getReadProof",
        "The nodes of the state trie lead from the header's state root to every balance, or show "
        "that there is none. Free and reserved together; assets by their number in the assets "
        "pallet, without what its holder pallet keeps; no pools, no other chains.",
    ),
    Method(
        Reach.EXACT,
        Assurance.NODE,
        "an archive node's JSON-RPC over HTTP",
        "state_queryStorageAt by block hash, hundreds of accounts at once, with the block number "
        "that the state itself keeps.",
    ),
)

_DEFAULTS = PanelSettings()
_SURROUNDINGS = Surroundings()


class SubstratePanel(Panel[SubstrateNode]):
    """A `chains.adapter.BalanceReader`; made by `reader`."""

    migration: Migration | None = None

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        """Return the block at `height`, unless the chain has nothing but what has left it."""
        gone = self.migration
        if gone is not None and gone.has_left and (why := gone.why_not(height)):
            return Unresolved(UnresolvedReason.WRONG_CHAIN, why)
        return await super().pin(height)


def reader(
    network: Network,
    endpoints: Sequence[str],
    *,
    settings: PanelSettings = _DEFAULTS,
    surroundings: Surroundings = _SURROUNDINGS,
) -> SubstratePanel:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises RegistryError when networks.toml does not say which chain it is, or what it says of its
    migration cannot be used.
    """
    migration = Migration.of(network)
    urls = tuple(dict.fromkeys(endpoints))
    nodes = [
        SubstrateNode(
            Endpoint(url, label, settings.transport, classify, surroundings), network, migration
        )
        for url, label in zip(urls, labels(urls), strict=True)
    ]
    panel = SubstratePanel(network, nodes, settings, surroundings.wall)
    panel.migration = migration
    return panel
