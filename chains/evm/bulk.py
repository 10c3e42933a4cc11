"""Many balances from one node: packed where it can, one by one where it must, bisecting between.

The packed ways are tried in their order. A call that is too large is cut, and so is everything that
still waits, to half of what failed: a limit of size costs one refused call for each halving. Only a
call that fails although as large a one was answered before has failed for what is in it: some
holder's call burns all the gas. It is bisected by itself, and nothing is learnt from it.

Nothing is raised for a provider's failure: what was read is kept, and the rest is handed back with
the error, so that another node can be asked for exactly the rest.
"""

from __future__ import annotations

from collections import deque
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
    WrongState,
)
from chains.evm.hexadecimal import data, quantity, written
from chains.evm.methods import Method
from chains.evm.refusals import GasCapped, is_refusal
from chains.evm.slots import ENOUGH_HOLDERS, SAMPLE
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
_NO_BALANCE = (1 << 256) - 1


@dataclass(slots=True)
class Harvest:
    """What one node made of some addresses. Every address is in exactly one of the three."""

    amounts: dict[bytes, int] = field(default_factory=dict)
    failed: dict[bytes, str] = field(default_factory=dict)
    """Address -> why the chain itself gives no balance for it."""
    left: list[bytes] = field(default_factory=list)
    error: ProviderError | None = None
    """Why there are some left."""


class _Sizes:
    """What one read has learnt about how much fits into a call."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.answered = 0
        """The largest call that was answered."""
        self.was_cut = False
        self.had_culprits = False
        """Whether calls failed for what was in them, not for their size."""
        self.is_hopeless = False
        """Whether not even the smallest pack fits."""

    def cut(self, addresses: Sequence[bytes]) -> list[list[bytes]]:
        """Return pieces of at most the limit, in order."""
        limit = self.limit
        return [list(addresses[at : at + limit]) for at in range(0, len(addresses), limit)]

    def refuse(self, piece: list[bytes], queue: deque[list[bytes]], doubtful: list[bytes]) -> None:
        """Put the addresses of a `piece` that failed back into `queue`, or into `doubtful`."""
        size = len(piece)
        if size <= self.answered:
            self.had_culprits = True
            if size <= SMALLEST_PACK:
                doubtful.extend(piece)
            else:
                queue.extendleft((piece[size // 2 :], piece[: size // 2]))
        elif size <= SMALLEST_PACK and not self.answered:
            self.is_hopeless = True
            queue.appendleft(piece)
        else:
            self.was_cut = True
            self.limit = min(self.limit, max(size // 2, self.answered))
            # What failed goes last: what is answered before it tells why it failed.
            waiting = [one for kept in (*queue, piece) for one in kept]
            queue.clear()
            queue.extend(self.cut(waiting))


class BulkRead:
    """Reads balances of one holding form at one block from one node."""

    def __init__(
        self,
        node: Node,
        block: Block,
        contract: bytes | None,
        journal: list[str],
        *,
        most: int | None = None,
    ) -> None:
        """`contract` is the token, or None for the native coin.

        Calls hold at most `most` addresses, if it is given.
        """
        self._node = node
        self._block = block
        self._contract = contract
        self._journal = journal
        self._most = most
        self._harvest = Harvest()
        self._has_timed_out = False

    async def read(self, addresses: Sequence[bytes]) -> Harvest:
        """Return what the node says about `addresses`, which are distinct."""
        harvest = self._harvest
        try:
            left, doubtful = list(addresses), list[bytes]()
            for way in self._node.ways(self._block, self._contract):
                if not left:
                    break
                if way is Method.STORAGE and self._contract is not None:
                    holds = await self._slots_hold(self._contract, left)
                    read = harvest.amounts.keys() | harvest.failed.keys()
                    left = [address for address in left if address not in read]
                    if not holds:
                        continue
                left = await self._packed(way, left, doubtful)
            await self._one_by_one([*doubtful, *left])
        except ProviderError as error:
            harvest.error = error
        except CallReverted as error:
            # Where nothing was executed on behalf of a holder: the node makes no sense.
            harvest.error = ProviderError(
                str(error), source=self._node.label, reason=UnresolvedReason.MALFORMED_ANSWER
            )
        if isinstance(harvest.error, WrongState):
            # Nothing that it said before can be believed either.
            harvest.amounts.clear()
            harvest.failed.clear()
        harvest.left = [
            address
            for address in addresses
            if address not in harvest.amounts and address not in harvest.failed
        ]
        if harvest.left and harvest.error is None:
            raise AssertionError("addresses were left without a reason")
        return harvest

    async def _packed(
        self, way: Method, addresses: list[bytes], doubtful: list[bytes]
    ) -> list[bytes]:
        """Read in one packed way; return those that are to be read in the next one.

        Those of which the node must be asked one by one are added to `doubtful`.
        """
        node = self._node
        chunk = node.chunk(way, self._contract)
        sizes = _Sizes(chunk.limit if self._most is None else min(chunk.limit, self._most))
        queue = deque(sizes.cut(addresses))
        while queue and way in node.abilities.methods and not sizes.is_hopeless:
            piece = queue.popleft()
            used, gas = node.abilities, node.gas
            try:
                values = await node.read(way, self._block, self._contract, piece, self._journal)
            except ChainsError as error:
                if gas is None and isinstance(error, GasCapped):
                    node.cap_gas()  # or another read has done so meanwhile
                    queue.appendleft(piece)
                elif await self._is_too_large(way, piece, error, used):
                    sizes.refuse(piece, queue, doubtful)
                else:
                    queue.appendleft(piece)
            else:
                chunk.succeeded(len(piece))
                sizes.answered = max(sizes.answered, len(piece))
                self._keep(piece, values, doubtful)
        if sizes.is_hopeless:
            node.outgrown.add((way, self._contract))
        elif sizes.answered and sizes.was_cut and not sizes.had_culprits:
            chunk.shrink(sizes.answered)
        return [one for piece in queue for one in piece]

    async def _slots_hold(self, contract: bytes, holders: list[bytes]) -> bool:
        """Return whether the words in the token's slots are what balanceOf answers at this block.

        Tested once for each block, on `SAMPLE` of the holders: those whose word is a balance must
        be `ENOUGH_HOLDERS` or more, and all agree. What balanceOf answers for them is kept.
        """
        known = self._node.slots_hold.get((self._block.hash, contract))
        sample = holders[:SAMPLE]
        if known is not None or len(sample) < ENOUGH_HOLDERS:
            return known is True
        kept, self._harvest = self._harvest, Harvest()
        try:
            refused = await self._packed(Method.STORAGE, sample, [])
            stored = self._harvest.amounts
        finally:
            self._harvest = kept
        if refused or len(stored) < ENOUGH_HOLDERS:
            return False
        await self._one_by_one(list(stored))
        holds = all(kept.amounts.get(holder) == word for holder, word in stored.items())
        self._node.slots_hold[self._block.hash, contract] = holds
        return holds

    async def _is_too_large(
        self, way: Method, piece: list[bytes], error: ChainsError, used: Abilities
    ) -> bool:
        """Return whether `piece` is to be asked in smaller parts; False: just once more.

        Raises `error` if neither helps.
        """
        if isinstance(error, TooLarge):
            return True
        if isinstance(error, TimedOut) and len(piece) > SMALLEST_PACK and not self._has_timed_out:
            # Perhaps it was too much at once. Tried once, not down to the last address: a node
            # that hangs would hang every time.
            self._has_timed_out = True
            return True
        if not is_refusal(error):
            raise error
        await self._node.examine(self._block, used, self._journal, about=way)
        # If a single address is still accepted, it was the number of them: some nodes have no
        # words for "too large".
        return self._node.abilities == used

    def _keep(
        self, piece: Sequence[bytes], values: Sequence[int | None], doubtful: list[bytes]
    ) -> None:
        for address, value in zip(piece, values, strict=True):
            if value is None:
                doubtful.append(address)
            else:
                self._harvest.amounts[address] = value

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
                    values = await self._node.ask(self._block, requests, self._journal, hints=piece)
                except TooLarge:
                    if not self._node.give_up_batches():
                        raise
                    continue
                del pending[: len(piece)]
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
        elif amount == _NO_BALANCE:
            self._fail(address, "balanceOf answers 2**256 - 1, which is no balance")
        else:
            self._harvest.amounts[address] = amount

    def _fail(self, address: bytes, why: str) -> None:
        self._harvest.failed[address] = why
