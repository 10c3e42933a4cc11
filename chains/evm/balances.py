"""Balances of many addresses of an EVM network at a snapshot point, from nodes that may be wrong.

What must hold of every reading that is `Observed`:

1. It was read at the pinned block hash, and the answer identified its state (`identification`).
2. It is a number that a node wrote; a failed call, an empty answer or a sentinel is none.
3. Every address that was asked is answered exactly once.

What fails at one endpoint is asked of the next; what nobody answers is `Unresolved`, with the
reason and one line per try. With a quorum, several endpoints read everything (`quorum`).
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from chains.adapter import (
    Assurance,
    Control,
    ControlWord,
    Method,
    Observed,
    Reach,
    Unproven,
    Unresolved,
)
from chains.errors import ChainsError, ProviderError, UnresolvedReason, WrongState
from chains.evm.control import ask
from chains.evm.finality import finality, newest_final
from chains.evm.hexadecimal import data, written
from chains.evm.panel import Panel
from chains.evm.pieces import PieceReader
from chains.evm.pinning import pin, recheck
from chains.evm.programs import ADDRESS_LENGTH
from chains.evm.proving import Prover
from chains.evm.quorum import Quorum
from chains.evm.settings import EvmSettings
from chains.evm.slots import HolderMapping
from chains.evm.timing import height_at
from chains.evm.tokens import describe, disagreement
from chains.transport.endpoint import Surroundings
from chains.transport.labels import host
from chains.transport.together import as_ready

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
    from datetime import datetime

    from chains.adapter import (
        BalanceReader,
        ControlQuery,
        HoldingForm,
        Keep,
        Proven,
        Reading,
        SnapshotPoint,
    )
    from chains.evm.blocks import Block
    from chains.evm.identification import Canary
    from chains.registry import Network
    from chains.transport.health import EndpointHealth

METHODS = (
    Method(
        Reach.EXACT,
        Assurance.PROOF,
        "an archive node with eth_getProof",
        "Native coins and tokens by packed calls at the block's hash; with --prove, some balances "
        "are proven against the block's state root.",
    ),
    Method(
        Reach.EXACT,
        Assurance.NODE,
        "an archive node",
        "Packed calls at the block's hash; every answer names the state it came from, where the "
        "network lets it.",
    ),
)

_DEFAULTS = EvmSettings()
_SURROUNDINGS = Surroundings()
_HASH_LENGTH = 32


def reader(
    network: Network,
    endpoints: Sequence[str],
    *,
    settings: EvmSettings = _DEFAULTS,
    surroundings: Surroundings = _SURROUNDINGS,
) -> BalanceReader:
    """Return a reader of `network` over `endpoints`, which are http or https URLs.

    Raises RegistryError when networks.toml lacks what identifies the network's states, and
    ValueError for an endpoint that is no such URL. Nothing is sent before the reader is entered.
    """
    return EvmBalanceReader(network, endpoints, settings=settings, surroundings=surroundings)


class EvmBalanceReader:
    """A `chains.adapter.BalanceReader`; made by `reader`."""

    def __init__(
        self,
        network: Network,
        endpoints: Sequence[str],
        *,
        settings: EvmSettings,
        surroundings: Surroundings,
    ) -> None:
        """Prepare one node per endpoint."""
        self.panel = Panel(network, endpoints, settings, surroundings)
        self._network = network
        self._settings = settings
        self._wall = surroundings.wall
        self._blocks: dict[str, Block] = {}
        self._slots: dict[bytes, HolderMapping] = {}
        """Token -> where assets.toml says that its balances lie."""
        for node in self.panel.nodes:
            node.known_slot = self._slots.get
        self._prover = Prover(network.name, self.panel)
        self._rechecked: list[str] = []
        self.quorum = Quorum(self.panel, settings.quorum)
        self.quorum.arbiter = self._arbitrate
        self._single = PieceReader(self.panel, settings.transport, surroundings.clock)

    async def __aenter__(self) -> Self:
        """Open the sessions."""
        await self.panel.open()
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Close the sessions."""
        await self.panel.close()

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        """Return the block at `height`, by hash, on which all endpoints that answered agree.

        Unresolved (`not-final`) when the ledger might still replace it.
        """
        settings = self._settings
        if (shortage := self.quorum.shortage()) is not None:
            return shortage
        block = await pin(self.panel, height, grace_s=settings.pin_grace_s, quorum=settings.quorum)
        if isinstance(block, Unresolved):
            return block
        shown = await finality(
            self.panel,
            block,
            rule=self._network.finality,
            settings=settings,
            now_s=self._wall(),
        )
        if isinstance(shown, Unresolved):
            return shown
        point = replace(block.point(self._network.name), finality=shown)
        self._blocks[point.block_hash] = block
        return point

    async def height_at(self, moment: datetime) -> int | Unresolved:
        """Return the height of the last block at or before `moment`; see `chains.evm.timing`."""
        settings = self._settings
        if (shortage := self.quorum.shortage()) is not None:
            return shortage
        return await height_at(
            self.panel,
            int(moment.timestamp()),
            grace_s=settings.pin_grace_s,
            quorum=settings.quorum,
        )

    async def latest(self) -> int | Unresolved:
        """Return the height of the newest block that `pin` would take for final by its depth."""
        if (shortage := self.quorum.shortage()) is not None:
            return shortage
        return await newest_final(self.panel, rule=self._network.finality, settings=self._settings)

    async def recheck(self, point: SnapshotPoint) -> Unresolved | None:
        """Return None unless another block has taken the place of `point` during the run.

        That nobody could tell is no reason to drop what was read: it goes into the notes.
        """
        block = self._blocks.get(point.block_hash)
        if block is None:
            return None
        told = await recheck(
            self.panel,
            block,
            grace_s=self._settings.pin_grace_s,
            quorum=self._settings.quorum,
        )
        if isinstance(told, str):
            self._rechecked.append(told)
            return None
        return told

    def distrusted(self) -> frozenset[str]:
        """Return the labels of endpoints that answered from a wrong state or ledger."""
        return self.panel.distrusted()

    def notes(self) -> list[str]:
        """Return who disagreed, and which states neither named themselves nor were vouched for."""
        blocks = {block.hash: block.height for block in self._blocks.values()}
        return [
            *(
                f"{node.label} answered from a wrong state and was left out: {node.endpoint.out}"
                for node in self.panel.nodes
                if node.label in self.panel.distrusted()
            ),
            *(
                f"{node.label} read block {blocks[block_hash]:,}, whose state does not name its "
                f"block, and {_missing(canary, is_shown=block_hash not in node.unshown)}"
                for node in self.panel.nodes
                for block_hash, canary in node.canaries.items()
                if block_hash in blocks
                and (canary is None or not canary.moved or block_hash in node.unshown)
            ),
            *dict.fromkeys(
                f"{node.label} keeps no balances of {written(contract)} where assets.toml names "
                "its slot: they were read by calls"
                for node in self.panel.nodes
                for (_, contract), holds in node.slots_hold.items()
                if not holds
            ),
            *self.quorum.notes(),
            *self._rechecked,
        ]

    def health(self) -> Sequence[EndpointHealth]:
        """Return the health of every endpoint, in the order of the configuration."""
        return self.panel.health()

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        """Return None when the token's code, decimals() and symbol() agree with `form`.

        As many independent endpoints must say so as the quorum asks for.
        """
        self._require_own(form, point)
        if form.contract is None:
            return None
        journal: list[str] = []
        block = await self._block(point, journal)
        if isinstance(block, Unresolved):
            return block
        contract = data(form.contract, ADDRESS_LENGTH)
        errors: list[ProviderError] = []
        said: dict[str, str | None] = {}
        hosts: set[str] = set()
        for node in self.panel.usable(block):
            if host(node.label) in hosts:
                continue
            try:
                told = await describe(node, block, contract, journal)
            except ChainsError as error:
                errors.append(self.panel.note(node, error, block))
                continue
            hosts.add(host(node.label))
            said[node.label] = disagreement(told, form)
            if len(said) >= self._settings.quorum:
                break
        if len(said) < self._settings.quorum:
            return self.panel.unresolved(errors, journal, block)
        against = {name: sentence for name, sentence in said.items() if sentence is not None}
        if not against:
            return None
        lines = tuple(f"{name}: {sentence}" for name, sentence in against.items())
        if len(against) < len(said):
            return Unresolved(
                UnresolvedReason.DISAGREEMENT,
                f"the endpoints disagree about {form.id}: {'; '.join(lines)}",
                lines,
            )
        return Unresolved(UnresolvedReason.REGISTRY, next(iter(against.values())), lines)

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncGenerator[Sequence[tuple[bytes, Reading]], None]:
        """Yield batches that together answer every address exactly once, in any order.

        Raises ValueError when an address is not 20 bytes long or occurs twice.
        """
        self._require_own(form, point)
        _require_distinct(addresses)
        if not addresses:
            return
        contract = None if form.contract is None else data(form.contract, ADDRESS_LENGTH)
        if contract is not None and form.slot is not None:
            self._slots[contract] = HolderMapping(form.slot, form.slot_bits)
        block = self.quorum.shortage() or await self._block(point, [])
        if isinstance(block, Unresolved):
            yield [(address, block) for address in addresses]
            return
        answered = 0
        pieces = self._pieces(addresses, contract)
        width = max(1, self._settings.pieces_per_endpoint * len(self.panel.nodes))
        answers = (
            self.quorum.settle(form, point, block, contract, piece)
            if self._settings.quorum > 1
            else self._single.settle(point, block, contract, piece)
            for piece in pieces
        )
        async with aclosing(as_ready(answers, width)) as batches:
            async for batch in batches:
                answered += len(batch)
                yield batch
        if answered != len(addresses):
            raise AssertionError(f"{answered} of {len(addresses)} addresses were answered")

    async def keep_header(self, point: SnapshotPoint, keep: Keep) -> str:
        """Keep the header of `point`, which hashes to it; return why not, or nothing."""
        block = await self._block(point, [])
        if isinstance(block, Unresolved):
            return block.detail
        anchor = await self._prover.anchor(block, keep)
        return anchor.detail if isinstance(anchor, Unproven) else ""

    async def prove(
        self,
        form: HoldingForm,
        point: SnapshotPoint,
        readings: Mapping[bytes, int],
        chosen: Sequence[bytes],
        keep: Keep,
    ) -> AsyncGenerator[Sequence[tuple[bytes, Proven | Unproven]], None]:
        """Yield what state proofs show of `chosen`; see `chains.evm.proving`."""
        self._require_own(form, point)
        _require_distinct(chosen)
        block = await self._block(point, [])
        if isinstance(block, Unresolved):
            yield [(account, Unproven(block.detail)) for account in chosen]
            return
        if form.contract is None:
            batches = self._prover.native(block, form.id, chosen, keep)
        else:
            contract = data(form.contract, ADDRESS_LENGTH)
            batches = self._prover.token(
                block, form.id, contract, readings=readings, chosen=chosen, keep=keep
            )
        async for batch in batches:
            yield batch

    async def _arbitrate(
        self,
        address: bytes,
        form: HoldingForm,
        point: SnapshotPoint,
        agreed: Mapping[bytes, int],
    ) -> Reading:
        """Return what a state proof shows of one address on which the endpoints differ."""
        block = await self._block(point, [])
        if isinstance(block, Unresolved):
            return block
        if form.contract is None:
            batches = self._prover.native(block, form.id, [address], _forget)
        else:
            batches = self._prover.token(
                block,
                form.id,
                data(form.contract, ADDRESS_LENGTH),
                readings={address: 0},
                chosen=[address],
                keep=_forget,
                sample=agreed,
            )
        shown: Proven | Unproven = Unproven("no endpoint was asked for a proof")
        async for batch in batches:
            ((_, shown),) = batch
        if isinstance(shown, Unproven):
            return Unresolved(UnresolvedReason.DISAGREEMENT, shown.detail)
        return Observed(shown.amount, point, Assurance.PROOF, (shown.source,))

    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery]
    ) -> Sequence[Control]:
        """Return who controls the accounts of `queries`, in order; see `chains.evm.control`."""
        block = await self._block(point, [])
        if isinstance(block, Unresolved):
            why = Control(ControlWord.UNSETTLED, block.reason.value, block.detail)
            return [why] * len(queries)
        return await ask(self.panel, block, queries, quorum=self._settings.quorum)

    def _pieces(
        self, addresses: Sequence[bytes], contract: bytes | None
    ) -> Iterator[Sequence[bytes]]:
        settings = self._settings
        size = settings.native_chunk if contract is None else settings.token_chunk
        for at in range(0, len(addresses), size):
            yield addresses[at : at + size]

    async def _block(self, point: SnapshotPoint, journal: list[str]) -> Block | Unresolved:
        """Return the block of `point`, asking for it when this reader has not pinned it itself."""
        known = self._blocks.get(point.block_hash)
        if known is not None:
            return known
        errors: list[ProviderError] = []
        for node in self.panel.usable():
            try:
                await node.require_network(journal)
                block = await node.block_of(data(point.block_hash, _HASH_LENGTH), journal)
                if block.point(point.network) != point:
                    raise WrongState("the node describes another block than the snapshot point")
            except ChainsError as error:
                errors.append(self.panel.note(node, error))
            else:
                self._blocks[point.block_hash] = block
                return block
        return self.panel.unresolved(errors, journal)

    def _require_own(self, form: HoldingForm, point: SnapshotPoint) -> None:
        if not form.network == point.network == self._network.name:
            raise ValueError(f"{form.id} at {point.network} is not of {self._network.name}")


def _require_distinct(addresses: Sequence[bytes]) -> None:
    if any(len(address) != ADDRESS_LENGTH for address in addresses):
        raise ValueError("an EVM address has 20 bytes")
    if len(set(addresses)) != len(addresses):
        raise ValueError("the addresses are not distinct")


def _forget(_: Mapping[str, str | int | None]) -> None:
    """Keep no record: a dispute is settled by the proof, which then has done its work."""


def _missing(canary: Canary | None, *, is_shown: bool) -> str:
    """Return what has not vouched for a state."""
    lacking = [] if is_shown else ["neither transactions nor a proof showed that it is the block's"]
    if canary is None or not canary.moved:
        lacking.append("no account was found that could serve as a canary")
    return ", and ".join(lacking)
