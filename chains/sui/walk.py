"""Through the transactions of Sui accounts since a checkpoint: what each of them gained.

Lists are read twice, from the oldest on and from the newest back, because nothing else would show
that a line is missing: both must have the same transactions with the same changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from chains.answers import table
from chains.errors import (
    MalformedAnswer,
    ProviderError,
    TooLarge,
    UnresolvedReason,
    WrongState,
)
from chains.sui import queries
from chains.sui.addresses import encode
from chains.sui.answers import goes_on, page, summed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chains.transport.graphql import GraphQlEndpoint


class Stretch(NamedTuple):
    """The changes that are asked for."""

    after: int
    """Checkpoint; excluded."""
    until: int
    """Checkpoint; included."""
    coin: str
    """Written out (`answers.coin_type`)."""


@dataclass(slots=True)
class _Seen:
    """What one account's list has said so far."""

    gained: dict[str, int] = field(default_factory=dict)
    """By transaction."""
    cursor: str | None = None


class Walk:
    """Reads lists of one service over one stretch."""

    def __init__(
        self, service: GraphQlEndpoint, stretch: Stretch, most_pages: int, journal: list[str]
    ) -> None:
        """Read at most `most_pages` pages of one account's list."""
        self._service = service
        self._stretch = stretch
        self._most_pages = most_pages
        self._journal = journal

    async def gained(self, accounts: Sequence[bytes]) -> dict[bytes, int | ProviderError]:
        """Return what each account gained over the stretch. Raises ProviderError."""
        forward = await self._lists(accounts, backward=False)
        backward = await self._lists(accounts, backward=True)
        return {account: _agreed(forward[account], backward[account]) for account in accounts}

    async def _lists(
        self, accounts: Sequence[bytes], *, backward: bool
    ) -> Mapping[bytes, dict[str, int] | ProviderError]:
        """Return what each account gained by each transaction."""
        found: dict[bytes, dict[str, int] | ProviderError] = {}
        left = {account: _Seen() for account in accounts}
        for _ in range(self._most_pages):
            if not left:
                return found
            variables: dict[str, object] = {
                "after": self._stretch.after,
                "before": self._stretch.until + 1,
            }
            for at, (account, seen) in enumerate(left.items()):
                variables |= {f"a{at}": encode(account), f"c{at}": seen.cursor}
            data = await self._service.query(
                queries.transactions(len(left), backward=backward),
                variables,
                journal=self._journal,
            )
            for at, (account, seen) in enumerate(list(left.items())):
                try:
                    await self._take(data.get(f"t{at}"), account, seen)
                except ProviderError as error:
                    found[account] = error
                else:
                    if seen.cursor:
                        continue
                    found[account] = seen.gained
                del left[account]
        unread = TooLarge(f"more than {self._most_pages} pages of transactions since")
        found.update(dict.fromkeys(left, unread))
        return found

    async def _take(self, value: object, account: bytes, seen: _Seen) -> None:
        after, until, coin = self._stretch
        told = page(value, account, coin, after, until)
        gained = {one.digest: one.change for one in told.changes}
        if gained.keys() & seen.gained.keys() or (told.cursor and told.cursor == seen.cursor):
            raise MalformedAnswer("the pages of transactions repeat themselves")
        for one in told.changes:
            if one.cursor:
                gained[one.digest] += await self._rest(one.digest, one.cursor, account)
        seen.gained |= gained
        seen.cursor = told.cursor

    async def _rest(self, digest: str, cursor: str, account: bytes) -> int:
        """Return what the rest of a long list of changes of one transaction adds."""
        total = 0
        for _ in range(self._most_pages):
            variables = {"digest": digest, "cursor": cursor}
            data = await self._service.query(queries.MORE_CHANGES, variables, journal=self._journal)
            told = table(table(data.get("transactionEffects")).get("balanceChanges"))
            total += summed(told, account, self._stretch.coin)
            following = goes_on(told)
            if not following:
                return total
            if following == cursor:
                raise MalformedAnswer("the pages of balance changes repeat themselves")
            cursor = following
        raise TooLarge("a transaction has too many balance changes")


def _agreed(
    forward: dict[str, int] | ProviderError, backward: dict[str, int] | ProviderError
) -> int | ProviderError:
    """Return the sum of a list that is the same from both ends."""
    for one in (forward, backward):
        if isinstance(one, ProviderError):
            return one
    if forward != backward or isinstance(forward, ProviderError):
        return WrongState(
            "the list of transactions is another one from its end than from its beginning",
            reason=UnresolvedReason.MISSING_ANSWER,
        )
    return sum(forward.values())
