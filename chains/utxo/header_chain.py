"""The part of an Electrum server's header chain that hangs together with the snapshot block.

Of each linked block only the hash is kept, 32 bytes; Merkle roots are kept where they are needed.
What lies below the snapshot block is fixed by that block's hash; work is checked from it upwards.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chains.errors import MalformedAnswer, ProviderError, TooLarge, WrongState
from chains.transport.json_rpc import RpcRequest
from chains.utxo.headers import Form, Header, Rules, require_linked, split
from chains.utxo.merkle import hash_bytes
from chains.utxo.transactions import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chains.utxo.electrum import ElectrumServer

PER_REQUEST = 2016
"""Headers that every server gives at once."""
_HASH = 32


def parse_header(answer: object, rule: Rules) -> Header:
    """Return the header that a server answered in hex. Raises ProviderError."""
    return split(hex_bytes(answer), 1, rule)[0]


def hex_bytes(answer: object) -> bytes:
    """Return the bytes of a hex text; raises the answer if it is an error, or MalformedAnswer."""
    if isinstance(answer, ProviderError):
        raise answer
    try:
        return bytes.fromhex(answer if isinstance(answer, str) else "-")
    except ValueError:
        raise MalformedAnswer("an answer is not hex") from None


class HeaderChain:
    """Linked headers around one block. Grows downwards and upwards as heights are needed."""

    def __init__(
        self, server: ElectrumServer, rule: Rules, height: int, block_hash: str, *, most: int
    ) -> None:
        """Begin with the block `block_hash` at `height`; link at most `most` headers."""
        self.low = self.high = height
        self.proven: set[tuple[str, int]] = set()
        """Transactions that were shown to be in the linked block at a height."""
        self._server = server
        self._rule = rule
        self._most = most
        self._hashes = bytearray(hash_bytes(block_hash))
        self._below: str | None = None
        """The parent of the lowest block, once a header told it."""
        self._roots: dict[int, str] = {}
        self._growing = asyncio.Lock()

    def hash_at(self, height: int) -> str:
        """Return the hash of a linked block."""
        at = (height - self.low) * _HASH
        return shown(bytes(self._hashes[at : at + _HASH]))

    async def roots(self, heights: Iterable[int], journal: list[str]) -> dict[int, str]:
        """Return the Merkle root of each block, all of them linked to the snapshot block.

        Where hashes are opaque nothing is linked, and the server's word stands. Raises
        ProviderError: WrongState when the headers do not hang together.
        """
        needed = set(heights)
        async with self._growing:
            if needed - self._roots.keys() and self._rule.form is not Form.OPAQUE:
                await self._grow(min(needed), max(needed), needed, journal)
            await self._fetch_single(needed - self._roots.keys(), journal)
        return {height: self._roots[height] for height in needed}

    async def unmoved(self, journal: list[str]) -> bool:
        """Return whether the server still has the highest linked block where it was."""
        if self._rule.form is Form.OPAQUE:
            request = RpcRequest("blockchain.block.header", (self.high + 1,))
            (answer,) = await self._server.many([request], journal=journal)
            if isinstance(answer, ProviderError):
                return False
            return parse_header(answer, self._rule).previous == self.hash_at(self.high)
        request = RpcRequest("blockchain.block.header", (self.high,))
        (answer,) = await self._server.many([request], journal=journal)
        if isinstance(answer, ProviderError):
            return False  # the chain is shorter now
        return parse_header(answer, self._rule).hash == self.hash_at(self.high)

    async def _grow(self, low: int, high: int, needed: set[int], journal: list[str]) -> None:
        if max(high, self.high) - min(low, self.low) > self._most:
            raise TooLarge(f"more than {self._most:,} block headers would have to be linked")
        if low < self.low:
            # With the lowest block once more: it names the parent that the others lead to.
            bare = Rules(self._rule.form)
            headers = await self._range(low, self.low, bare, journal)
            require_linked(headers, after=None, upto=self.hash_at(self.low))
            self._keep(low, headers, needed)
            self._hashes[:_HASH] = b"".join(hash_bytes(header.hash) for header in headers)
            self.low = low
        if high > self.high:
            headers = await self._range(self.high + 1, high, self._rule, journal)
            require_linked(headers, after=self.hash_at(self.high), upto=None)
            self._keep(self.high + 1, headers, needed)
            self._hashes += b"".join(hash_bytes(header.hash) for header in headers)
            self.high = high

    async def _range(self, first: int, last: int, rule: Rules, journal: list[str]) -> list[Header]:
        """Return the headers from `first` to `last`, in order."""
        spans = [
            (at, min(PER_REQUEST, last + 1 - at)) for at in range(first, last + 1, PER_REQUEST)
        ]
        answers = await self._server.many(
            [RpcRequest("blockchain.block.headers", span) for span in spans],
            journal=journal,
            batch=4,  # a third of a megabyte each
        )
        headers: list[Header] = []
        for (_, count), answer in zip(spans, answers, strict=True):
            if isinstance(answer, ProviderError):
                raise WrongState(f"the server gives no block headers: {answer}")
            if not isinstance(answer, dict) or answer.get("count") != count:
                raise WrongState("the server has not as many block headers as its histories need")
            raw = hex_bytes(answer.get("hex"))
            # Hashing takes its time, scrypt most of all: let others have theirs.
            headers += await asyncio.to_thread(split, raw, count, rule)
        return headers

    def _keep(self, first: int, headers: list[Header], needed: set[int]) -> None:
        for height in needed:
            if first <= height < first + len(headers):
                self._roots[height] = headers[height - first].merkle_root

    async def _fetch_single(self, heights: set[int], journal: list[str]) -> None:
        ordered = sorted(heights)
        answers = await self._server.many(
            [RpcRequest("blockchain.block.header", (height,)) for height in ordered],
            journal=journal,
        )
        for height, answer in zip(ordered, answers, strict=True):
            header = parse_header(answer, self._rule)
            if self._rule.form is not Form.OPAQUE and header.hash != self.hash_at(height):
                raise WrongState(f"the server gives another block {height} than before")
            self._roots[height] = header.merkle_root
