"""One Octez node: liquid balances in the context of a block.

What must hold of every balance:

1. The node is of the chain that networks.toml names.
2. It is asked of the block by its hash, and the context of that block names the block's own level:
   once for every piece, before the accounts and after them.
3. "No such contract" counts as 0 only with the context shown to be there, as above.

The amount is what the account can spend: what it staked or froze as a baker is not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance
from chains.answers import text
from chains.errors import Incapable, UnresolvedReason, WrongState
from chains.harvesting import one_by_one
from chains.source import Block, CaughtStale, require_height
from chains.tezos import answers
from chains.tezos.addresses import encode

if TYPE_CHECKING:
    from chains.adapter import SnapshotPoint
    from chains.source import Asked, Harvest
    from chains.transport.rest import RestAnswer, RestEndpoint

_OK, _NOT_FOUND, _GONE = 200, 404, 410


class OctezNode:
    """A `chains.source.Source`."""

    assurance = Assurance.NODE

    def __init__(self, server: RestEndpoint, chain_id: str) -> None:
        """Ask `server`, whose main chain must be `chain_id`."""
        self.provider = server
        self._chain_id = chain_id

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`. Raises ProviderError."""
        found = text(await self.provider.json("/chains/main/chain_id", journal=journal))
        if found != self._chain_id:
            raise WrongState(
                f"the node's chain is {found}, not {self._chain_id}",
                reason=UnresolvedReason.WRONG_CHAIN,
            )
        head = answers.header((await self._ask("head/header", journal)).value)
        require_height(height, head.level)
        answer = await self._ask(f"{height}/header", journal)
        if answer.status != _OK:
            raise Incapable(
                f"the node does not have block {height} any more; an archive node is needed"
            )
        header = answers.header(answer.value)
        if header.level != height:
            raise CaughtStale(f"block {header.level} was answered where {height} was asked")
        return Block(header.hash, header.time, head.level)

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances of accounts, in mutez. Raises ProviderError."""
        point = asked.point
        await self._require_context(point, journal)

        async def read(account: bytes) -> tuple[int, str]:
            path = f"{point.block_hash}/context/contracts/{encode(account)}/balance"
            answer = await self._ask(path, journal)
            if answer.status == _GONE:
                raise _without_context(point)
            return (0 if answer.status == _NOT_FOUND else answers.mutez(answer.value)), ""

        harvest = await one_by_one(asked.accounts, read)
        # A node that prunes in the meantime says "not found" of contexts too.
        await self._require_context(point, journal)
        return harvest

    async def _require_context(self, point: SnapshotPoint, journal: list[str]) -> None:
        answer = await self._ask(f"{point.block_hash}/helpers/current_level", journal)
        if answer.status != _OK:
            raise _without_context(point)
        level = answers.level(answer.value)
        if level != point.height:
            raise CaughtStale(f"the state of block {point.height} says it is of level {level}")

    async def _ask(self, path: str, journal: list[str]) -> RestAnswer:
        return await self.provider.ask(
            f"/chains/main/blocks/{path}", journal=journal, statuses={_NOT_FOUND, _GONE}
        )


def _without_context(point: SnapshotPoint) -> Incapable:
    return Incapable(
        f"the node does not have the state of block {point.height}; an archive node is needed"
    )
