"""The balance of one script at a height, from what a server says of it today. Pure.

A server of this kind knows the history of a script (transactions with heights) and the outputs
that are unspent now. A coin counts at height H when it was created at or before H and is unspent,
or was spent after H. Transactions that are not in a block yet count as later than any height: the
outputs they spend are missing from the unspent ones already.

What must hold together, or there is no balance:

1. Every unspent output is an output of a transaction of the history, at the same height, with the
   same value, and pays to the script.
2. Every transaction of the history that was fetched pays to the script or spends an output that
   does. One that does neither betrays that another one was left out, and so does one that spends
   such an output of a transaction outside the history.
3. No output is spent twice, or spent and unspent at once, or spent before it was created.
4. An output of a fetched transaction is unspent, or spent by a fetched one, or its spender can be
   one of the transactions at or before H that were not fetched. With the whole history fetched
   there is none of those.

What cannot be seen from one server: a transaction that it leaves out of history and unspent
outputs alike, together with everything that depends on it. Only a second, independent server can
tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chains.errors import UnresolvedReason, WrongState
from chains.utxo.transactions import Outpoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chains.utxo.transactions import Transaction

UNCONFIRMED = 0
"""Height of what is in no block yet."""


class Unspent(NamedTuple):
    """An output that the server says is unspent now."""

    outpoint: Outpoint
    height: int
    """0 when it is in no block yet."""
    value: int


class Account(NamedTuple):
    """All that a server says of one script."""

    script: bytes
    history: Mapping[str, int]
    """Transaction id -> height; 0 when it is in no block yet."""
    unspent: Sequence[Unspent]


def wanted(account: Account, height: int, *, whole_up_to: int) -> set[str]:
    """Return the ids of the transactions to fetch first.

    Those are the ones after `height` and the ones with unspent outputs; all of a history of at
    most `whole_up_to` transactions, so that rule 4 bites.
    """
    if len(account.history) <= whole_up_to:
        return set(account.history)
    later = {txid for txid, at in account.history.items() if is_later(at, height)}
    return later | {coin.outpoint.txid for coin in account.unspent}


def wanted_next(account: Account, known: Mapping[str, Transaction], height: int) -> set[str]:
    """Return the ids to fetch next: what transactions after `height` spend, or may spend, of ours.

    That is from the history; and from outside it, where an input shows the script's own key.
    """
    found: set[str] = set()
    for txid, at in account.history.items():
        if is_later(at, height):
            later = known[txid]
            found.update(one.txid for one in later.spends if one.txid in account.history)
            found.update(one.txid for one in later.unlocked.get(account.script, ()))
    return found - known.keys()


def is_later(at: int, height: int) -> bool:
    """Return whether a transaction at `at` came after the block at `height`."""
    return at > height or at <= UNCONFIRMED


def balance(account: Account, known: Mapping[str, Transaction], height: int) -> int:
    """Return the balance of the script after the block at `height`, in base units.

    `known` holds the fetched transactions; others in it do no harm. Raises WrongState when a rule
    of this module is broken, with MISSING_ANSWER as its reason where something was left out, and
    ValueError when a transaction is missing that `wanted` or `wanted_next` named.
    """
    history = account.history
    fetched = [known[txid] for txid in history if txid in known]
    coins = {
        Outpoint(transaction.txid, index): transaction.outputs[index].value
        for transaction in fetched
        for index in transaction.paid.get(account.script, ())
    }
    spent = _spent(account, fetched, coins, height)
    _require_no_stranger(account, fetched, known)
    unspent = _unspent(account, coins)
    whole = len(fetched) == len(history)
    total = 0
    for outpoint, value in coins.items():
        created, spender = history[outpoint.txid], spent.get(outpoint)
        later = is_later(created, height)
        if outpoint in unspent and spender is not None:
            raise WrongState(f"{_name(outpoint)} is unspent and spent at once")
        if outpoint not in unspent and spender is None:
            if created > UNCONFIRMED and (later or whole):
                raise WrongState(
                    f"{_name(outpoint)} is neither unspent nor spent: the server left out a "
                    "transaction or an unspent output",
                    reason=UnresolvedReason.MISSING_ANSWER,
                )
            continue
        if spender is not None and _order(created) > _order(history[spender]):
            raise WrongState(f"{_name(outpoint)} is spent before it was created")
        if not later and (spender is None or is_later(history[spender], height)):
            total += value
    return total


def _spent(
    account: Account,
    fetched: Sequence[Transaction],
    coins: Mapping[Outpoint, int],
    height: int,
) -> dict[Outpoint, str]:
    """Return which transaction spends which coin; rules 2 and 3."""
    known = {transaction.txid for transaction in fetched}
    spent: dict[Outpoint, str] = {}
    for transaction in fetched:
        touches = account.script in transaction.paid
        for outpoint in transaction.spends:
            if outpoint in coins:
                touches = True
                if spent.setdefault(outpoint, transaction.txid) != transaction.txid:
                    raise WrongState(f"{_name(outpoint)} is spent twice")
            elif outpoint.txid in account.history and outpoint.txid not in known:
                if is_later(account.history[transaction.txid], height):
                    raise ValueError(f"transaction {outpoint.txid} was not fetched")
                touches = True  # for all that is known here: it is before the height anyway
        if not touches:
            raise WrongState(
                f"transaction {transaction.txid} is in the history but does not touch the "
                "address: the server left out a transaction that it spends from",
                reason=UnresolvedReason.MISSING_ANSWER,
            )
    return spent


def _require_no_stranger(
    account: Account, fetched: Sequence[Transaction], known: Mapping[str, Transaction]
) -> None:
    """Check that no output of ours is spent whose transaction is not in the history; rule 2."""
    for transaction in fetched:
        for outpoint in transaction.unlocked.get(account.script, ()):
            source = known.get(outpoint.txid)
            if outpoint.txid in account.history or source is None:
                continue
            if outpoint.vout in source.paid.get(account.script, ()):
                raise WrongState(
                    f"{_name(outpoint)} paid to the address and was spent, but is not in the "
                    "history: the server left it out",
                    reason=UnresolvedReason.MISSING_ANSWER,
                )


def _unspent(account: Account, coins: Mapping[Outpoint, int]) -> set[Outpoint]:
    """Return the unspent outputs; rule 1."""
    unspent: set[Outpoint] = set()
    for coin in account.unspent:
        if coin.outpoint in unspent:
            raise WrongState(f"{_name(coin.outpoint)} is unspent twice")
        unspent.add(coin.outpoint)
        at = account.history.get(coin.outpoint.txid)
        if at is None:
            raise WrongState(
                f"{_name(coin.outpoint)} is unspent but its transaction is not in the history",
                reason=UnresolvedReason.MISSING_ANSWER,
            )
        if at != coin.height:
            raise WrongState(f"{_name(coin.outpoint)} has two heights: {at} and {coin.height}")
        if coins.get(coin.outpoint) != coin.value:
            raise WrongState(f"{_name(coin.outpoint)} does not pay what the server says")
    return unspent


def _order(at: int) -> tuple[bool, int]:
    return at <= UNCONFIRMED, at


def _name(outpoint: Outpoint) -> str:
    return f"output {outpoint.vout} of {outpoint.txid}"
