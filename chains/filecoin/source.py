"""One Filecoin node (Lotus, Forest): actors after a tipset.

What must hold of its answers:

1. The node is of the network: its genesis block is that of networks.toml.
2. The parent-state trap: a node looks up the state *before* the tipset it is given. The balance
   after epoch H is asked at the key of the next tipset, whose parents must be the tipset of H.
3. Null rounds: an epoch without blocks has the state of the tipset before it. The next tipset is
   the first one after H, and names the last one up to H as its parents, whatever lies between.
4. Every batch also asks for the reward actor, which pays out in every tipset: at the snapshot it
   must be there, and hold another amount than at the head. A node that has it the same in both
   answers from its head (`CaughtStale`).
5. "No such actor" is 0 only beside the reward actor of the same state.

Escrow in the storage market is the market actor's balance, not the account's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance
from chains.errors import (
    MalformedAnswer,
    ProviderError,
    UnresolvedReason,
    WrongState,
)
from chains.filecoin.addresses import encode
from chains.filecoin.answers import NoActorError, Tipset, balance, tipset
from chains.harvesting import Batches, harvested, told
from chains.source import Block, CaughtStale, require_height
from chains.transport.json_rpc import RpcRequest
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import SnapshotPoint
    from chains.harvesting import Told
    from chains.source import Asked, Harvest
    from chains.transport.endpoint import Endpoint

BATCH = 100
"""Actors in one request."""
REWARD_ACTOR = "f02"
_ACTOR_NOTE = "An actor's whole balance; what it has locked is contained."
_ID, _ACTOR = 0, 2


class FilecoinSource:
    """A `chains.source.Source`."""

    assurance = Assurance.NODE

    def __init__(self, node: Endpoint, genesis: str) -> None:
        """Ask `node`, whose genesis block must be `genesis` (a CID; empty: any)."""
        self.provider = node
        self._genesis = genesis
        self._batches = Batches(node, BATCH + 2)
        self._after: dict[str, Tipset] = {}
        """Name of a snapshot's tipset -> the tipset after it."""

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the last tipset up to `height`, once there is one after it."""
        genesis = await self._tipset("ChainGetGenesis", (), journal)
        if self._genesis and genesis.key != (self._genesis,):
            raise WrongState(
                f"the server is of another network, which begins with {genesis.name}",
                reason=UnresolvedReason.WRONG_CHAIN,
            )
        head = await self._head(journal)
        tip = head.height - 1  # the state after the head is not known before the next tipset
        require_height(height, tip)
        at = await self._tipset("ChainGetTipSetByHeight", (height, None), journal)
        after = await self._tipset("ChainGetTipSetAfterHeight", (height + 1, None), journal)
        if at.height > height or after.height <= height:
            raise CaughtStale(f"the node gives tipsets {at.height} and {after.height} for {height}")
        if after.parents != at.key:
            raise WrongState("the tipset after the snapshot names other parents")
        self._after[at.name] = after
        return Block(at.name, at.time, tip)

    async def _head(self, journal: list[str]) -> Tipset:
        return await self._tipset("ChainHead", (), journal)

    async def _tipset(self, method: str, params: Sequence[object], journal: list[str]) -> Tipset:
        return tipset(await self.provider.one(f"Filecoin.{method}", params, journal=journal))

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the attoFIL of addresses, `BATCH` a request. Raises ProviderError."""
        after = await self._next(asked.point, journal)
        parts = [asked.accounts[at : at + BATCH] for at in range(0, len(asked.accounts), BATCH)]

        async def read_part(accounts: Sequence[bytes]) -> list[Told | ProviderError]:
            return await self._actors(accounts, after, journal)

        found = [one for part in await together(*map(read_part, parts)) for one in part]
        return harvested(asked.accounts, found)

    async def _next(self, point: SnapshotPoint, journal: list[str]) -> Tipset:
        if point.block_hash not in self._after:
            found = await self.block_at(point.height, journal)
            if found.hash != point.block_hash:
                raise WrongState("the node has another tipset at the snapshot")
        return self._after[point.block_hash]

    async def _actors(
        self, accounts: Sequence[bytes], after: Tipset, journal: list[str]
    ) -> list[Told | ProviderError]:
        key = [{"/": one} for one in after.key]
        names = [REWARD_ACTOR, *(encode(account) for account in accounts)]
        requests = [RpcRequest("Filecoin.StateGetActor", (name, key)) for name in names]
        requests.append(RpcRequest("Filecoin.StateGetActor", (REWARD_ACTOR, None)))
        there, *answers, now = await self._batches.call(requests, journal)
        for mark in (there, now):
            if isinstance(mark, ProviderError):
                return [mark] * len(accounts)
        if (marked := balance(there)) is None:
            raise MalformedAnswer("the node does not know the reward actor at the snapshot")
        # Where the head is the tipset after the snapshot, both are one state.
        if marked == balance(now) and (await self._head(journal)).key != after.key:
            raise CaughtStale("the reward actor holds the same at the snapshot and at the head")
        return [_told(account, said) for account, said in zip(accounts, answers, strict=True)]


def _told(account: bytes, answer: object) -> Told | ProviderError:
    """Return a balance, or why there is none."""

    def parse(value: object) -> Told:
        amount = balance(value)
        if amount is None:
            return 0, ""
        return amount, _ACTOR_NOTE if account[0] in {_ID, _ACTOR} else ""

    return (0, "") if isinstance(answer, NoActorError) else told(answer, parse)
