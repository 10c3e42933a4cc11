"""Balances of many addresses of an EVM network at a snapshot point, from nodes that may be wrong.

What must hold of every reading that is `Observed`:

1. It was read at the pinned block hash, and the answer identified its state (`identification`).
2. It is a number that a node wrote; a failed call, an empty answer or a sentinel is none.
3. Every address that was asked is answered exactly once.

What fails at one endpoint is asked of the next; what nobody answers is `Unresolved`, with the
reason and one line per try.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Self

from chains.adapter import Assurance, Observed, Unresolved
from chains.errors import (
    ChainsError,
    Incapable,
    ProviderError,
    UnresolvedReason,
    WrongState,
)
from chains.evm.blocks import Block
from chains.evm.bulk import BulkRead, Harvest
from chains.evm.hexadecimal import data, written
from chains.evm.identification import state_rules
from chains.evm.node import Node
from chains.evm.programs import ADDRESS_LENGTH
from chains.evm.refusals import classify
from chains.evm.settings import EvmSettings
from chains.evm.tokens import describe, disagreement
from chains.transport.endpoint import Surroundings
from chains.transport.pool import EndpointPool

if TYPE_CHECKING:
    from chains.adapter import BalanceReader, HoldingForm, Reading, SnapshotPoint
    from chains.registry import Network

MOST_TELLING = (
    UnresolvedReason.CALL_FAILED,
    UnresolvedReason.WRONG_STATE,
    UnresolvedReason.WRONG_CHAIN,
    UnresolvedReason.NO_BLOCK,
    UnresolvedReason.NO_STATE,
    UnresolvedReason.MISSING_ANSWER,
    UnresolvedReason.MALFORMED_ANSWER,
    UnresolvedReason.TOO_LARGE,
    UnresolvedReason.NO_METHOD,
    UnresolvedReason.THROTTLED,
    UnresolvedReason.DEADLINE,
    UnresolvedReason.UNREACHABLE,
)
"""Of several endpoints' reasons, the first of these is the reading's; all are in its attempts."""

_DEFAULTS = EvmSettings()
_SURROUNDINGS = Surroundings()


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
        self._network = network
        self._settings = settings
        self._pool = EndpointPool(endpoints, settings.transport, classify, surroundings)
        rules = state_rules(network)
        self.nodes = tuple(Node(endpoint, rules, settings) for endpoint in self._pool.endpoints)
        self._blocks: dict[str, Block] = {}

    async def __aenter__(self) -> Self:
        """Open the sessions."""
        await self._pool.open()
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Close the sessions."""
        await self._pool.close()

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        """Return the block at `height`, by hash, on which all endpoints that answered agree."""
        journal: list[str] = []
        blocks, errors = await self._described(height, journal)
        if not blocks:
            return self._unresolved(errors, journal)
        hashes = {block.hash for block in blocks.values()}
        if len(hashes) > 1 or len(set(blocks.values())) > 1:
            said = "; ".join(f"{name}: {written(block.hash)}" for name, block in blocks.items())
            return Unresolved(
                UnresolvedReason.DISAGREEMENT,
                f"the endpoints disagree about block {height}: {said}",
                tuple(journal),
            )
        block = next(iter(blocks.values()))
        point = block.point(self._network.name)
        self._blocks[point.block_hash] = block
        return point

    async def _described(
        self, height: int, journal: list[str]
    ) -> tuple[dict[str, Block], list[ProviderError]]:
        """Ask all endpoints for the block; once one has answered, wait a little for the rest."""
        tasks = {
            asyncio.create_task(self._describe(node, height, journal)): node
            for node in self._usable()
        }
        pending = set(tasks)
        blocks: dict[str, Block] = {}
        errors: list[ProviderError] = []
        try:
            while pending:
                patience = self._settings.pin_grace_s if blocks else None
                done, pending = await asyncio.wait(
                    pending, timeout=patience, return_when=asyncio.FIRST_COMPLETED
                )
                if not done:
                    break
                for task in done:
                    answer = task.result()
                    if isinstance(answer, Block):
                        blocks[tasks[task].label] = answer
                    else:
                        errors.append(answer)
        finally:
            await _cancel(pending)
        return blocks, errors

    async def _describe(self, node: Node, height: int, journal: list[str]) -> Block | ProviderError:
        try:
            await node.require_network(journal)
            return await node.block_at(height, journal)
        except ChainsError as error:
            failure = _as_provider_error(error, node)
            self._remember(node, None, failure)
            return failure

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        """Return None when the token's code, decimals() and symbol() agree with `form`."""
        self._require_own(form, point)
        if form.contract is None:
            return None
        journal: list[str] = []
        block = await self._block(point, journal)
        if isinstance(block, Unresolved):
            return block
        errors: list[ProviderError] = []
        for node in self._usable(block):
            try:
                told = await describe(node, block, data(form.contract, ADDRESS_LENGTH), journal)
            except ChainsError as error:
                failure = _as_provider_error(error, node)
                self._remember(node, block, failure)
                errors.append(failure)
                continue
            sentence = disagreement(told, form)
            if sentence is None:
                return None
            return Unresolved(UnresolvedReason.REGISTRY, sentence, (f"{node.label}: {sentence}",))
        return self._unresolved(errors, journal, block)

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        """Yield batches that together answer every address exactly once, in any order.

        Raises ValueError when an address is not 20 bytes long or occurs twice.
        """
        self._require_own(form, point)
        _require_distinct(addresses)
        contract = None if form.contract is None else data(form.contract, ADDRESS_LENGTH)
        journal: list[str] = []
        block = await self._block(point, journal) if addresses else None
        if isinstance(block, Unresolved):
            yield [(address, block) for address in addresses]
            return
        if block is None:
            return
        answered = 0
        pieces = self._pieces(addresses, contract)
        width = max(1, self._settings.pieces_per_endpoint * len(self.nodes))
        pending: set[asyncio.Task[list[tuple[bytes, Reading]]]] = set()
        try:
            while True:
                while len(pending) < width and (piece := next(pieces, None)) is not None:
                    pending.add(asyncio.create_task(self._settle(point, block, contract, piece)))
                if not pending:
                    break
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    batch = task.result()
                    answered += len(batch)
                    yield batch
        finally:
            await _cancel(pending)
        if answered != len(addresses):
            raise AssertionError(f"{answered} of {len(addresses)} addresses were answered")

    def _pieces(
        self, addresses: Sequence[bytes], contract: bytes | None
    ) -> Iterator[Sequence[bytes]]:
        settings = self._settings
        size = settings.native_chunk if contract is None else settings.token_chunk
        for at in range(0, len(addresses), size):
            yield addresses[at : at + size]

    async def _settle(
        self,
        point: SnapshotPoint,
        block: Block,
        contract: bytes | None,
        addresses: Sequence[bytes],
    ) -> list[tuple[bytes, Reading]]:
        """Answer every one of `addresses`, from whichever endpoints it takes."""
        readings: dict[bytes, Reading] = {}
        failed: dict[bytes, str] = {}
        errors: list[ProviderError] = []
        journal: list[str] = []
        left = list(addresses)
        asked: set[str] = set()
        while left:
            node = next((n for n in self._usable(block) if n.label not in asked), None)
            if node is None:
                break
            asked.add(node.label)
            harvest = await BulkRead(node, block, contract, journal).read(left)
            source = (node.label,)
            for address, amount in harvest.amounts.items():
                readings[address] = Observed(amount, point, Assurance.NODE, source)
            failed |= harvest.failed
            if harvest.error is not None:
                errors.append(harvest.error)
                self._remember(node, block, harvest.error)
            left = _unanswered(harvest)
        attempts = tuple(journal)
        given_up: Unresolved | None = None
        for address in left:
            if address in failed:
                readings[address] = Unresolved(
                    UnresolvedReason.CALL_FAILED, failed[address], attempts
                )
            else:
                given_up = given_up or self._unresolved(errors, journal, block)
                readings[address] = given_up
        if len(readings) != len(addresses):
            raise AssertionError(f"{len(readings)} of {len(addresses)} addresses were answered")
        return [(address, readings[address]) for address in addresses]

    async def _block(self, point: SnapshotPoint, journal: list[str]) -> Block | Unresolved:
        """Return the block of `point`, asking for it when this reader has not pinned it itself."""
        known = self._blocks.get(point.block_hash)
        if known is not None:
            return known
        errors: list[ProviderError] = []
        for node in self._usable():
            try:
                await node.require_network(journal)
                block = await node.block_of(data(point.block_hash, 32), journal)
                if block.point(point.network) != point:
                    raise WrongState("the node describes another block than the snapshot point")
            except ChainsError as error:
                failure = _as_provider_error(error, node)
                self._remember(node, None, failure)
                errors.append(failure)
            else:
                self._blocks[point.block_hash] = block
                return block
        return self._unresolved(errors, journal)

    def _usable(self, block: Block | None = None) -> list[Node]:
        """Return the nodes that may be asked (about `block`), the freest first."""
        places = {endpoint: place for place, endpoint in enumerate(self._pool.usable())}
        nodes = [
            node
            for node in self.nodes
            if node.endpoint in places and (block is None or block.hash not in node.blind)
        ]
        return sorted(nodes, key=lambda node: places[node.endpoint])

    def _remember(self, node: Node, block: Block | None, error: ProviderError) -> None:
        """Do not ask a node again what it has shown it cannot answer."""
        if isinstance(error, WrongState):
            node.endpoint.leave(error)
        elif isinstance(error, Incapable):
            if error.reason is UnresolvedReason.UNREACHABLE:
                node.endpoint.leave(error)
            elif block is not None:
                node.blind.setdefault(block.hash, error)

    def _unresolved(
        self, errors: Sequence[ProviderError], journal: list[str], block: Block | None = None
    ) -> Unresolved:
        """Return why nobody could answer: the most telling reason, and every try."""
        if not self.nodes:
            return Unresolved(
                UnresolvedReason.NO_ENDPOINT, f"no endpoint is configured for {self._network.name}"
            )
        known = list(errors) or self._known(block)
        telling = min(known, key=lambda error: MOST_TELLING.index(error.reason))
        lines = journal or [f"{error.source}: {error}" for error in known]
        return Unresolved(telling.reason, f"{telling.source}: {telling}", tuple(lines))

    def _known(self, block: Block | None) -> list[ProviderError]:
        """Return why the nodes are not asked any more."""
        known = [node.endpoint.out for node in self.nodes if node.endpoint.out is not None]
        if block is not None:
            known += [node.blind[block.hash] for node in self.nodes if block.hash in node.blind]
        return known

    def _require_own(self, form: HoldingForm, point: SnapshotPoint) -> None:
        if not form.network == point.network == self._network.name:
            raise ValueError(f"{form.id} at {point.network} is not of {self._network.name}")


def _as_provider_error(error: ChainsError, node: Node) -> ProviderError:
    """Return `error` as a failure of `node`; errors that are no provider's are raised again."""
    if isinstance(error, ProviderError):
        error.source = error.source or node.label
        return error
    # A revert where nothing was executed on behalf of a holder: the node makes no sense.
    return ProviderError(str(error), source=node.label, reason=UnresolvedReason.MALFORMED_ANSWER)


def _unanswered(harvest: Harvest) -> list[bytes]:
    """Return what the next endpoint is asked: also where this one says that the call fails."""
    return harvest.left + list(harvest.failed)


def _require_distinct(addresses: Sequence[bytes]) -> None:
    if any(len(address) != ADDRESS_LENGTH for address in addresses):
        raise ValueError("an EVM address has 20 bytes")
    if len(set(addresses)) != len(addresses):
        raise ValueError("the addresses are not distinct")


async def _cancel(tasks: set[asyncio.Task[object]]) -> None:
    """End tasks that nobody waits for any more."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
