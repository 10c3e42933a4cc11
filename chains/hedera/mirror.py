"""One mirror node: HBAR of accounts at a block.

Mirrors keep balances in steps of about fifteen minutes, and every transaction. What must hold:

1. The mirror begins with the first record file of the network, so its history is whole.
2. The balance is of a step not later than the end of the block; every transfer between the step
   and the end of the block is added, fees and rewards included, page by page, each once, in order.
3. Nothing is held by an account that was created later, or that the mirror does not find at that
   time.

The amount is what the account holds; what it staked to a node is still in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance, Control, ControlWord
from chains.errors import Incapable, MalformedAnswer, ProviderError, UnresolvedReason, WrongState
from chains.harvesting import one_by_one
from chains.hedera import answers, control
from chains.hedera.addresses import is_numbered
from chains.source import Block, CaughtStale, require_height
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import ControlQuery, SnapshotPoint
    from chains.hedera.answers import AccountAnswer, BlockAnswer
    from chains.source import Asked, Harvest
    from chains.transport.rest import RestEndpoint

PAGE = 100
"""Transactions in one answer; the most that mirrors give."""
MOST_PAGES = 100
_API = "/api/v1"
_NOT_FOUND = 404
_SECOND = 1_000_000_000


class MirrorSource:
    """A `chains.source.ControlSource`."""

    assurance = Assurance.REPLAYED

    def __init__(self, server: RestEndpoint, beginning: str) -> None:
        """Ask `server`, whose first block must begin at `beginning`."""
        self.provider = server
        self._beginning = beginning

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the block at `height`. Raises ProviderError."""
        first = await self._block(0, journal)
        if answers.written(first.begin) != self._beginning:
            raise WrongState(
                "the mirror's first block is not that of the network",
                reason=UnresolvedReason.WRONG_CHAIN,
            )
        newest = answers.newest(
            await self.provider.json(f"{_API}/blocks?limit=1&order=desc", journal=journal)
        )
        require_height(height, newest.number)
        block = await self._block(height, journal)
        return Block(block.hash, block.end // _SECOND, newest.number, newest.number)

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the HBAR of accounts, in tinybars. Raises ProviderError."""
        end = await self._end(asked.point, journal)

        async def read(account: bytes) -> tuple[int, str]:
            return await self._tinybars(account, end, journal), ""

        return await one_by_one(asked.accounts, read)

    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery], journal: list[str]
    ) -> Sequence[Control]:
        """Return one answer per query, in order. Raises ProviderError."""
        end = await self._end(point, journal)

        async def ask(query: ControlQuery) -> Control:
            try:
                found = await self._account(query.account.decode(), end, journal)
            except CaughtStale:
                raise
            except ProviderError as error:
                return Control(ControlWord.UNSETTLED, error.reason.value, str(error))
            return control.settle(query, found)

        return await together(*(ask(query) for query in queries))

    async def _block(self, height: int, journal: list[str]) -> BlockAnswer:
        found = answers.block(await self.provider.json(f"{_API}/blocks/{height}", journal=journal))
        if found.number != height:
            raise CaughtStale(f"block {found.number} was answered where {height} was asked")
        return found

    async def _end(self, point: SnapshotPoint, journal: list[str]) -> int:
        block = await self._block(point.height, journal)
        if block.hash != point.block_hash:
            raise CaughtStale(f"block {point.height} is {block.hash} by now")
        return block.end

    async def _account(self, name: str, end: int, journal: list[str]) -> AccountAnswer | None:
        """Return an account as it was at `end`, or None where there was none."""
        path = f"{_API}/accounts/{name}?timestamp=lte:{answers.written(end)}&transactions=false"
        answer = await self.provider.ask(path, journal=journal, statuses={_NOT_FOUND})
        if answer.status == _NOT_FOUND:
            if not answers.is_absent(answer.value):
                raise MalformedAnswer("HTTP status 404 without the error of a mirror")
            return None
        found = answers.account(answer.value, name)
        if found.created is not None and found.created > end:
            return None
        if found.at > end:
            raise CaughtStale("a balance later than was asked for was answered")
        return found

    async def _tinybars(self, account: bytes, end: int, journal: list[str]) -> int:
        if not is_numbered(account):
            raise Incapable("only accounts that are written by their number are read")
        name = account.decode()
        found = await self._account(name, end, journal)
        if found is None:
            return 0
        since = "gt" if found.tinybars is not None else "gte"
        held = (found.tinybars or 0) + await self._moved(name, since, found.at, end, journal)
        if held < 0:
            raise MalformedAnswer("the transfers of an account leave less than nothing")
        return held

    async def _moved(self, name: str, since: str, begin: int, end: int, journal: list[str]) -> int:
        """Return what transactions after `begin` (or at it) and up to `end` changed."""
        path = (
            f"{_API}/transactions?account.id={name}&limit={PAGE}&order=asc"
            f"&timestamp={since}:{answers.written(begin)}&timestamp=lte:{answers.written(end)}"
        )
        total, last = 0, begin - (since == "gte")
        for _ in range(MOST_PAGES):
            page = answers.page(await self.provider.json(path, journal=journal), name)
            for moved in page.moved:
                if not last < moved.at <= end:
                    raise MalformedAnswer("transactions are out of order, or were not asked for")
                last = moved.at
                total += moved.tinybars
            if not page.next:
                return total
            if not page.moved or not page.next.startswith(f"{_API}/transactions?"):
                raise MalformedAnswer("the pages of transactions lead nowhere")
            path = page.next
        raise Incapable(f"the account has more than {MOST_PAGES * PAGE} transactions to add")
