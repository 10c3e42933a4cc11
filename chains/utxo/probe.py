"""What one endpoint of a UTXO network can do: for `assay networks check`.

A node is asked who it is and which snapshots it can make; a server that indexes addresses only
whether it is of the right network, since all of them work balances out from what came later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chains.errors import ProviderError, UnresolvedReason
from chains.probed import UNKNOWN, Ability, Probed
from chains.source import landmark
from chains.transport.labels import labels
from chains.transport.provider import Surroundings
from chains.transport.together import together
from chains.utxo import servers
from chains.utxo.balances import CORE_SCHEMES, scheme
from chains.utxo.core_rpc import COPY_VERSION, ROLLBACK_VERSION, CoreNode
from chains.utxo.server_settings import ServerSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.registry import Network
    from chains.source import Source
    from chains.transport.settings import TransportSettings

KINDS = {
    "tcp": "Electrum server",
    "ssl": "Electrum server",
    "esplora": "Esplora",
    "blockbook": "Blockbook",
    "deltas": "node with getaddressdeltas",
    "omni": "Omni Core",
}
"""First part of a scheme -> what answers there."""

_INDEX_ONLY = Probed(Ability.NO, "it indexes addresses and has no UTXO set to give")
_TIP_ONLY = Probed(Ability.NO, "it knows tokens, at its tip only")
_NO_LANDMARK = Probed(Ability.UNKNOWN, "networks.toml names no block to tell the network by")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointReport:
    """What an endpoint showed. Heights are None where it gave none."""

    label: str
    network: str
    kind: str
    """What answers there."""
    right_chain: Probed
    version: int | None = None
    """Of a node: 290000 is 29.0."""
    latest: int | None = None
    replays: Probed = UNKNOWN
    """Whether balances at a height can be worked out from it, account by account."""
    old_snapshots: Probed = UNKNOWN
    """Whether it can write the UTXO set of an old block."""
    keeps_muhash: Probed = UNKNOWN
    """Whether it can vouch for a snapshot of any block."""


async def probe(
    network: Network,
    endpoints: Sequence[str],
    *,
    transport: TransportSettings | None = None,
    surroundings: Surroundings | None = None,
) -> tuple[EndpointReport, ...]:
    """Return one report for each distinct endpoint, in order. Never raises a ProviderError.

    Raises RegistryError and ValueError like `servers.reader`.
    """
    around = surroundings or Surroundings()
    settings = ServerSettings() if transport is None else ServerSettings(transport=transport)
    urls = tuple(dict.fromkeys(endpoints))
    schemes = (*sorted(CORE_SCHEMES), *servers.SCHEMES)
    work = []
    for url, label in zip(urls, labels(urls, schemes), strict=True):
        if scheme(url) in CORE_SCHEMES:
            node = CoreNode(url, label, settings.transport, around)
            work.append(_probe_node(network, node))
        else:
            source = servers.source(network, url, label, settings, around)
            work.append(_probe_server(network, source, KINDS[scheme(url).partition("+")[0]]))
    return tuple(await together(*work))


async def _probe_server(network: Network, source: Source, kind: str) -> EndpointReport:
    mark = landmark(network.options)
    label = source.provider.label
    await source.open()
    try:
        block = await source.block_at(mark.height, [])
    except ProviderError as error:
        return EndpointReport(
            label=label, network=network.name, kind=kind, right_chain=_other_chain(error)
        )
    finally:
        await source.close()
    return EndpointReport(
        label=label,
        network=network.name,
        kind=kind,
        right_chain=Probed(Ability.YES) if mark.hash else _NO_LANDMARK,
        latest=block.tip,
        replays=_TIP_ONLY if kind == KINDS["omni"] else Probed(Ability.YES),
        old_snapshots=_INDEX_ONLY,
        keeps_muhash=_INDEX_ONLY,
    )


async def _probe_node(network: Network, node: CoreNode) -> EndpointReport:
    mark = landmark(network.options)
    kind, label = "node with Bitcoin Core's RPC", node.label
    await node.open()
    try:
        found = await node.block_hash(mark.height)
        if mark.hash and found != mark.hash:
            told = Probed(Ability.NO, f"its block {mark.height:,} is {found}")
            return EndpointReport(label=label, network=network.name, kind=kind, right_chain=told)
        return EndpointReport(
            label=label,
            network=network.name,
            kind=kind,
            right_chain=Probed(Ability.YES) if mark.hash else _NO_LANDMARK,
            version=(version := await node.version()),
            latest=await node.block_count(),
            replays=Probed(Ability.NO, "a node knows no addresses; it makes UTXO snapshots"),
            old_snapshots=_old_snapshots(version),
            keeps_muhash=await _keeps_muhash(node),
        )
    except ProviderError as error:
        told = _other_chain(error)
        return EndpointReport(label=label, network=network.name, kind=kind, right_chain=told)
    finally:
        await node.close()


def _other_chain(error: ProviderError) -> Probed:
    is_other = error.reason is UnresolvedReason.WRONG_CHAIN
    return Probed(Ability.NO if is_other else Ability.UNKNOWN, str(error))


def _old_snapshots(version: int) -> Probed:
    if version >= COPY_VERSION:
        return Probed(Ability.YES, "on a copy, while it goes on with its work")
    if version >= ROLLBACK_VERSION:
        return Probed(Ability.YES, "it leaves the network meanwhile, so --yes is needed")
    return Probed(Ability.NO, f"version {version} can only write the set of its tip")


async def _keeps_muhash(node: CoreNode) -> Probed:
    try:
        indexes = await node.indexes()
    except ProviderError as error:
        return Probed(Ability.UNKNOWN, str(error))
    is_synced = indexes.get("coinstatsindex")
    if is_synced is None:
        return Probed(Ability.NO, "it runs without -coinstatsindex")
    return Probed(Ability.YES) if is_synced else Probed(Ability.NO, "its index is not complete yet")
