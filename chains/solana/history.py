"""The balance of an address at a slot, from what it holds now and the transactions since.

No node of Solana reads an old state, but each transaction says what every account that it names
held before and after. What must hold of every balance:

1. The node keeps the ledger since the slot (checked by the caller), so the list of an address's
   transactions after it is whole. It is asked for after the present balance, of a node that is at
   least as far. An empty list counts only for an account that does not exist, and where the node
   knows transactions of another address that was asked, or of the token program, which everybody
   uses: without its index of addresses it would know none.
2. Nothing after the slot: the balance is the present one. Otherwise it is what the first
   transaction after the slot found.
3. The last transaction up to the slot left just that behind. If it did not, the ledger wrote the
   account without a transaction (rewards of stake, votes and leaders), nobody can say when, and
   there is no number. A node that does not keep that transaction cannot contradict.
4. Failed transactions count: they pay their fee.
5. Of several transactions in one slot the block tells the order.

An address with very many transactions since is not walked through: its history is entered at the
first transaction of the next block, and the balance is what the last transaction before it left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chains.errors import Incapable, ProviderError, TooLarge
from chains.solana.answers import (
    Entry,
    Transaction,
    block_signatures,
    history,
    slots,
    transaction,
)
from chains.solana.past import Found, Past, balance_between, group, in_order
from chains.solana.token_accounts import TOKEN
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chains.solana.calls import Calls

FINALIZED = {"commitment": "finalized"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SolanaLimits:
    """How much is asked at once, and how far histories are followed."""

    batch: int = 100
    """Questions in one JSON-RPC batch; halved when a node says that it is too large."""
    first_page: int = 25
    """Lines of the first page of a history: enough for an address that rests."""
    page: int = 1_000
    """Lines of the further pages; nodes give no more."""
    most_pages: int = 20
    """Pages read for one address; a balance that needs more is unresolved."""
    owner_transactions: int = 1_000
    """Transactions of a token owner searched for accounts that it has closed since."""
    neighbours: int = 64
    """Slots around the snapshot in which the next block is looked for; most are not skipped."""


Extract = Callable[[Transaction, str], tuple[int, int]]
"""What an address held before and after a transaction."""


class Histories:
    """Looks into the past of many addresses at one slot, with one node."""

    def __init__(self, calls: Calls, slot: int, limits: SolanaLimits, journal: list[str]) -> None:
        """Ask about the end of `slot`."""
        self._calls = calls
        self.slot = slot
        self._limits = limits
        self._journal = journal
        self._entrance: str | None = None

    async def pasts(
        self, addresses: Iterable[str], reached: int
    ) -> dict[str, Past | ProviderError]:
        """Return the past of each address, told by a node that has reached slot `reached`."""
        found = await self._walked(addresses, reached)
        empty = [address for address, past in found.items() if past == Past(ended=True)]
        is_indexed = any(
            isinstance(past, Past) and self._is_recent(past) for past in found.values()
        )
        if empty and not is_indexed and (why := await self._index_fault()):
            found |= dict.fromkeys(empty, why)
        return found

    def _is_recent(self, past: Past) -> bool:
        """Return whether a history shows that the node's index reaches the slot."""
        newest = (past.after or past.before)[:1]
        return any(entry.slot >= self.slot - self._limits.neighbours for entry in newest)

    async def _index_fault(self) -> ProviderError | None:
        """Return why a history without lines means nothing, if so."""
        try:
            seen = history(await self._calls.one(_page_of(TOKEN, "", 1, 0), self._journal), 1)
        except ProviderError as error:
            return error
        if seen and seen[0].slot >= self.slot - self._limits.neighbours:
            return None
        return Incapable("the node does not know which transactions an address has")

    async def _walked(
        self, addresses: Iterable[str], reached: int
    ) -> dict[str, Past | ProviderError]:
        found: dict[str, Past | ProviderError] = {address: Past() for address in addresses}
        most = self._limits.first_page
        for _ in range(self._limits.most_pages):
            left = {
                address: past
                for address, past in found.items()
                if isinstance(past, Past) and not past.is_settled
            }
            if not left:
                return found
            await self._pages(left, found, reached, most)
            if most > self._limits.first_page:
                await self._enter(left, found, reached)
            most = self._limits.page
        for address, past in found.items():
            if isinstance(past, Past) and not past.is_settled:
                found[address] = TooLarge(
                    f"more than {self._limits.most_pages} pages of transactions since the slot"
                )
        return found

    async def _pages(
        self,
        left: Mapping[str, Past],
        found: dict[str, Past | ProviderError],
        reached: int,
        most: int,
    ) -> None:
        answers = await self._calls.many(
            [_page_of(address, past.cursor, most, reached) for address, past in left.items()],
            self._journal,
        )
        for (address, past), answer in zip(left.items(), answers, strict=True):
            try:
                past.take(history(_sound(answer), most), self.slot, most)
            except ProviderError as error:
                found[address] = error

    async def _enter(
        self, left: Mapping[str, Past], found: dict[str, Past | ProviderError], reached: int
    ) -> None:
        """Enter the histories that are still all after the slot just behind it, if that works."""
        busy = [
            address
            for address, past in left.items()
            if found[address] is past and not past.before and not past.ended
        ]
        if not busy:
            return
        if self._entrance is None:
            self._entrance = await self._first_after()
        if not self._entrance:
            return
        most = self._limits.page
        answers = await self._calls.many(
            [_page_of(address, self._entrance, most, reached) for address in busy], self._journal
        )
        for address, answer in zip(busy, answers, strict=True):
            try:
                left[address].enter(history(_sound(answer), most), self.slot, most)
            except ProviderError as error:
                # The walk through the pages goes on.
                self._journal.append(f"{address}: {error}")

    async def _first_after(self) -> str:
        """Return the first transaction after the slot, or nothing when there is none nearby."""
        span = [self.slot + 1, self.slot + self._limits.neighbours, FINALIZED]
        later = slots(await self._calls.one(RpcRequest("getBlocks", span), self._journal))
        if not later:
            return ""
        signatures = await self._signatures(later[0])
        return signatures[0] if signatures else ""

    async def _signatures(self, slot: int) -> list[str]:
        request = RpcRequest("getBlock", [slot, _BLOCK | {"transactionDetails": "signatures"}])
        return block_signatures(await self._calls.one(request, self._journal))

    async def amounts(
        self, pasts: Mapping[str, Past], now: Mapping[str, int], extract: Extract
    ) -> dict[str, Found | ProviderError]:
        """Return the balance of each address at the slot."""
        edges = await self._edges(pasts)
        wanted = {
            entry
            for edge in edges.values()
            if not isinstance(edge, ProviderError)
            for entry in edge
            if entry is not None
        }
        told = await self.transactions(wanted)
        found: dict[str, Found | ProviderError] = {}
        for address, past in pasts.items():
            edge = edges[address]
            try:
                if isinstance(edge, ProviderError):
                    raise edge
                last, first = (_told(entry, told) for entry in edge)
                ends = [
                    _last_end(last, address, extract),
                    None if first is None else extract(first, address),
                ]
                found[address] = balance_between(past, ends, now[address])
            except ProviderError as error:
                found[address] = error
        return found

    async def transactions(
        self, entries: Iterable[Entry]
    ) -> dict[Entry, Transaction | ProviderError | None]:
        """Return each transaction; None for one that the node does not keep."""
        wanted = sorted(set(entries))
        answers = await self._calls.many(
            [RpcRequest("getTransaction", [entry.signature, _TRANSACTION]) for entry in wanted],
            self._journal,
        )
        told: dict[Entry, Transaction | ProviderError | None] = {}
        for entry, answer in zip(wanted, answers, strict=True):
            try:
                told[entry] = transaction(_sound(answer), entry)
            except ProviderError as error:
                told[entry] = error
        return told

    async def _edges(
        self, pasts: Mapping[str, Past]
    ) -> dict[str, tuple[Entry | None, Entry | None] | ProviderError]:
        """Return the last transaction up to the slot and the first after it, if there are any."""
        groups = {
            address: (group(past.before, 0), [] if past.entered else group(past.after, -1))
            for address, past in pasts.items()
        }
        shared = {group[0].slot for pair in groups.values() for group in pair if len(group) > 1}
        orders: dict[int, list[str] | ProviderError] = {}
        for slot in sorted(shared):
            try:
                orders[slot] = await self._signatures(slot)
            except ProviderError as error:
                orders[slot] = error
        edges: dict[str, tuple[Entry | None, Entry | None] | ProviderError] = {}
        for address, (before, after) in groups.items():
            try:
                edges[address] = (in_order(before, orders, -1), in_order(after, orders, 0))
            except ProviderError as error:
                edges[address] = error
        return edges


_BLOCK = {
    "rewards": False,
    "maxSupportedTransactionVersion": 0,
    "commitment": "finalized",
    "encoding": "json",
}
_TRANSACTION = {
    "encoding": "json",
    "maxSupportedTransactionVersion": 0,
    "commitment": "finalized",
}


def _page_of(address: str, cursor: str, most: int, reached: int) -> RpcRequest:
    asked: dict[str, object] = {"limit": most, "minContextSlot": reached, **FINALIZED}
    if cursor:
        asked["before"] = cursor
    return RpcRequest("getSignaturesForAddress", [address, asked])


def _sound(answer: object) -> object:
    if isinstance(answer, ProviderError):
        raise answer
    return answer


def _told(
    entry: Entry | None, told: Mapping[Entry, Transaction | ProviderError | None]
) -> Transaction | None:
    if entry is None:
        return None
    answer = told[entry]
    if isinstance(answer, ProviderError):
        raise answer
    return answer


def _last_end(last: Transaction | None, address: str, extract: Extract) -> tuple[int, int] | None:
    """Return what the last transaction did; None when it is not kept or too old to say it."""
    try:
        return None if last is None else extract(last, address)
    except Incapable:
        return None
