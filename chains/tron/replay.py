"""Tokens at a block: today's balance, and the events since taken back.

No node has old states of contracts. Balances at a solidified block T are read in one call, which
names T, and what events over (H, T] changed is taken back. What must hold:

1. T is not before the snapshot, and is solidified.
2. The node has the events of the first blocks after the snapshot: `eth_getLogs` gives as many as
   the receipts of a block hold. (A node indexes them only from when that was switched on.)
3. Every range of blocks is answered, or the accounts are unresolved; too many events halve a range.
4. A transfer between two accounts that are asked is found from both ends.
5. Issue and Redeem change the balance of the contract's owner; where the owner changed too, the
   accounts that were owner are unresolved.
6. No balance is negative.

An event that the node leaves out where none of this shows it stays unseen: `replayed`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from chains.adapter import Assurance
from chains.errors import (
    Incapable,
    TooLarge,
    UnresolvedReason,
    WrongState,
)
from chains.source import Asked, CaughtStale, Harvest
from chains.transport.together import together
from chains.tron import logs, multicall
from chains.tron.logs import Log, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.tron.node import TronNode

BLOCKS = 5_000
"""In one `eth_getLogs`; the most that java-tron allows."""
TOPICS = 1_000
"""Accounts in one `eth_getLogs`; the most that java-tron allows."""
CALLS = 500
"""Accounts in one multicall."""
CANARY_BLOCKS = 20
"""Blocks after the snapshot in one of which some contract must have emitted an event."""

_VERSION = 1
_WORD = 32


class _Now(NamedTuple):
    """A balance at a named block."""

    height: int
    amount: int


class TokenReplay:
    """Reads one token from one node."""

    assurance = Assurance.REPLAYED

    def __init__(self, node: TronNode, caller: bytes, token: bytes) -> None:
        """`caller` is the multicall contract; both addresses have 21 bytes."""
        self._node = node
        self._caller = caller
        self._token = token
        self._turn = asyncio.Lock()
        self._events: set[int] = set()
        """Snapshot heights after which the node has events."""
        self._beside: dict[Window, list[Log]] = {}

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return balances in base units. Raises ProviderError."""
        height = asked.point.height
        now = await self._now(asked.accounts, height, journal)
        last = max(one.height for one in now.values())
        harvest = Harvest()
        if last > height:
            await self._require_events(height, last, journal)
            windows = [
                Window(first, min(first + BLOCKS - 1, last))
                for first in range(height + 1, last + 1, BLOCKS)
            ]
            beside = await together(*(self._beside_of(one, journal) for one in windows))
            events = [log for part in beside for log in part]
        else:
            windows, events = [], []
        for at in range(0, len(asked.accounts), TOPICS):
            some = asked.accounts[at : at + TOPICS]
            moved = await self._transfers(windows, some, journal)
            await self._settle(
                harvest, height, {one: now[one] for one in some}, moved + events, journal
            )
        harvest.assurance = dict.fromkeys(harvest.amounts, self.assurance)
        return harvest

    async def _settle(
        self,
        harvest: Harvest,
        height: int,
        now: dict[bytes, _Now],
        events: Sequence[Log],
        journal: list[str],
    ) -> None:
        """Put a balance or a failure into `harvest` for every account of `now`."""
        changed = {
            last: logs.changes(events, last) for last in {one.height for one in now.values()}
        }
        owner = b""
        if any(one.owner for one in changed.values()):
            owner = (await self._node.call(self._token, "owner()", b"", journal))[-20:]
        for account, (last, amount) in now.items():
            found = changed[last]
            short = account[_VERSION:]
            then = amount - found.amounts.get(short, 0)
            if found.owner and short in found.owners:
                harvest.failed[account] = Incapable(
                    "the token's owner changed since, and so did its supply: what the account got "
                    "of it is not known"
                )
                continue
            if short == owner:
                then -= found.owner
            if then < 0:
                harvest.failed[account] = WrongState(
                    f"the balance at block {height} would be negative: events are missing",
                    reason=UnresolvedReason.MISSING_ANSWER,
                )
            else:
                harvest.amounts[account] = then

    # --- today

    async def _now(
        self, accounts: Sequence[bytes], height: int, journal: list[str]
    ) -> dict[bytes, _Now]:
        before = await self._node.block(None, journal)
        pieces = [accounts[at : at + CALLS] for at in range(0, len(accounts), CALLS)]
        found = await together(*(self._called(piece, journal) for piece in pieces))
        after = await self._node.block(None, journal)
        now = {account: one for part in found for account, one in part.items()}
        for one in now.values():
            if not max(height, before.height) <= one.height <= after.height:
                raise CaughtStale(
                    f"balances of block {one.height} were answered, and the node was at block "
                    f"{before.height} before and {after.height} after"
                )
        return now

    async def _called(self, accounts: Sequence[bytes], journal: list[str]) -> dict[bytes, _Now]:
        """Return balances from one multicall, or from two of half the size, and so on."""
        argument = multicall.argument(
            self._token[_VERSION:], [account[_VERSION:] for account in accounts]
        )
        try:
            output = await self._node.call(self._caller, multicall.SELECTOR, argument, journal)
        except TooLarge:
            if len(accounts) == 1:
                raise
            half = len(accounts) // 2
            parts = (accounts[:half], accounts[half:])
            first, second = await together(*(self._called(part, journal) for part in parts))
            return first | second
        height, amounts = multicall.balances(output, len(accounts))
        return {
            account: _Now(height, amount) for account, amount in zip(accounts, amounts, strict=True)
        }

    # --- since

    async def _require_events(self, height: int, last: int, journal: list[str]) -> None:
        """Raise Incapable unless the node has the events right after `height`; rule 2."""
        async with self._turn:
            if height in self._events:
                return
            for block in range(height + 1, min(height + CANARY_BLOCKS, last) + 1):
                emitted = await self._node.logs_of_block(block, journal)
                if not emitted:
                    continue
                contract = min(emitted)
                window = Window(block, block)
                answer = await self._node.logs(logs.query(contract, window, []), journal)
                if len(logs.parse(answer, contract, window, ())) != emitted[contract]:
                    raise Incapable(
                        f"the node does not index events of block {block}: it knows "
                        f"{emitted[contract]} of a contract, and finds another number of them"
                    )
                self._events.add(height)
                return
        raise Incapable(
            f"the node has no event in the blocks {height + 1} to "
            f"{min(height + CANARY_BLOCKS, last)}: it does not keep receipts for so long"
        )

    async def _transfers(
        self, windows: Sequence[Window], accounts: Sequence[bytes], journal: list[str]
    ) -> list[Log]:
        """Return every transfer from or to `accounts`, once."""
        asked = frozenset(account[_VERSION:] for account in accounts)
        parties = [account.rjust(_WORD, b"\0") for account in sorted(asked)]

        async def one(window: Window) -> list[Log]:
            sent, received = await together(
                self._logs(window, [[logs.TRANSFER], parties], journal),
                self._logs(window, [[logs.TRANSFER], None, parties], journal),
            )
            return logs.merged(sent, received, asked)

        found = await together(*(one(window) for window in windows))
        return [log for part in found for log in part]

    async def _beside_of(self, window: Window, journal: list[str]) -> list[Log]:
        """Return what changed balances beside transfers; asked once a window."""
        if window not in self._beside:
            self._beside[window] = await self._logs(window, [list(logs.BESIDE)], journal)
        return self._beside[window]

    async def _logs(
        self, window: Window, topics: list[list[bytes] | None], journal: list[str]
    ) -> list[Log]:
        """Return the token's logs in a range, or in its two halves, and so on."""
        token = self._token[_VERSION:]
        try:
            answer = await self._node.logs(logs.query(token, window, topics), journal)
        except TooLarge:
            if window.first == window.last:
                raise
            middle = (window.first + window.last) // 2
            halves = (Window(window.first, middle), Window(middle + 1, window.last))
            parts = await together(*(self._logs(half, topics, journal) for half in halves))
            return [log for part in parts for log in part]
        return logs.parse(answer, token, window, topics[0] or ())
