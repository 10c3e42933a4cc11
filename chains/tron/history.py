"""TRX at a block, from a node that keeps a history of balances (`getaccountbalance`).

A node that keeps none, or began to keep it later, answers 0 and echoes the block that was asked
for: that 0 means nothing. So

1. a balance that was last changed in an earlier block is the balance;
2. one that was changed in the snapshot block itself must be among the changes of that block
   (`getblockbalance`);
3. otherwise it is 0 only if the account was created later, or does not exist to this day, on a node
   that recorded the snapshot block;
4. all else is unresolved.

A node leaves members out whose value is 0, so a balance that is left out is 0 only if the block
that last changed it took just what the account had before.

The canary, once a block: an account that the block changed must have, after it and before it,
balances that differ by that change. A node that answers from its newest state gives the same one
twice, and is caught; one that recorded nothing names no account.

The amount is liquid TRX: what is staked, delegated or being unstaked is told apart, as of today.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from chains.errors import Incapable, ProviderError
from chains.source import Asked, CaughtStale, Harvest
from chains.transport.together import together

if TYPE_CHECKING:
    from chains.adapter import SnapshotPoint
    from chains.tron.answers import Account, Traced
    from chains.tron.node import TronNode


CANARIES = 3
"""Accounts that are tried."""


class _Changes(NamedTuple):
    """Whose balances a block changed, as the node recorded it."""

    accounts: frozenset[bytes]
    is_recorded: bool
    """Whether the canary has lived."""


class _Unasked:
    """Stands for an account that was not looked up."""


_UNASKED = _Unasked()


class TrxHistory:
    """Reads TRX from one node."""

    def __init__(self, node: TronNode, *, stakes: bool) -> None:
        """With `stakes`, each account is asked about once more, for what it has staked."""
        self._node = node
        self._stakes = stakes
        self._turn = asyncio.Lock()
        self._blocks: dict[str, _Changes | ProviderError] = {}

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return balances in sun. Raises ProviderError."""
        head = (await self._node.block(None, journal)).height if self._stakes else 0
        try:
            await self._changes(asked.point, journal)
        except CaughtStale:
            raise
        except ProviderError as error:
            # Some nodes offer one method and not the other: it is asked again where it decides.
            journal.append(f"{self._node.label}: no changes of block {asked.point.height}: {error}")
        found = await together(
            *(self._settled(asked.point, one, head, journal) for one in asked.accounts)
        )
        harvest = Harvest()
        for account, answer in zip(asked.accounts, found, strict=True):
            if isinstance(answer, CaughtStale):
                raise answer
            if isinstance(answer, ProviderError):
                harvest.failed[account] = answer
                continue
            harvest.amounts[account], note = answer
            if note:
                harvest.notes[account] = note
        return harvest

    async def _settled(
        self, point: SnapshotPoint, account: bytes, head: int, journal: list[str]
    ) -> tuple[int, str] | ProviderError:
        """Return a balance, and a note about what is staked."""
        known: Account | _Unasked | None = _UNASKED
        try:
            found = await self._node.traced(account, point.height, point.block_hash, journal)
            if found.height > point.height:
                raise CaughtStale(
                    f"a balance of block {found.height} was answered where {point.height} was asked"
                )
            if found.height == point.height:
                known = await self._require_evidence(found, point, account, journal)
            if not found.is_stated and isinstance(known, _Unasked):
                await self._require_emptied(found, account, journal)
        except ProviderError as error:
            return error
        return found.amount, await self._apart(known, account, head, journal)

    async def _require_evidence(
        self, found: Traced, point: SnapshotPoint, account: bytes, journal: list[str]
    ) -> Account | _Unasked | None:
        """Return unless a balance may be the echo of a node that knows nothing; rules 2 to 4."""
        if found.hash != point.block_hash:
            raise CaughtStale("a balance of another block at the snapshot height was answered")
        changes = await self._changes(point, journal)
        if account in changes.accounts:
            return _UNASKED
        if found.amount:
            raise Incapable(
                "the node gives a balance that the snapshot block is said to have changed, and "
                "which it did not change"
            )
        known = await self._node.account(account, journal)
        if known is None and changes.is_recorded:
            return known
        created = None if known is None else known.created
        at = point.block_time
        if created is not None and at is not None and created > at.timestamp():
            return known
        raise Incapable(
            "the node answers 0, as it does where it lacks the history; one is needed with "
            "storage.balance.history.lookup on since the account's first block"
        )

    async def _require_emptied(self, found: Traced, account: bytes, journal: list[str]) -> None:
        """Raise Incapable unless the block that `found` names took all that the account had."""
        added = await self._node.touched(found.height, found.hash, journal)
        before = await self._node.block(max(0, found.height - 1), journal)
        old = await self._node.traced(account, before.height, before.hash, journal)
        if not old.amount or old.amount + added.get(account, 0):
            raise Incapable(
                f"the node leaves the balance out, and block {found.height}, which last changed "
                "it, is not shown to have emptied the account"
            )

    async def _changes(self, point: SnapshotPoint, journal: list[str]) -> _Changes:
        """Return what the snapshot block changed; asked once a block."""
        async with self._turn:
            known = self._blocks.get(point.block_hash)
            if known is None:
                try:
                    known = await self._ask(point, journal)
                except ProviderError as error:
                    known = error
                self._blocks[point.block_hash] = known
        if isinstance(known, ProviderError):
            raise known
        return known

    async def _ask(self, point: SnapshotPoint, journal: list[str]) -> _Changes:
        added = await self._node.touched(point.height, point.block_hash, journal)
        changed = sorted(one for one, amount in added.items() if amount)[:CANARIES]
        is_recorded = False
        if changed:
            before = await self._node.block(point.height - 1, journal)
            for canary in changed:
                old = await self._node.traced(canary, before.height, before.hash, journal)
                new = await self._node.traced(canary, point.height, point.block_hash, journal)
                if new.amount == old.amount and new.amount:
                    raise CaughtStale(
                        "the node gives one balance before and after a block that changed it"
                    )
                if new.amount - old.amount == added[canary] and new.height == point.height:
                    is_recorded = True
                    break
        return _Changes(frozenset(added), is_recorded)

    async def _apart(
        self, known: Account | _Unasked | None, account: bytes, head: int, journal: list[str]
    ) -> str:
        """Return a sentence about TRX that is not liquid, or nothing, or why it is not known."""
        if not self._stakes:
            return ""
        if isinstance(known, _Unasked):
            try:
                known = await self._node.account(account, journal)
            except ProviderError as error:
                return f"What the account has staked could not be read: {error}."
        return "" if known is None else known.staked(head)
