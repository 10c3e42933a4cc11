"""One Horizon server: lumens of accounts at a ledger.

Horizon has no old states; it knows when each account last changed, and transactions since. What
must hold of a balance, one of:

1. The account's entry has not changed since the ledger: ``last_modified_ledger`` is not after it.
2. The first transaction after the ledger that the account paid for tells its entry as it was
   before, and that entry has not changed since the ledger either.
3. Nothing: the account's first operation after the ledger is its creation, or it does not exist
   and has had no operation since. The server's history must reach back to the ledger.

The server must have reached the ledger: one that lags has entries that look unchanged, too.
Everything else is unresolved: an account that received something before it next paid for a
transaction. Failed transactions are asked for too, because they cost a fee.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Assurance
from chains.answers import count
from chains.errors import Incapable, MalformedAnswer, UnresolvedReason, WrongState
from chains.harvesting import one_by_one
from chains.source import Block, require_height
from chains.stellar import answers
from chains.stellar.addresses import ACCOUNT, encode

if TYPE_CHECKING:
    from chains.source import Asked, Harvest
    from chains.transport.rest import RestAnswer, RestEndpoint

PAGE = 10
"""Transactions that are looked through for one that the account paid for."""
LATEST = "latest-ledger"
"""The header in which Horizon names the ledger whose accounts it shows."""
_OK, _NOT_FOUND, _GONE = 200, 404, 410


class HorizonSource:
    """A `chains.source.Source`."""

    assurance = Assurance.NODE

    def __init__(self, server: RestEndpoint, passphrase: str) -> None:
        """Ask `server`, which must be of the network with this passphrase."""
        self.provider = server
        self._passphrase = passphrase

    async def open(self) -> None:
        """Make the HTTP session."""
        await self.provider.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self.provider.close()

    async def block_at(self, height: int, journal: list[str]) -> Block:
        """Return the ledger at `height`. Raises ProviderError."""
        root = await self._root(journal)
        require_height(height, root.newest)
        at = height or root.oldest  # there is no ledger 0: how far the server is comes with any
        answer = await self._ask(f"/ledgers/{at}", journal)
        if answer.status != _OK:
            raise Incapable(
                f"the server's history begins with ledger {root.oldest}, after ledger {height}",
                reason=UnresolvedReason.NO_BLOCK,
            )
        ledger = answers.ledger(answer.value, at)
        return Block(ledger.hash, ledger.time, root.newest, root.newest)

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        """Return the lumens of accounts, in stroops. Raises ProviderError."""
        root = await self._root(journal)
        height = asked.point.height
        require_height(height, root.newest)

        async def read(account: bytes) -> tuple[int, str]:
            return await self._stroops(account, height, root, journal), ""

        return await one_by_one(asked.accounts, read)

    async def _root(self, journal: list[str]) -> answers.Root:
        root = answers.root(await self.provider.json("/", journal=journal))
        if root.passphrase != self._passphrase:
            raise WrongState(
                "the server is of another network", reason=UnresolvedReason.WRONG_CHAIN
            )
        return root

    async def _stroops(
        self, account: bytes, height: int, root: answers.Root, journal: list[str]
    ) -> int:
        if account[0] != ACCOUNT:
            raise Incapable("only accounts that begin with G can be read")
        path = f"/accounts/{encode(account)}"
        answer = await self._ask(path, journal)
        if LATEST in answer.headers:
            require_height(height, count(answer.headers[LATEST]))
        found = None if _is_absent(answer) else answers.account(answer.value, account)
        if found is not None and found.changed_at <= height:
            return found.stroops
        if root.oldest > height + 1:
            raise Incapable(
                f"the server's history begins with ledger {root.oldest}, after ledger {height}"
            )
        page = f"?order=asc&cursor={((height + 1) << 32) - 1}"
        paid = await self._ask(
            f"{path}/transactions{page}&limit={PAGE}&include_failed=true", journal
        )
        for record in () if _is_absent(paid) else answers.records(paid.value):
            charged = answers.charged(record, height)
            if charged is not None and charged.account == account and charged.changed_at <= height:
                return charged.stroops
        first = await self._ask(f"{path}/operations{page}&limit=1", journal)
        operations = () if _is_absent(first) else answers.records(first.value)
        if not operations and found is None:
            return 0
        if not operations:
            raise MalformedAnswer("an account changed, and the server knows no operation of it")
        if answers.is_creation(operations[0], account):
            return 0
        raise Incapable(
            f"the account changed after ledger {height} by what others paid for; its balance then "
            "is in the history archives (stellar-core dump-ledger)"
        )

    async def _ask(self, path: str, journal: list[str]) -> RestAnswer:
        return await self.provider.ask(path, journal=journal, statuses={_NOT_FOUND, _GONE})


def _is_absent(answer: RestAnswer) -> bool:
    """Return whether there is no such account. Raises MalformedAnswer for another problem."""
    if answer.status == _OK:
        return False
    if not answers.is_absent(answer.value):
        raise MalformedAnswer(f"HTTP status {answer.status} without the problem of Horizon")
    return True
