"""One endpoint as an EVM node: the ways it can be asked, and answers that identify their state.

A node is asked in the best way first, without asking beforehand whether it can be: most can, and
a question saved is a request saved. Only when it refuses is it examined, with small requests, and
what it lacks is remembered: abilities are only ever taken away.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from chains.errors import ChainsError, ProviderError, Throttled, TooLarge
from chains.evm.blocks import Block, parse_block, require_height
from chains.evm.hexadecimal import data, quantity, written
from chains.evm.identification import (
    StateRules,
    identity_requests,
    require_chain,
    require_identity,
    require_words,
)
from chains.evm.programs import ADDRESS_LENGTH, call_data, program, unpack
from chains.evm.refusals import is_refusal
from chains.transport.controls import ChunkSize
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chains.evm.settings import EvmSettings
    from chains.transport.endpoint import Endpoint

PROGRAM_ADDRESS = "0xa55a00000000000000000000000000000000a55a"
"""Where programs are put for the time of a call; nobody is known to use it."""

_NOBODY = bytes(ADDRESS_LENGTH)
_EIP_7825_GAS = 1 << 24


class Reference(StrEnum):
    """How a node is told which block is meant."""

    HASH = "hash"
    """EIP-1898: the hash, and only if it is canonical."""
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Abilities:
    """The ways of asking that a node has not refused."""

    reference: Reference
    packed: bool
    """Code by state override."""
    batch: bool


def block_reference(block: Block, reference: Reference) -> object:
    """Return the block argument of a request."""
    match reference:
        case Reference.HASH:
            return {"blockHash": written(block.hash), "requireCanonical": True}
        case Reference.NUMBER:
            return hex(block.height)


class Node:
    """An endpoint of an EVM network. What it raises is a ChainsError, with its label as source."""

    def __init__(self, endpoint: Endpoint, rules: StateRules, settings: EvmSettings) -> None:
        """Assume that the endpoint can do everything until it refuses."""
        self.endpoint = endpoint
        self.rules = rules
        self.abilities = Abilities(Reference.HASH, packed=rules.packed, batch=True)
        self.blind: dict[bytes, ProviderError] = {}
        """Block hash -> why this node has no state there. It is not asked about them again."""
        self.state_speaks: bool | None = None
        """Whether the state identified itself the last time (EIP-2935, ArbSys); None: unknown."""
        self.native_chunk = ChunkSize(start=settings.native_chunk, maximum=settings.native_chunk)
        self.token_chunk = ChunkSize(start=settings.token_chunk, maximum=settings.token_chunk)
        self.batch_chunk = ChunkSize(start=settings.batch_chunk, maximum=settings.batch_chunk)
        self.gas: int | None = None
        self._examining = asyncio.Lock()

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

    async def require_network(self, journal: list[str]) -> None:
        """Raise WrongState (`wrong-chain`) unless the node is on the right network."""
        answer = await self.endpoint.one("eth_chainId", journal=journal)
        with self._blamed(journal):
            require_chain(quantity(answer), self.rules)

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the node's block at `height`; Incapable (`no-block`) if it has none."""
        answer = await self.endpoint.one(
            "eth_getBlockByNumber", (hex(height), False), journal=journal
        )
        with self._blamed(journal):
            return require_height(parse_block(answer), height)

    async def block_of(self, block_hash: bytes, journal: list[str]) -> Block:
        """Return the node's block with `block_hash`; Incapable (`no-block`) if it has none."""
        answer = await self.endpoint.one(
            "eth_getBlockByHash", (written(block_hash), False), journal=journal
        )
        with self._blamed(journal):
            return parse_block(answer)

    async def packed(
        self,
        block: Block,
        contract: bytes | None,
        addresses: Sequence[bytes],
        journal: list[str],
    ) -> list[int]:
        """Return one value per address, in order, from one call; see `programs` for sentinels."""
        chosen = program(token=contract is not None, arbsys=self.rules.arbsys)
        call = {"to": PROGRAM_ADDRESS, "data": written(call_data(contract, addresses))}
        if self.gas is not None:
            call["gas"] = hex(self.gas)
        answer = await self.endpoint.one(
            "eth_call",
            (
                call,
                block_reference(block, self.abilities.reference),
                {PROGRAM_ADDRESS: {"code": written(chosen.code)}},
            ),
            journal=journal,
        )
        with self._blamed(journal):
            words, values = unpack(chosen, data(answer), len(addresses))
            self.state_speaks = require_words(words, block, self.rules)
        return values

    async def ask(
        self, block: Block, requests: Sequence[RpcRequest], journal: list[str]
    ) -> list[object]:
        """Return one value per request, in order, from a state that identified itself.

        `requests` come without their last parameter, the block, which is added here. Values are
        results, or the node's errors as exceptions. In one batch with the identification where
        batches are accepted; otherwise one by one, with the identification before and after.
        """
        while True:
            used = self.abilities
            reference = block_reference(block, used.reference)
            bound = [RpcRequest(r.method, (*r.params, reference)) for r in requests]
            identity = identity_requests(block, self.rules, reference)
            try:
                values = await self._identified(block, identity, bound, journal, batch=used.batch)
            except ChainsError as error:
                if not is_refusal(error):
                    raise
                await self.examine(block, used, journal)
                if self.abilities == used:
                    raise
                continue
            if not any(isinstance(v, ChainsError) and _is_worth_examining(v) for v in values):
                return values
            await self.examine(block, used, journal)
            if self.abilities.reference == used.reference:
                return values

    async def _identified(
        self,
        block: Block,
        identity: list[RpcRequest],
        requests: list[RpcRequest],
        journal: list[str],
        *,
        batch: bool,
    ) -> list[object]:
        count = len(identity)
        if batch:
            values = await self.endpoint.call([*identity, *requests], batch=True, journal=journal)
            self._require(values[:count], block, journal)
            return values[count:]
        self._require(await self._singly(identity, journal), block, journal)
        values = await self._singly(requests, journal)
        self._require(await self._singly(identity, journal), block, journal)
        return values

    def _require(self, answers: Sequence[object], block: Block, journal: list[str]) -> None:
        with self._blamed(journal):
            self.state_speaks = require_identity(answers, block, self.rules)

    async def _singly(self, requests: Sequence[RpcRequest], journal: list[str]) -> list[object]:
        """Return one value per request, in order; the endpoint's window bounds the concurrency."""

        async def single(request: RpcRequest) -> object:
            try:
                return await self.endpoint.one(*request, journal=journal)
            except ChainsError as error:
                return error

        # All are waited for, also when one is throttled: nothing goes on behind the caller's back.
        values = list(await asyncio.gather(*(single(request) for request in requests)))
        for value in values:
            if isinstance(value, Throttled):
                raise value
        return values

    async def examine(self, block: Block, used: Abilities, journal: list[str]) -> None:
        """Find out which ways of asking the node accepts, at `block`; set `abilities`.

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
            packed = used.packed and await self._accepts_packed(block, journal)
            batch = used.batch and await self._accepts_batch(journal)
            self.abilities = replace(found, packed=packed, batch=batch)

    async def _accepted_reference(
        self, block: Block, used: Abilities, journal: list[str]
    ) -> Reference:
        async def plain(reference: Reference) -> None:
            argument = block_reference(block, reference)
            value = await self.endpoint.one(
                "eth_getBalance", (written(_NOBODY), argument), journal=journal
            )
            with self._blamed(journal):
                quantity(value)

        try:
            await plain(used.reference)
        except ChainsError as error:
            if used.reference is Reference.NUMBER or not is_refusal(error):
                raise
            await plain(Reference.NUMBER)
            return Reference.NUMBER
        return used.reference

    async def _accepts_packed(self, block: Block, journal: list[str]) -> bool:
        try:
            await self.packed(block, None, [_NOBODY], journal)
        except ChainsError as error:
            if not is_refusal(error):
                raise
            return False
        return True

    async def _accepts_batch(self, journal: list[str]) -> bool:
        requests = [RpcRequest("eth_chainId", ())] * 2
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
    def _blamed(self, journal: list[str]) -> Iterator[None]:
        """Note in `journal` what is found wrong with an answer after it has arrived."""
        try:
            yield
        except ProviderError as error:
            if not error.source:
                error.source = self.label
                journal.append(f"{self.label}: {error}")
            raise


def _is_worth_examining(value: ChainsError) -> bool:
    """Return whether a member of a batch may have failed for the way in which it was asked."""
    return isinstance(value, ProviderError) and is_refusal(value)
