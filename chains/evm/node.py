"""One endpoint as an EVM node: the ways it can be asked, and answers that identify their state.

A node is asked in the best way first, without asking beforehand whether it can be: most can, and
a question saved is a request saved. Only when it refuses is it examined, with small requests, and
what it lacks is remembered. After a while the refused way is tried once more: behind one URL there
may be several nodes.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chains.errors import (
    ChainsError,
    ProviderError,
    Throttled,
    TooLarge,
)
from chains.evm import canary
from chains.evm.blocks import Block, Reference, block_reference, parse_block, require_height
from chains.evm.hexadecimal import quantity, written
from chains.evm.identification import (
    Canary,
    StateRules,
    identity_requests,
    require_chain,
    require_identity,
)
from chains.evm.methods import PACKED, KnownSlot, Method, no_known_slot
from chains.evm.packed import read_packed
from chains.evm.programs import ADDRESS_LENGTH
from chains.evm.refusals import GasCapped, is_refusal
from chains.transport.controls import ChunkSize
from chains.transport.health import Latency
from chains.transport.json_rpc import RpcRequest
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chains.evm.settings import EvmSettings
    from chains.transport.endpoint import Endpoint

_NOBODY = bytes(ADDRESS_LENGTH)
_EIP_7825_GAS = 1 << 24
_EXECUTING = frozenset({"eth_call", "eth_createAccessList"})

RECONSIDER_AFTER = 32
"""Reads after which a refused way of asking is tried once more."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """The ways of asking that a node has not refused."""

    reference: Reference
    methods: frozenset[Method]
    """Of the packed ones."""
    batch: bool

    @property
    def packed(self) -> bool:
        """Return whether code by state override is accepted."""
        return Method.OVERRIDE in self.methods


class Node:
    """An endpoint of an EVM network. What it raises is a ChainsError, with its label as source."""

    def __init__(
        self,
        endpoint: Endpoint,
        rules: StateRules,
        settings: EvmSettings,
        known_slot: KnownSlot = no_known_slot,
    ) -> None:
        """Assume that the endpoint can do everything until it refuses."""
        self.endpoint = endpoint
        self.rules = rules
        self.known_slot = known_slot
        self.abilities = Abilities(Reference.HASH, _possible(rules), batch=True)
        self.blind: dict[bytes, ProviderError] = {}
        """Block hash -> why this node has no state there. It is not asked about them again."""
        self.state_speaks: bool | None = None
        """Whether the state identified itself the last time (EIP-2935, ArbSys); None: unknown."""
        self.canaries: dict[bytes, Canary | None] = {}
        """Block hash -> the canary where the state does not speak; None: there is none."""
        self.unshown: set[bytes] = set()
        """Of those blocks the ones of which nothing has shown that the state is theirs."""
        self.outgrown: set[tuple[Method, bytes | None]] = set()
        """Ways in which not even a few balances of a token (None: native) fit into a call."""
        self.slots_hold: dict[tuple[bytes, bytes], bool] = {}
        """(block hash, token) -> whether the words in its known slots are its balances there."""
        self.batch_chunk = ChunkSize(start=settings.batch_chunk, maximum=settings.batch_chunk)
        self.pieces = Latency()
        """Of whole pieces of a query, however many calls they took."""
        self.gas: int | None = None
        self._settings = settings
        self._chunks: dict[tuple[Method, bytes | None], ChunkSize] = {}
        self._reads = 0
        self._refused_at: dict[Method, int] = {}
        self._examining = asyncio.Lock()
        self._searching = asyncio.Lock()

    @property
    def label(self) -> str:
        """What may be shown of the endpoint."""
        return self.endpoint.label

    def cap_gas(self) -> bool:
        """Name a gas limit from now on that EIP-7825 allows; return False if it was so before."""
        if self.gas is not None:
            return False
        self.gas = _EIP_7825_GAS
        return True

    def give_up_batches(self) -> bool:
        """Ask one by one from now on; return False if it was so before."""
        had = self.abilities.batch
        self.abilities = replace(self.abilities, batch=False)
        return had

    def chunk(self, method: Method, contract: bytes | None) -> ChunkSize:
        """Return how many balances of a token (None: native) go into one call, as learnt."""
        key = (method, contract)
        if key not in self._chunks:
            most = self._settings.most(method, token=contract is not None)
            self._chunks[key] = ChunkSize(start=most, maximum=most)
        return self._chunks[key]

    def ways(self, block: Block, contract: bytes | None) -> list[Method]:
        """Return the packed ways of reading that are worth trying now, best first."""
        self._reads += 1
        for method, since in list(self._refused_at.items()):
            if self._reads - since >= RECONSIDER_AFTER:
                del self._refused_at[method]
                methods = self.abilities.methods | {method}
                self.abilities = replace(self.abilities, methods=methods)
        return [way for way in PACKED if self._is_usable(way, block, contract)]

    def _is_usable(self, way: Method, block: Block, contract: bytes | None) -> bool:
        if way not in self.abilities.methods or (way, contract) in self.outgrown:
            return False
        match way:
            case Method.STORAGE:
                return contract is not None and self.known_slot(contract) is not None
            case Method.MULTICALL:
                return block.height >= self.rules.multicall_block
            case _:
                return True

    async def require_network(self, journal: list[str]) -> None:
        """Raise WrongState (`wrong-chain`) unless the node is on the right network."""
        answer = await self.endpoint.one("eth_chainId", journal=journal)
        with self.blamed(journal):
            require_chain(quantity(answer), self.rules)

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the node's block at `height`; Incapable (`no-block`) if it has none."""
        answer = await self.endpoint.one(
            "eth_getBlockByNumber", (hex(height), False), journal=journal
        )
        with self.blamed(journal):
            return require_height(parse_block(answer), height)

    async def block_of(self, block_hash: bytes, journal: list[str]) -> Block:
        """Return the node's block with `block_hash`; Incapable (`no-block`) if it has none."""
        answer = await self.endpoint.one(
            "eth_getBlockByHash", (written(block_hash), False), journal=journal
        )
        with self.blamed(journal):
            return parse_block(answer)

    async def read(
        self,
        way: Method,
        block: Block,
        contract: bytes | None,
        addresses: Sequence[bytes],
        journal: list[str],
    ) -> list[int | None]:
        """Return one balance per address, in order, from one call; None: look again.

        The state has identified itself. Raises ChainsError.
        """
        return await read_packed(self, way, block, contract, addresses, journal=journal)

    async def lacked_canary(
        self, block: Block, used: Canary | None, hints: Sequence[bytes], journal: list[str]
    ) -> bool:
        """Return whether there is a canary that a question went out without: it is asked again.

        One is looked for when the state has not identified itself, once for each block. `used` is
        the canary that the question carried: another one may have found it meanwhile.
        """
        if self.state_speaks:
            return False
        async with self._searching:
            if block.hash not in self.canaries:
                reference = block_reference(block, self.abilities.reference)
                with self.blamed(journal):
                    found = await canary.find(self, block, reference, hints, journal)
                if found.canary is not None or hints:
                    self.canaries[block.hash] = found.canary
                    if not found.is_shown:
                        self.unshown.add(block.hash)
        return used is None and self.canaries.get(block.hash) is not None

    async def ask(
        self,
        block: Block,
        requests: Sequence[RpcRequest],
        journal: list[str],
        *,
        hints: Sequence[bytes] = (),
    ) -> list[object]:
        """Return one value per request, in order, from a state that identified itself.

        `requests` come without their last parameter, the block, which is added here. Values are
        results, or the node's errors as exceptions. In batches with the identification where they
        are accepted, as long as the node takes them; otherwise one by one, with the identification
        before and after. `hints` are accounts of which one may serve as the canary.
        """
        values: list[object] = []
        left = list(requests)
        while True:
            piece = left[: self.batch_chunk.limit] if self.abilities.batch else left
            try:
                values += await self._ask(block, piece, journal, hints=hints)
            except ChainsError as error:
                may_be_long = isinstance(error, TooLarge) or is_refusal(error)
                if not may_be_long or not self.abilities.batch or len(piece) <= 1:
                    raise
                # If a short batch is still accepted, it was the number of requests.
                self.batch_chunk.shrink(len(piece) // 2)
                continue
            self.batch_chunk.succeeded(len(piece))
            left = left[len(piece) :]
            if not left:
                return values

    async def _ask(
        self,
        block: Block,
        requests: Sequence[RpcRequest],
        journal: list[str],
        *,
        hints: Sequence[bytes],
    ) -> list[object]:
        """Return what `ask` does, from one batch where batches are accepted."""
        while True:
            used, gas = self.abilities, self.gas
            reference = block_reference(block, used.reference)
            bound = [RpcRequest(r.method, (*r.params, reference)) for r in requests]
            known = self.canaries.get(block.hash)
            try:
                values = await self._identified(
                    block, reference, bound, journal, known=known, batch=used.batch
                )
                if await self.lacked_canary(block, known, hints, journal):
                    continue
            except ChainsError as error:
                is_shortest = isinstance(error, TooLarge) and used.batch and len(requests) <= 1
                if not is_shortest and not is_refusal(error):
                    raise
                await self.examine(block, used, journal, about=Method.SINGLES)
                if self.abilities == used:
                    raise
                continue
            if gas is None and any(isinstance(value, GasCapped) for value in values):
                self.cap_gas()
                continue
            if not any(isinstance(v, ChainsError) and _is_worth_examining(v) for v in values):
                return values
            await self.examine(block, used, journal, about=Method.SINGLES)
            if self.abilities.reference == used.reference:
                return values

    async def _identified(
        self,
        block: Block,
        reference: object,
        requests: list[RpcRequest],
        journal: list[str],
        *,
        known: Canary | None,
        batch: bool,
    ) -> list[object]:
        identity = identity_requests(block, self.rules, reference, known)

        def require(answers: Sequence[object]) -> None:
            with self.blamed(journal):
                self.state_speaks = require_identity(answers, block, self.rules, known)

        requests = [self._capped(request) for request in requests]
        if batch:
            values = await self.endpoint.call([*identity, *requests], batch=True, journal=journal)
            require(values[: len(identity)])
            return values[len(identity) :]
        require(await self._singly(identity, journal))
        values = await self._singly(requests, journal)
        require(await self._singly(identity, journal))
        return values

    def _capped(self, request: RpcRequest) -> RpcRequest:
        """Return `request`, naming the gas it may use where the node wants it to (EIP-7825)."""
        if self.gas is None or request.method not in _EXECUTING:
            return request
        call, *others = request.params
        if not isinstance(call, dict):
            raise TypeError("the call is no object")
        return RpcRequest(request.method, ({**call, "gas": hex(self.gas)}, *others))

    async def plain(self, requests: Sequence[RpcRequest], journal: list[str]) -> list[object]:
        """Return one value per request, in order, without any identification of the state."""
        if self.abilities.batch:
            try:
                return await self.endpoint.call(requests, batch=True, journal=journal)
            except ChainsError as error:
                if not is_refusal(error) and not isinstance(error, TooLarge):
                    raise
        return await self._singly(requests, journal)

    async def _singly(self, requests: Sequence[RpcRequest], journal: list[str]) -> list[object]:
        """Return one value per request, in order; the endpoint's window bounds the concurrency."""

        async def single(request: RpcRequest) -> object:
            try:
                return await self.endpoint.one(*request, journal=journal)
            except ChainsError as error:
                return error

        # All are waited for, also when one is throttled: nothing goes on behind the caller's back.
        values = list(await together(*(single(request) for request in requests)))
        for value in values:
            if isinstance(value, Throttled):
                raise value
        return values

    async def examine(
        self, block: Block, used: Abilities, journal: list[str], *, about: Method
    ) -> None:
        """Find out whether the node accepts being asked in the way `about`; set `abilities`.

        `used` are the abilities that were believed when something was refused: if they have
        changed meanwhile, someone else has examined the node already. Raises what keeps the node
        from answering even the plainest question.
        """
        async with self._examining:
            if self.abilities != used:
                return
            await self.require_network(journal)
            found = replace(used, reference=await self._accepted_reference(block, used, journal))
            self.abilities = found
            if about is Method.SINGLES:
                least = len(identity_requests(block, self.rules, None)) + 1
                batch = used.batch and await self._accepts_batch(least, journal)
                self.abilities = replace(found, batch=batch)
            elif not await self._accepts(about, block, journal):
                self._refused_at[about] = self._reads
                self.abilities = replace(found, methods=found.methods - {about})

    async def _accepted_reference(
        self, block: Block, used: Abilities, journal: list[str]
    ) -> Reference:
        async def plain(reference: Reference) -> None:
            argument = block_reference(block, reference)
            value = await self.endpoint.one(
                "eth_getBalance", (written(_NOBODY), argument), journal=journal
            )
            with self.blamed(journal):
                quantity(value)

        try:
            await plain(used.reference)
        except ChainsError as error:
            if used.reference is Reference.NUMBER or not is_refusal(error):
                raise
            await plain(Reference.NUMBER)
            return Reference.NUMBER
        return used.reference

    async def _accepts(self, way: Method, block: Block, journal: list[str]) -> bool:
        """Return whether one balance can be read in a packed way."""
        try:
            if way is Method.STORAGE:
                slots = {written(_NOBODY): [f"0x{0:064x}"]}
                reference = block_reference(block, self.abilities.reference)
                await self.endpoint.one("eth_getStorageValues", (slots, reference), journal=journal)
            else:
                await self.read(way, block, None, [_NOBODY], journal)
        except ChainsError as error:
            if not is_refusal(error):
                raise
            return False
        return True

    async def _accepts_batch(self, length: int, journal: list[str]) -> bool:
        """Return whether a batch is accepted that holds the identification and one question."""
        requests = [RpcRequest("eth_chainId", ())] * length
        try:
            await self.endpoint.call(requests, batch=True, journal=journal)
        except TooLarge:
            return False
        except ChainsError as error:
            if not is_refusal(error):
                raise
            return False
        return True

    @contextmanager
    def blamed(self, journal: list[str]) -> Iterator[None]:
        """Note in `journal` what is found wrong with an answer after it has arrived."""
        try:
            yield
        except ProviderError as error:
            self.endpoint.hide(error)
            if not error.source:
                error.source = self.label
                journal.append(f"{self.label}: {error}")
            raise


def _possible(rules: StateRules) -> frozenset[Method]:
    """Return the packed ways that the network has, whatever the node."""
    programs = {Method.OVERRIDE, Method.DEPLOYLESS} if rules.packed else set()
    contract = {Method.MULTICALL} if rules.multicall is not None else set()
    return frozenset({Method.STORAGE, *programs, *contract})


def _is_worth_examining(value: ChainsError) -> bool:
    """Return whether a member of a batch may have failed for the way in which it was asked."""
    return isinstance(value, ProviderError) and is_refusal(value)
