"""Balances from a node with Bitcoin Core's RPC: it makes the snapshot, this reads it.

By the node's version (Bitcoin Core's release notes):

* 32 and later: the set is rolled back in a copy, the node goes on with its work;
* 29 to 31: the node itself is rolled back and leaves the network meanwhile; so this is only done
  when the caller agrees, after being told;
* before: a node can only write the set of its tip, so only the tip can be read.

The file is written by the node, where the node runs, and stays there. It must be readable here
under the same path; if it is not, the reading says where it is and how to go on.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from chains.adapter import SnapshotPoint, Unresolved
from chains.errors import (
    Incapable,
    ProviderError,
    UnresolvedReason,
    WrongState,
)
from chains.source import landmark, require_height, require_landmark
from chains.utxo.blocks import require_work
from chains.utxo.core_rpc import COPY_VERSION, ROLLBACK_VERSION, CoreNode, core_nodes
from chains.utxo.headers import has_plain_headers
from chains.utxo.snapshot_reader import BATCH, KnownBlock, SnapshotReader

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Sequence

    from chains.adapter import HoldingForm, Reading
    from chains.registry import Network
    from chains.transport.endpoint import Surroundings
    from chains.transport.health import EndpointHealth
    from chains.utxo.settings import UtxoSettings
    from chains.utxo.snapshot_file import Header


class NodeReader:
    """A `chains.adapter.BalanceReader` over nodes, asked in turn; made by `balances.reader`."""

    def __init__(
        self,
        network: Network,
        nodes: Sequence[str],
        settings: UtxoSettings,
        surroundings: Surroundings,
    ) -> None:
        """Prepare; nothing is sent."""
        self._network = network
        self._settings = settings
        self._surroundings = surroundings
        self._urls = tuple(nodes)
        self._nodes: list[CoreNode] = []
        self._expected: dict[bytes, None] = {}
        self._files: dict[int, SnapshotReader | Unresolved] = {}
        self._pinned: dict[int, CoreNode] = {}
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Open the sessions."""
        # Locks and sessions belong to one event loop; the snapshots that were made stay.
        self._turn = asyncio.Lock()
        self._nodes = core_nodes(self._urls, self._settings.transport, self._surroundings)
        for node in self._nodes:
            await node.open()
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Close the sessions."""
        self._pinned.clear()
        for node in self._nodes:
            await node.close()

    def health(self) -> list[EndpointHealth]:
        """Return the health of every node, in the order of the configuration."""
        return [node.health() for node in self._nodes]

    def expect(self, addresses: Iterable[bytes]) -> None:
        """Note accounts that will be asked for, so that one pass over a file serves them all."""
        self._expected.update(dict.fromkeys(addresses))

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        """Return the block at `height` of the first node that has it, final and with its work."""
        last: Unresolved | None = None
        for node in self._nodes:
            try:
                point = await self._pin(node, height)
            except ProviderError as error:
                last = _unresolved(error, node)
            else:
                self._pinned[height] = node
                return point
        return last or Unresolved(UnresolvedReason.NO_ENDPOINT, "No node is configured.")

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:  # noqa: ARG002
        """Return None for the native coin; tokens are not in a UTXO set."""
        if form.contract is None:
            return None
        return Unresolved(
            UnresolvedReason.NO_METHOD,
            f"{form.asset} on {self._network.title} is a token; a node's UTXO set has only coins.",
        )

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncGenerator[Sequence[tuple[bytes, Reading]], None]:
        """Yield batches that together answer every address exactly once."""
        self.expect(addresses)
        async with self._turn:
            if point.height not in self._files:
                self._files[point.height] = await self._snapshot(point)
        file = self._files[point.height]
        if isinstance(file, Unresolved):
            for at in range(0, len(addresses), BATCH):
                yield [(account, file) for account in addresses[at : at + BATCH]]
            return
        async for batch in file.balances(form, point, addresses):
            yield batch

    async def _pin(self, node: CoreNode, height: int) -> SnapshotPoint:
        options = self._network.options
        genesis = options.get("genesis")
        if genesis is not None and await node.block_hash(0) != genesis:
            raise WrongState(
                f"the node is not of {self._network.title}", reason=UnresolvedReason.WRONG_CHAIN
            )
        tip = await node.block_count()
        mark = landmark(options)
        if mark.hash:
            require_height(mark.height, tip)
            require_landmark(mark, await node.block_hash(mark.height))
        if height > tip:
            raise Incapable(f"the node's tip is block {tip:,}", reason=UnresolvedReason.NO_BLOCK)
        depth = int(self._network.finality) if self._network.finality.isdigit() else 1
        if tip - height + 1 < depth:
            raise WrongState(
                f"block {height:,} has {tip - height + 1:,} confirmations; {depth:,} are asked for",
                reason=UnresolvedReason.NOT_FINAL,
            )
        block_hash = await node.block_hash(height)
        if has_plain_headers(options):
            header = await node.header(block_hash)
            time = header.time
            if options.get("pow") == "sha256d":
                require_work(header)
        else:
            time = await node.time_of(block_hash)
        moment = datetime.fromtimestamp(time, UTC)
        return SnapshotPoint(self._network.name, height, block_hash, moment)

    async def _snapshot(self, point: SnapshotPoint) -> SnapshotReader | Unresolved:
        """Have the node make the file for `point` and return its reader."""
        node = self._pinned.get(point.height, self._nodes[0])
        try:
            version = await node.version()
            path = await self._dump(node, point, version)
        except ProviderError as error:
            return _unresolved(error, node)
        settings = replace(self._settings, snapshot=Path(path[0]), snapshot_hash=path[1])
        if not await asyncio.to_thread(_is_file, Path(path[0])):
            flags = f"--utxo-snapshot FILE --utxo-snapshot-network {self._network.name}"
            if path[1]:
                flags += f" --utxo-hash {path[1]}"
            return Unresolved(
                UnresolvedReason.NO_STATE,
                f"{node.label} wrote the snapshot to {path[0]}, which is not readable here. Copy "
                f"it, and run again with {flags}.",
            )
        reader = _DumpReader(self._network, settings, self._surroundings, point)
        reader.expect(self._expected)
        return reader

    async def _dump(self, node: CoreNode, point: SnapshotPoint, version: int) -> tuple[str, str]:
        """Return path and `hash_serialized_3` of the snapshot that the node makes."""
        able = await node.dump_version(version)
        is_tip = await node.block_count() == point.height
        if not is_tip and able < ROLLBACK_VERSION:
            raise Incapable(
                f"the node is of version {version} and can only write the UTXO set of its tip. "
                "Take a spare one back there (invalidateblock, dumptxoutset), and use "
                "--utxo-snapshot FILE"
            )
        if not is_tip and able < COPY_VERSION and not self._settings.may_roll_back:
            raise Incapable(
                f"the node is of version {version}: to write the set of block {point.height:,} it "
                "takes back every later block and leaves the network meanwhile. --yes allows it"
            )
        where = self._settings.dump_to or f"assay-{point.network}-{point.height}.dat"
        self._settings.say(f"{node.label} is asked for the UTXO set of block {point.height:,}.")
        dump = await node.dump(point.height, where, version=able, say=self._settings.say)
        if (dump.height, dump.block_hash) != (point.height, point.block_hash):
            raise WrongState(f"the node wrote the set of block {dump.height:,} {dump.block_hash}")
        return dump.path, dump.hash_serialized


class _DumpReader(SnapshotReader):
    """A reader of a file whose block the node has told."""

    def __init__(
        self,
        network: Network,
        settings: UtxoSettings,
        surroundings: Surroundings,
        point: SnapshotPoint,
    ) -> None:
        super().__init__(network, (), settings, surroundings)
        self._told = point

    async def _known(self, header: Header) -> KnownBlock | None:
        """Return what the node told of the file's block, None if that is another one."""
        told = self._told
        if header.block_hash_hex != told.block_hash:
            return None
        return KnownBlock(told.height, told.block_time, by_writer=True)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # in a folder that this user may not enter, as a node's own may be
        return False


def _unresolved(error: ProviderError, node: CoreNode) -> Unresolved:
    return Unresolved(error.reason, f"{node.label}: {error}", tuple(node.journal))
