"""Many balances from one node: packed where it can, one by one where it must, bisecting between.

Nothing is raised for a provider's failure: what was read is kept, and the rest is handed back with
the error, so that another node can be asked for exactly the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chains.errors import (
    CallReverted,
    ChainsError,
    MalformedAnswer,
    ProviderError,
    TimedOut,
    TooLarge,
    UnresolvedReason,
)
from chains.evm.hexadecimal import data, quantity, written
from chains.evm.programs import TOKEN, program
from chains.evm.refusals import GasCapped, is_refusal
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.evm.blocks import Block
    from chains.evm.node import Abilities, Node

SMALLEST_PACK = 16
"""Below this many addresses a failing call is not bisected further: each is asked by itself."""

_ROUNDS = 2
_BALANCE_OF = bytes.fromhex("70a08231")
_PADDING = bytes(12)
_WORD = 32


@dataclass(slots=True)
class Harvest:
    """What one node made of some addresses. Every address is in exactly one of the three."""

    amounts: dict[bytes, int] = field(default_factory=dict)
    failed: dict[bytes, str] = field(default_factory=dict)
    """Address -> why the chain itself gives no balance for it."""
    left: list[bytes] = field(default_factory=list)
    error: ProviderError | None = None
    """Why there are some left."""


@dataclass(slots=True)
class _Split:
    """A piece that was too large and is being asked in halves."""

    size: int
    halves_read: int = 0


@dataclass(frozen=True, slots=True)
class _Piece:
    """Addresses that go into one packed call."""

    addresses: Sequence[bytes]
    half_of: _Split | None

    def slices(self, limit: int) -> list[_Piece]:
        """Return pieces of at most `limit` addresses, the first one last (for a stack)."""
        places = range(0, len(self.addresses), limit)
        parts = [_Piece(self.addresses[at : at + limit], None) for at in places]
        return parts[::-1]

    def halves(self, doubtful: list[bytes]) -> list[_Piece]:
        """Return both halves, or nothing for a small piece: its addresses become doubtful."""
        size = len(self.addresses)
        if size <= SMALLEST_PACK:
            doubtful.extend(self.addresses)
            return []
        split = _Split(size)
        middle = size // 2
        return [_Piece(self.addresses[middle:], split), _Piece(self.addresses[:middle], split)]


class BulkRead:
    """Reads balances of one holding form at one block from one node."""

    def __init__(
        self, node: Node, block: Block, contract: bytes | None, journal: list[str]
    ) -> None:
        """`contract` is the token, or None for the native coin."""
        self._node = node
        self._block = block
        self._contract = contract
        self._journal = journal
        self._chunk = node.native_chunk if contract is None else node.token_chunk
        self._harvest = Harvest()
        self._has_timed_out = False

    async def read(self, addresses: Sequence[bytes]) -> Harvest:
        """Return what the node says about `addresses`, which are distinct."""
        harvest = self._harvest
        try:
            doubtful = list(addresses)
            if self._node.abilities.packed:
                doubtful = await self._packed(addresses)
            await self._one_by_one(doubtful)
        except ProviderError as error:
            harvest.error = error
        except CallReverted as error:
            # Where nothing was executed on behalf of a holder: the node makes no sense.
            harvest.error = ProviderError(
                str(error), source=self._node.label, reason=UnresolvedReason.MALFORMED_ANSWER
            )
        harvest.left = [
            address
            for address in addresses
            if address not in harvest.amounts and address not in harvest.failed
        ]
        if harvest.left and harvest.error is None:
            raise AssertionError("addresses were left without a reason")
        return harvest

    async def _packed(self, addresses: Sequence[bytes]) -> list[bytes]:
        """Read by packed calls; return those that must be asked one by one."""
        doubtful: list[bytes] = []
        stack: list[_Piece] = [_Piece(addresses, None)]
        while stack and self._node.abilities.packed:
            piece = stack.pop()
            limit = self._chunk.limit
            if len(piece.addresses) > limit:
                stack += piece.slices(limit)
                continue
            used = self._node.abilities
            try:
                values = await self._node.packed(
                    self._block, self._contract, piece.addresses, self._journal
                )
            except ChainsError as error:
                stack += await self._again(piece, error, used, doubtful)
            else:
                self._keep(piece.addresses, values, doubtful)
                self._learn(piece)
        # Overrides may have turned out to be refused half-way.
        for piece in reversed(stack):
            doubtful.extend(piece.addresses)
        return doubtful

    async def _again(
        self, piece: _Piece, error: ChainsError, used: Abilities, doubtful: list[bytes]
    ) -> list[_Piece]:
        """Return how `piece` is asked again after `error`; raises it if that does not help."""
        if isinstance(error, GasCapped) and self._node.cap_gas():
            return [piece]
        if isinstance(error, TooLarge):
            return piece.halves(doubtful)
        if isinstance(error, TimedOut) and not self._has_timed_out:
            # Perhaps it was too much at once. Tried once, not down to the last address: a node
            # that hangs would hang every time.
            self._has_timed_out = True
            self._chunk.shrink(len(piece.addresses) // 2)
            return [piece]
        if not is_refusal(error):
            raise error
        await self._node.examine(self._block, used, self._journal)
        if self._node.abilities != used:
            return [piece]
        # A single address is accepted, so it was the number of them: some nodes have no words for
        # "too large".
        return piece.halves(doubtful)

    def _keep(self, piece: Sequence[bytes], values: list[int], doubtful: list[bytes]) -> None:
        sentinel = program(token=self._contract is not None, arbsys=False).sentinel
        for address, value in zip(piece, values, strict=True):
            if value == sentinel:
                doubtful.append(address)
            else:
                self._harvest.amounts[address] = value

    def _learn(self, piece: _Piece) -> None:
        """Shrink the chunk only if both halves of a failed piece could be read.

        Otherwise it was not the size: one holder's call burns all the gas.
        """
        self._chunk.succeeded(len(piece.addresses))
        split = piece.half_of
        if split is None:
            return
        split.halves_read += 1
        if split.halves_read > 1:
            self._chunk.shrink(split.size // 2)

    async def _one_by_one(self, addresses: Sequence[bytes]) -> None:
        """Ask for each address by itself, many requests to a batch where batches are accepted."""
        pending = list(addresses)
        error: ProviderError | None = None
        for _ in range(_ROUNDS):
            again: list[bytes] = []
            while pending:
                piece = pending[: self._node.batch_chunk.limit]
                requests = [self._request(address) for address in piece]
                try:
                    values = await self._node.ask(self._block, requests, self._journal)
                except TooLarge:
                    if len(piece) > 1:
                        self._node.batch_chunk.shrink(len(piece) // 2)
                    elif not self._node.give_up_batches():
                        raise
                    continue
                del pending[: len(piece)]
                self._node.batch_chunk.succeeded(len(piece))
                for address, value in zip(piece, values, strict=True):
                    refused = self._take(address, value)
                    if refused is not None:
                        error = refused
                        again.append(address)
            if not again:
                return
            pending = again
        if error is not None:
            raise error

    def _request(self, address: bytes) -> RpcRequest:
        if self._contract is None:
            return RpcRequest("eth_getBalance", (written(address),))
        call = {
            "to": written(self._contract),
            "data": written(_BALANCE_OF + _PADDING + address),
        }
        return RpcRequest("eth_call", (call,))

    def _take(self, address: bytes, value: object) -> ProviderError | None:
        """Keep what was answered about one address; return why nothing could be kept."""
        try:
            match value:
                case CallReverted():
                    self._fail(address, f"the call for this holder fails: {value}")
                case TooLarge():
                    self._fail(address, f"the call for this holder cannot finish: {value}")
                case ProviderError():
                    return value
                case _ if self._contract is None:
                    self._harvest.amounts[address] = quantity(value)
                case _:
                    self._take_word(address, data(value))
        except MalformedAnswer as error:
            error.source = self._node.label
            self._journal.append(f"{self._node.label}: {error}")
            return error
        return None

    def _take_word(self, address: bytes, output: bytes) -> None:
        amount = int.from_bytes(output, "big")
        if len(output) != _WORD:
            self._fail(address, f"balanceOf answers {len(output)} bytes where 32 are due")
        elif amount == TOKEN.sentinel:
            self._fail(address, "balanceOf answers 2**256 - 1, which is no balance")
        else:
            self._harvest.amounts[address] = amount

    def _fail(self, address: bytes, why: str) -> None:
        self._harvest.failed[address] = why
