"""Balances from a snapshot file of the whole UTXO set, and from the blocks after it if need be.

What must hold of every reading that is `Observed`:

1. the file is whole and sound (`scan`), and of this network where its format says so;
2. its block is at the height that the rows ask for, or at a lower one from which checked blocks
   lead there (`blocks`). Where neither a node nor Core's source tells the height, it is that of the
   newest coin; no coin is newer than the block, and only a set that is vouched for may end before;
3. where a hash of the set is known for its block, the file has it. Only then is the reading a
   `proof`; without such a hash it rests on whoever made the file (`node`).

A trusted hash is one that the caller gives, that stands in Bitcoin Core's source (`assumeutxo`), or
that the caller's own node computes: `hash_serialized_3` of its tip, or `muhash` of any block, where
the node keeps it. If any of them disagrees with the file there is no reading.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from chains.adapter import Assurance, Observed, SnapshotPoint, Unresolved
from chains.errors import (
    Incapable,
    ProviderError,
    TransportFailure,
    UnresolvedReason,
    WrongState,
)
from chains.utxo.assumeutxo import assumed
from chains.utxo.block_sources import BlockSource, RpcBlocks, block_source
from chains.utxo.blocks import BlockHeader, HeaderChain, TargetCoins, parse_block_header
from chains.utxo.coin_hash import HASH_SERIALIZED, MUHASH, SetHash, parse_set_hash
from chains.utxo.core_rpc import CoreNode, core_nodes
from chains.utxo.headers import has_plain_headers
from chains.utxo.scan import Scan, ScanOptions, read_header, scanner
from chains.utxo.snapshot_file import Header
from chains.utxo.targets import output_script, target_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Sequence
    from pathlib import Path

    from chains.adapter import HoldingForm, Reading
    from chains.registry import Network
    from chains.transport.endpoint import Surroundings
    from chains.transport.health import EndpointHealth
    from chains.utxo.settings import UtxoSettings

BATCH = 10_000
"""Readings handed over at a time."""
COINS_PER_NOTE = 20_000_000
BLOCKS_PER_NOTE = 500


@dataclass(frozen=True, slots=True)
class _State:
    """What the accounts hold after one block."""

    point: SnapshotPoint
    amounts: list[int]
    assurance: Assurance
    sources: tuple[str, ...]


@dataclass(slots=True)
class _Walk:
    """How far the blocks after the snapshot have been applied."""

    chain: HeaderChain
    coins: TargetCoins
    states: dict[int, _State]


class SnapshotReader:
    """A `chains.adapter.BalanceReader` over one file; made by `balances.reader`.

    `expect` may name accounts of all queries beforehand, of several lists too: the file is then
    read once for all of them.
    """

    def __init__(
        self,
        network: Network,
        nodes: Sequence[str],
        settings: UtxoSettings,
        surroundings: Surroundings,
    ) -> None:
        """Prepare; nothing is read."""
        self._network = network
        self._settings = settings
        self._surroundings = surroundings
        self._urls = tuple(nodes)
        self._nodes: list[CoreNode] = []
        self._places: dict[bytes, int] = {}
        self._scan: Scan | None = None
        self._base: _State | None = None
        self._walk: _Walk | None = None
        self._failure: Unresolved | None = None
        self._source: BlockSource | None = None
        self._turn = asyncio.Lock()

    @property
    def path(self) -> Path:
        """The file."""
        path = self._settings.snapshot
        if path is None:
            raise RuntimeError("a snapshot reader needs a snapshot")
        return path

    async def __aenter__(self) -> Self:
        """Open the sessions to the nodes, if there are any."""
        # Locks and sessions belong to one event loop; what was read of the file stays.
        self._turn = asyncio.Lock()
        self._nodes = core_nodes(self._urls, self._settings.transport, self._surroundings)
        for node in self._nodes:
            await node.open()
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Close the sessions."""
        for node in self._nodes:
            await node.close()
        if self._source is not None:
            await self._source.close()
            self._source = None

    def health(self) -> list[EndpointHealth]:
        """Return the health of every node, in the order of the configuration."""
        return [node.health() for node in self._nodes]

    def expect(self, addresses: Iterable[bytes]) -> None:
        """Note accounts that will be asked for, so that one pass over the file serves them all."""
        for account in addresses:
            if account not in self._places and target_of(account) is not None:
                self._places[account] = len(self._places)

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        """Return the block at `height` if the file, with the blocks after it, leads there."""
        state = await self._at(height)
        return state if isinstance(state, Unresolved) else state.point

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:  # noqa: ARG002
        """Return None for the native coin; tokens are not in a UTXO set."""
        if form.contract is None:
            return None
        return Unresolved(
            UnresolvedReason.NO_METHOD,
            f"{form.asset} on {self._network.title} is a token; a UTXO snapshot has only coins.",
        )

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncGenerator[Sequence[tuple[bytes, Reading]], None]:
        """Yield batches that together answer every address exactly once, in their order."""
        if not form.network == point.network == self._network.name:
            raise ValueError(f"{form.id} at {point.network} is not of {self._network.name}")
        if len(set(addresses)) != len(addresses):
            raise ValueError("the addresses are not distinct")
        self.expect(addresses)
        state = await self._at(point.height)
        if isinstance(state, _State) and state.point != point:
            state = Unresolved(
                UnresolvedReason.WRONG_STATE,
                f"{self.path.name} leads to another block at height {point.height:,}.",
            )
        for at in range(0, len(addresses), BATCH):
            yield [
                (account, self._reading(account, state)) for account in addresses[at : at + BATCH]
            ]

    def _reading(self, account: bytes, state: _State | Unresolved) -> Reading:
        if isinstance(state, Unresolved):
            return state
        place = self._places.get(account)
        if place is None:
            return Unresolved(
                UnresolvedReason.NO_METHOD,
                "This form of address has no output script that Assay knows.",
            )
        return Observed(state.amounts[place], state.point, state.assurance, state.sources)

    async def _at(self, height: int) -> _State | Unresolved:
        """Return what the accounts hold after the block at `height`."""
        async with self._turn:
            if self._failure is not None:
                return self._failure
            if self._base is not None and len(self._base.amounts) != len(self._places):
                # Accounts that nobody had spoken of: the file has to be read for them.
                self._scan = self._base = self._walk = None
            try:
                base = await self._read_file()
            except ProviderError as error:
                self._failure = self._unresolved(error)
                return self._failure
            if base.point.height == height:
                return base
            try:
                return await self._after(base, height)
            except ProviderError as error:
                return self._unresolved(error)

    def _unresolved(self, error: ProviderError) -> Unresolved:
        attempts = tuple(line for node in self._nodes for line in node.journal)
        return Unresolved(error.reason, f"{self.path.name}: {error}", attempts)

    async def _read_file(self) -> _State:
        """Scan the file, once, and check everything that can be checked of it."""
        if self._base is not None:
            return self._base
        try:
            header = await asyncio.to_thread(read_header, self.path)
            self._require_network(header)
            known = await self._known(header)
            trusted = await self._trusted_hashes(header)
            needs_muhash = any(known.kind == MUHASH for known in trusted.values())
            scan = await asyncio.to_thread(self._run_scan, with_muhash=needs_muhash)
        except OSError as error:
            raise TransportFailure(
                f"cannot be read: {error.strerror or type(error).__name__}"
            ) from error
        computed = {HASH_SERIALIZED: scan.hash_serialized, MUHASH: scan.muhash}
        is_whole = trusted and all(one.digest == computed[one.kind] for one in trusted.values())
        if known is None:
            # A block's reward cannot be spent for long, so its coin is the newest.
            known = KnownBlock(scan.max_height, None)
        may_end_before = is_whole or known.by_writer
        if scan.max_height != known.height and not (
            may_end_before and scan.max_height < known.height
        ):
            raise WrongState(
                f"the newest coin is of block {scan.max_height:,}, but the block that the file "
                f"names is {known.height:,}"
            )
        for who, expected in trusted.items():
            if expected.digest != computed[expected.kind]:
                raise WrongState(
                    f"its {expected.kind} is {computed[expected.kind]}; {who} says "
                    f"{expected.digest}"
                )
        self._settings.say(
            f"{self.path.name}: {scan.coins:,} coins of block {known.height:,}, "
            f"hash_serialized_3 {scan.hash_serialized}"
            + (f", muhash {scan.muhash}" if scan.muhash else "")
            + (f", as {' and '.join(trusted)} says." if trusted else "; nobody vouches for it.")
        )
        point = SnapshotPoint(self._network.name, known.height, header.block_hash_hex, known.time)
        self._scan = scan
        self._base = _State(
            point,
            scan.amounts,
            Assurance.PROOF if trusted else Assurance.NODE,
            (self.path.name, *trusted),
        )
        return self._base

    def _run_scan(self, *, with_muhash: bool) -> Scan:
        targets = [target_of(account) or b"" for account in self._places]
        last = 0

        def progress(coins: int) -> None:
            nonlocal last
            if coins - last >= COINS_PER_NOTE:
                last = coins
                self._settings.say(f"{self.path.name}: {coins:,} coins read.")

        if with_muhash:
            self._settings.say(
                f"{self.path.name}: its muhash is computed too, which takes much longer."
            )
        pegout_bit = self._network.options.get("pegout_bit")
        options = ScanOptions(
            with_hits=bool(self._blocks()),
            with_muhash=with_muhash,
            mark=1 << pegout_bit if isinstance(pegout_bit, int) else 0,
            progress=progress,
        )
        return scanner()(self.path, targets, options)

    def _blocks(self) -> str:
        return self._settings.blocks or ("rpc" if self._urls else "")

    def _require_network(self, header: Header) -> None:
        magic = self._network.options.get("magic")
        if not header.magic:
            return  # the old format names no network: the caller said whose it is
        if not isinstance(magic, str):
            raise WrongState(
                f"networks.toml knows no network mark of {self._network.title}; this file's is "
                f"{header.magic.hex()}",
                reason=UnresolvedReason.WRONG_CHAIN,
            )
        if bytes.fromhex(magic) != header.magic:
            raise WrongState(
                f"the file is not of {self._network.title}: its network mark is "
                f"{header.magic.hex()}",
                reason=UnresolvedReason.WRONG_CHAIN,
            )

    async def _known(self, header: Header) -> KnownBlock | None:
        """Return height and time of the file's block, where Core's source or a node tells them."""
        block_hash = header.block_hash_hex
        entry = assumed(block_hash)
        for node in self._nodes:
            height = await node.height_of(block_hash)
            if entry is not None and entry.height != height:
                raise WrongState(f"{node.label} has this block at height {height:,}")
            if has_plain_headers(self._network.options):
                return KnownBlock(height, _moment(await node.header(block_hash)))
            time = await node.time_of(block_hash)
            return KnownBlock(height, datetime.fromtimestamp(time, UTC))
        return None if entry is None else KnownBlock(entry.height, None)

    async def _trusted_hashes(self, header: Header) -> dict[str, SetHash]:
        """Return who vouches for the set after the file's block, and for which hash."""
        trusted: dict[str, SetHash] = {}
        if self._settings.snapshot_hash:
            given = parse_set_hash(self._settings.snapshot_hash)
            if given is None:
                raise ValueError("the given hash of the snapshot is none")
            trusted["the given hash"] = given
        entry = assumed(header.block_hash_hex)
        if entry is not None:
            trusted["Bitcoin Core's source"] = SetHash(HASH_SERIALIZED, entry.hash_serialized)
        for node in self._nodes:
            if trusted:
                break
            computed = await node.hash_of_set(header.block_hash_hex)
            if computed is not None:
                trusted[node.label] = SetHash(HASH_SERIALIZED, computed)
                continue
            computed = await node.muhash(header.block_hash_hex)
            if computed is not None:
                trusted[node.label] = SetHash(MUHASH, computed)
        return trusted

    async def _after(self, base: _State, height: int) -> _State:
        """Return the state after the block at `height`, from the base and the blocks after it."""
        if height < base.point.height or not self._blocks():
            hint = (
                "" if height < base.point.height
                else " Blocks from there on can be added with --utxo-blocks."
            )  # fmt: skip
            raise WrongState(
                f"it is of height {base.point.height:,}, the rows ask for {height:,}.{hint}"
            )
        if self._walk is None or (
            height < self._walk.chain.height and height not in self._walk.states
        ):
            self._walk = await self._begin(base)
        walk = self._walk
        source = self._block_source()
        while walk.chain.height < height:
            raw = await source.next_block(walk.chain.last, walk.chain.height + 1)
            header = parse_block_header(raw)
            # Until all of the block is in, for nobody: what is asked next would be built on a half.
            self._walk = None
            walk.chain.append(header)
            await asyncio.to_thread(walk.coins.apply, raw, header)
            self._walk = walk
            if walk.chain.height % BLOCKS_PER_NOTE == 0:
                self._settings.say(f"Block {walk.chain.height:,} of {height:,} applied.")
        if height not in walk.states:
            header = walk.chain.last
            is_proof = base.assurance is Assurance.PROOF and walk.chain.is_proof
            walk.states[height] = _State(
                SnapshotPoint(self._network.name, height, header.hash_hex, _moment(header)),
                list(walk.coins.amounts),
                Assurance.PROOF if is_proof else Assurance.NODE,
                (*base.sources, source.label),
            )
        return walk.states[height]

    async def _begin(self, base: _State) -> _Walk:
        scan = self._scan
        if scan is None or scan.hits is None:
            raise RuntimeError("the file was scanned without its coins")
        options = self._network.options
        if not has_plain_headers(options):
            raise Incapable(
                f"blocks of {self._network.title} cannot be read here, only its snapshots",
                reason=UnresolvedReason.NO_METHOD,
            )
        header = await self._block_source().header(base.point.block_hash)
        if header.hash_hex != base.point.block_hash:
            raise WrongState("the source of blocks gives another block for the snapshot's hash")
        chain = HeaderChain(
            base.point.height,
            header,
            str(options.get("pow", "")),
            str(options.get("retarget", "")),
        )
        if not chain.is_proof:
            self._settings.say(
                f"The work of {self._network.title}'s blocks is not checked here: what they change "
                "rests on whoever gave them."
            )
        scripts = {output_script(account) or b"": n for account, n in self._places.items()}
        coins = {hit.outpoint: (hit.target, hit.amount) for hit in scan.hits}
        return _Walk(chain, TargetCoins(scripts, base.amounts, coins), {})

    def _block_source(self) -> BlockSource:
        if self._source is None:
            if self._blocks() == "rpc":
                if not self._nodes:
                    raise Incapable("no node is configured", reason=UnresolvedReason.NO_ENDPOINT)
                self._source = RpcBlocks(self._nodes[0])
            else:
                options = self._network.options
                magic = options.get("block_magic", options.get("magic"))
                if not isinstance(magic, str):
                    raise Incapable(
                        "networks.toml does not know the mark of this network's block files",
                        reason=UnresolvedReason.REGISTRY,
                    )
                self._source = block_source(
                    self._settings.blocks,
                    magic=bytes.fromhex(magic),
                    timeout_s=self._settings.transport.call_timeout_s,
                )
        return self._source


@dataclass(frozen=True, slots=True)
class KnownBlock:
    """What is known of the file's block from elsewhere."""

    height: int
    time: datetime | None
    by_writer: bool = False
    """Whether whoever wrote the file said so."""


def _moment(header: BlockHeader) -> datetime:
    return datetime.fromtimestamp(header.time, UTC)
