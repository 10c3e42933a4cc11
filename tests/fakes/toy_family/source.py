"""One node of Toyland. Every answer names the block whose state it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance
from chains.answers import count, table, text
from chains.errors import Incapable, MalformedAnswer, UnresolvedReason, WrongState
from chains.harvesting import one_by_one
from chains.source import Block, CaughtStale, require_height
from tests.fakes.toy_family.addresses import encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.source import Asked, Harvest
    from chains.transport.rest import RestEndpoint


class ToySource:
    """A `chains.source.Source`."""

    assurance = Assurance.NODE

    def __init__(self, server: RestEndpoint, identity: str) -> None:
        """Ask `server`, which must say that its chain is `identity`."""
        self.provider = server
        self._identity = identity

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`. Raises ProviderError."""
        head = await self._get("/head", journal)
        if text(head.get("chain")) != self._identity:
            raise WrongState("the node is of another chain", reason=UnresolvedReason.WRONG_CHAIN)
        tip = count(head.get("height"))
        require_height(height, tip)
        block = await self._get(f"/block/{height}", journal)
        if count(block.get("height")) != height:
            raise CaughtStale("another block was answered")
        return Block(text(block.get("hash")), count(block.get("time")), tip, tip)

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances of accounts. Raises ProviderError."""

        async def read(account: bytes) -> tuple[int, str]:
            path = f"/state/{asked.point.block_hash}/{encode(account)}"
            answer = await self._get(path, journal)
            if text(answer.get("block")) != asked.point.block_hash:
                raise CaughtStale("the balance is of another block")
            if text(answer.get("account")) != encode(account):
                raise MalformedAnswer("the balance is of another account")
            if answer.get("exists") is False:
                return 0, ""
            return count(answer.get("amount")), ""

        return await one_by_one(asked.accounts, read)

    async def _get(self, path: str, journal: list[str]) -> Mapping[str, object]:
        answer = await self.provider.ask(path, journal=journal, statuses={410})
        if answer.status == 410:
            raise Incapable("the node has no such state any more", reason=UnresolvedReason.NO_STATE)
        return table(answer.value)
