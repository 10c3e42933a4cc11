"""Balances of a token at a slot: the sum over the token accounts that each owner had then.

1. Which accounts: those that the owner has now, the associated one, and those that the owner's
   later transactions mention, because whoever closes an account or hands it over signs for it.
   An owner with too many later transactions to search has no number.
2. Each account's own history gives what it held (`history`), for this owner and this token: an
   account may have been closed and made again, or have belonged to somebody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chains.errors import Incapable, ProviderError, TooLarge
from chains.solana.addresses import canonical, encode
from chains.solana.answers import Transaction, context, held, tokens
from chains.solana.history import FINALIZED
from chains.solana.past import Found, Past
from chains.solana.present import amount_of, mint, present, require_own, require_reached
from chains.solana.token_accounts import associated
from chains.transport.json_rpc import RpcRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chains.solana.answers import Entry
    from chains.solana.calls import Calls
    from chains.solana.history import Extract, Histories
    from chains.source import Harvest


class _Held(NamedTuple):
    """What may belong to one owner."""

    owner: bytes
    accounts: set[str]


class TokenReplay:
    """Reads one token at one slot from one node."""

    def __init__(self, calls: Calls, past: Histories, name: str, most: int) -> None:
        """Search at most `most` later transactions of each owner; `name` is the mint."""
        self._calls = calls
        self._past = past
        self._name = name
        self._mint = canonical(name, {})
        self._most = most

    async def read(self, owners: Sequence[bytes], harvest: Harvest, journal: list[str]) -> None:
        """Put a balance or a failure of each owner into `harvest`. Raises ProviderError."""
        program = (await mint(self._calls, self._name, self._past.slot, journal)).program
        found: dict[str, _Held] = {}
        reached = await self._present(owners, found, harvest, journal)
        for own in found.values():
            own.accounts.add(encode(associated(own.owner, self._mint, program)))
        await self._mentioned(found, reached, harvest)
        await self._sum(found, harvest, journal)

    async def _present(
        self,
        owners: Sequence[bytes],
        found: dict[str, _Held],
        harvest: Harvest,
        journal: list[str],
    ) -> int:
        """Find the accounts that owners have now; return the slot at which they have them."""
        config = {"encoding": "base64", "minContextSlot": self._past.slot, **FINALIZED}
        answers = await self._calls.many(
            [
                RpcRequest("getTokenAccountsByOwner", [encode(one), {"mint": self._name}, config])
                for one in owners
            ],
            journal,
        )
        reached = []
        for owner, answer in zip(owners, answers, strict=True):
            try:
                if isinstance(answer, ProviderError):
                    raise answer
                at, values = context(answer)
                reached.append(require_reached(at, self._past.slot))
                lines = held(values)
                for _, account in lines:
                    require_own(account, self._mint, owner)
            except ProviderError as error:
                harvest.failed[owner] = error
            else:
                found[encode(owner)] = _Held(owner, {name for name, _ in lines})
        return min(reached, default=self._past.slot)

    async def _mentioned(self, found: dict[str, _Held], reached: int, harvest: Harvest) -> None:
        """Add the accounts that later transactions of their owners mention."""
        wanted: dict[str, list[Entry]] = {}
        for name, past in (await self._past.pasts(found, reached)).items():
            error = past if isinstance(past, ProviderError) else self._unsearchable(past)
            if error is not None:
                harvest.failed[found.pop(name).owner] = error
            elif isinstance(past, Past):
                wanted[name] = past.after
        told = await self._past.transactions(one for some in wanted.values() for one in some)
        for name, entries in wanted.items():
            for entry in entries:
                transaction = told[entry]
                if isinstance(transaction, Transaction):
                    found[name].accounts.update(self._lines(transaction, name))
                else:
                    gone = Incapable("the node does not keep a transaction of the owner")
                    harvest.failed[found.pop(name).owner] = transaction or gone
                    break

    def _unsearchable(self, past: Past) -> ProviderError | None:
        if not past.entered and len(past.after) <= self._most:
            return None
        return TooLarge(
            f"the owner has more than {self._most} transactions since: token accounts that it has "
            "closed cannot be ruled out"
        )

    def _lines(self, told: Transaction, owner: str) -> set[str]:
        lines = (*(told.tokens_before or ()), *(told.tokens_after or ()))
        return {line.account for line in lines if (line.mint, line.owner) == (self._name, owner)}

    async def _sum(self, found: dict[str, _Held], harvest: Harvest, journal: list[str]) -> None:
        every = sorted({name for own in found.values() for name in own.accounts})
        now = await present(self._calls, every, self._past.slot, journal)
        pasts = await self._past.pasts(every, now.slot)
        for turn in _turns(found):
            failed = {name: past for name, past in pasts.items() if isinstance(past, ProviderError)}
            amounts = await self._past.amounts(
                {
                    name: past
                    for name, past in pasts.items()
                    if name in turn and not isinstance(past, ProviderError)
                },
                {
                    name: amount_of(now.accounts[name], self._mint, found[owner].owner)
                    for name, owner in turn.items()
                },
                self._extract(turn),
            )
            for name, owner in turn.items():
                _add(harvest, found[owner].owner, failed.get(name) or amounts[name])

    def _extract(self, turn: Mapping[str, str]) -> Extract:
        return lambda told, name: tokens(told, name, self._name, turn[name])


def _turns(found: dict[str, _Held]) -> list[dict[str, str]]:
    """Return account -> owner, in as many tables as accounts have had several owners."""
    turns: list[dict[str, str]] = []
    for owner, own in found.items():
        for name in sorted(own.accounts):
            turn = next((one for one in turns if name not in one), None)
            if turn is None:
                turns.append(turn := {})
            turn[name] = owner
    return turns


def _add(harvest: Harvest, owner: bytes, part: Found | ProviderError) -> None:
    """Add an account's balance to its owner's; one failure fails the sum."""
    if owner in harvest.failed:
        return
    if isinstance(part, ProviderError):
        harvest.amounts.pop(owner, None)
        harvest.failed[owner] = part
        return
    harvest.amounts[owner] = harvest.amounts.get(owner, 0) + part.amount
    if part.note:
        harvest.notes[owner] = part.note
