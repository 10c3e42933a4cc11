"""One Kupo index: the outputs of an address that were unspent at a slot.

What must hold of the answers:

1. The index is of the network and begins with it: it has the block that networks.toml names, and
   one of the first epoch.
2. The block of the snapshot is asked for by slot and hash with every address, and Kupo refuses to
   answer when it does not have it. Without a block in a slot, the state is that of the one before.
3. The index follows the address: its patterns say so. Otherwise "no outputs" says nothing.
4. It keeps what was spent: with --prune-utxo, outputs spent after the snapshot are missing once
   they are older than about 36 hours. So it must show one that was spent earlier than that.
5. Outputs are of the address, none was made after the snapshot, and none occurs twice.
6. The history of a busy address can be larger than an answer may be: its unspent outputs are then
   asked apart from those spent after the snapshot, and the newest block must be the same before
   and after.
7. A height that can only be a number of a block is looked up at a Koios server; the index must have
   that block, by slot and hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance
from chains.cardano import answers, slots
from chains.cardano.addresses import encode, is_staked
from chains.errors import (
    Incapable,
    MalformedAnswer,
    ProviderError,
    TooLarge,
    UnresolvedReason,
    WrongState,
)
from chains.harvesting import one_by_one
from chains.source import Block, require_height, require_landmark, require_unmoved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import SnapshotPoint
    from chains.cardano.answers import Output, Point
    from chains.harvesting import Told
    from chains.source import Asked, Harvest, Landmark
    from chains.transport.rest import RestEndpoint

FAR = 2**53 - 1
"""A slot after every block."""
SWEPT = slots.SETTLED + 86_400
"""A pruned index has no output that was spent so many slots before its newest block."""
NARROW, WIDE = 120, slots.SETTLED
"""Slots in which something must have been spent: of everyone's outputs, of some addresses'."""
UNREWARDED = "Rewards that its stake key earned and did not withdraw are not in it."


class Heights:
    """Numbers of blocks, as Koios servers know them."""

    def __init__(self, servers: Sequence[RestEndpoint]) -> None:
        """Ask `servers`, in this order."""
        self.servers = tuple(servers)

    async def block_at(self, number: int, journal: list[str]) -> tuple[Point, int]:
        """Return block `number` and the number of the newest one. Raises ProviderError."""
        error: ProviderError = Incapable(
            f"{number} is the number of a block, and Kupo knows slots only; add a Koios server "
            "(koios+https://), or name the slot with --height",
            reason=UnresolvedReason.NO_METHOD,
        )
        for server in self.servers:
            try:
                newest = answers.tip(await server.json("/tip", journal=journal))
                require_height(number, newest)
                path = f"/blocks?block_height=eq.{number}"
                return answers.block(await server.json(path, journal=journal), number), newest
            except ProviderError as found:
                error = found
        raise error


class KupoSource:
    """A `chains.source.Source`."""

    assurance = Assurance.NODE

    def __init__(self, server: RestEndpoint, mark: Landmark, heights: Heights) -> None:
        """Ask `server`, an index of the network that has the block `mark`."""
        self.provider = server
        self._mark = mark
        self._heights = heights
        self._slots: dict[tuple[int, str], int] = {}
        """Height and hash -> slot of the block."""

    async def open(self) -> None:
        """Make the HTTP sessions."""
        for server in (self.provider, *self._heights.servers):
            await server.open()

    async def close(self) -> None:
        """Close the HTTP sessions."""
        for server in (self.provider, *self._heights.servers):
            await server.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the last block up to slot `height`, or block number `height`."""
        await self._require_ours(journal)
        final: int | None = None
        if slots.is_slot(height):
            newest = await self._newest(journal)
            tip, final = newest.slot, max(0, newest.slot - slots.SETTLED)
            require_height(height, tip)
            found = await self._last(height, journal)
            if found is None or height - found.slot > slots.SETTLED:
                raise Incapable(f"the index has no block near slot {height}")
        else:
            found, tip = await self._heights.block_at(height, journal)
            own = await self._last(found.slot, journal)
            if own != found:
                raise WrongState(f"the index does not have block {found.hash} at {found.slot}")
        self._slots[height, found.hash] = found.slot
        return Block(found.hash, slots.time_of(found.slot), tip, final)

    async def _require_ours(self, journal: list[str]) -> None:
        """Raise WrongState for another network, Incapable for an index that began later."""
        mark = await self._last(self._mark.height, journal)
        if mark is not None:
            require_landmark(self._mark, mark.hash)
        if mark is None or await self._last(slots.BYRON_EPOCH, journal) is None:
            raise Incapable("the index does not begin with the ledger (--since origin)")

    async def _last(self, slot: int, journal: list[str]) -> Point | None:
        """Return the last block up to `slot`; None when the index begins after it."""
        answer = await self.provider.json(f"/checkpoints/{slot}", journal=journal)
        found = answers.checkpoint(answer)
        if found is not None and found.slot > slot:
            raise MalformedAnswer("a later block was answered than asked for")
        return found

    async def _newest(self, journal: list[str]) -> Point:
        found = await self._last(FAR, journal)
        if found is None:
            raise Incapable("the index is empty")
        return found

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the balances, one request an address."""
        slot = await self._slot(asked.point, journal)
        newest = await self._newest(journal)
        if newest.slot < slot:
            raise WrongState(f"the index is at slot {newest.slot}, before the snapshot")
        path = "/patterns"
        followed = answers.patterns(await self.provider.json(path, journal=journal))
        swept = newest.slot - SWEPT
        kept = slot >= newest.slot - slots.SETTLED

        async def counted(account: bytes) -> Told:
            nonlocal kept
            await self._require_followed(account, followed, journal)
            found = await self._outputs(account, slot, asked.point.block_hash, journal)
            kept = kept or any(one.spent is not None and one.spent <= swept for one in found)
            return answers.held(found, slot), UNREWARDED if is_staked(account) else ""

        harvest = await one_by_one(asked.accounts, counted)
        if not kept:
            await self._require_kept(swept, journal)
        return harvest

    async def _slot(self, point: SnapshotPoint, journal: list[str]) -> int:
        key = point.height, point.block_hash
        if key not in self._slots:
            await self.block_at(point.height, journal)
        if key not in self._slots:
            raise WrongState(f"the index has another block than {point.block_hash}")
        return self._slots[key]

    async def _require_followed(
        self, account: bytes, followed: Sequence[str], journal: list[str]
    ) -> None:
        """Raise Incapable unless a pattern of the index takes in the address."""
        if answers.is_followed(account, followed):
            return
        path = f"/patterns/{encode(account)}"
        if not answers.patterns(await self.provider.json(path, journal=journal)):
            raise Incapable("the index does not follow this address")

    async def _outputs(
        self, account: bytes, slot: int, block_hash: str, journal: list[str]
    ) -> list[Output]:
        """Return every output made up to the block, or all but some spent before it."""
        path = f"/matches/{encode(account)}?created_before={slot}.{block_hash}"
        try:
            return await self._matches(path, account, slot, journal)
        except TooLarge:
            before = await self._newest(journal)
            # In this order: what is spent in between is in both answers, not in none.
            unspent = await self._matches(f"{path}&unspent", account, slot, journal)
            later = await self._matches(f"{path}&spent_after={slot + 1}", account, slot, journal)
            require_unmoved(before, await self._newest(journal))
        merged = {one.reference: one for one in (*unspent, *later)}
        return list(merged.values())

    async def _matches(
        self, path: str, account: bytes | None, slot: int | None, journal: list[str]
    ) -> list[Output]:
        return answers.outputs(await self.provider.json(path, journal=journal), account, slot)

    async def _require_kept(self, swept: int, journal: list[str]) -> None:
        """Raise Incapable unless an output that a pruned index has no more is there."""
        for width in (NARROW, WIDE):
            first, last = max(1, swept - width), max(1, swept)
            path = f"/matches/*?spent_after={first}&spent_before={last}"
            found = await self._matches(path, None, None, journal)
            if any(one.spent is not None and first <= one.spent <= last for one in found):
                return
        raise Incapable("the index shows nothing that was spent long ago: --prune-utxo?")
