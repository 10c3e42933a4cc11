"""The past of a balance from an indexer's list of every change, which explains itself. Pure.

Shapes: the public GraphQL schema of the Aptos indexer (`fungible_asset_activities`,
`current_fungible_asset_balances`, `block_metadata_transactions`).

A list that an indexer gives proves nothing, so it must add up: the sum of all changes since the
beginning must be the present balance. Then the sum of those up to a version is the balance at it.
A change of a kind that is not understood, or one that was left out (a coin that became a fungible
asset without a withdrawal, say), breaks the sum, and there is no number.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from chains.answers import count, number, rows, table, text
from chains.aptos.addresses import canonical
from chains.aptos.answers import block_hash
from chains.errors import AddressError, Incapable, MalformedAnswer, UnresolvedReason, WrongState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Activity(NamedTuple):
    """One change of one account."""

    version: int
    event: int
    """Its place in its transaction; the fee has one of its own."""
    account: bytes
    change: int


class Holding(NamedTuple):
    """What an account holds at the indexer's present."""

    amount: int
    version: int
    """Of its last change."""


class IndexedBlock(NamedTuple):
    """A block as the indexer tells of it."""

    hash: str
    time: int
    version: int
    """Its first."""


def activity(value: object) -> Activity:
    """Return one line of the list. Raises MalformedAnswer, also for a kind that is not known."""
    line = table(value)
    account = line.get("owner_address")
    kind = text(line.get("type")).rpartition("::")[2]
    if line.get("is_gas_fee") is True:
        change = count(line.get("storage_refund_amount") or 0) - count(line.get("amount"))
        # Whoever signs need not be the one who pays.
        account = line.get("gas_fee_payer_address") or account
    elif "Deposit" in kind:
        change = count(line.get("amount"))
    elif "Withdraw" in kind:
        change = -count(line.get("amount"))
    elif "Frozen" in kind:
        change = 0  # and no amount is told
    else:
        raise MalformedAnswer(f"a balance changed by {kind}, of which Assay knows nothing")
    return Activity(
        count(line.get("transaction_version")),
        number(line.get("event_index")),
        _account(account),
        change,
    )


def page(value: object, most: int, after: Activity | None) -> list[Activity]:
    """Return a page of up to `most` lines, oldest first, all behind the last one before."""
    found = [activity(line) for line in rows(value)]
    if len(found) > most:
        raise MalformedAnswer("a page is longer than was asked for")
    places = [(one.version, one.event) for one in ([after] if after else []) + found]
    if places != sorted(set(places)):
        raise MalformedAnswer("changes come twice or out of order")
    return found


def holdings(value: object, tip: int) -> dict[bytes, Holding]:
    """Return what accounts hold, none of which changed after `tip`.

    An account with a secondary store raises Incapable: its balance is not all in one place.
    """
    found: dict[bytes, Holding] = {}
    for line in map(table, rows(value)):
        account = _account(line.get("owner_address"))
        if line.get("is_primary") is not True:
            raise Incapable(
                f"0x{account.hex()} has a secondary store", reason=UnresolvedReason.NO_METHOD
            )
        version = count(line.get("last_transaction_version"))
        if version > tip:
            raise WrongState("a balance changed while its past was read")
        before = found.get(account, Holding(0, 0))
        amount = before.amount + count(line.get("amount"))
        found[account] = Holding(amount, max(version, before.version))
    return found


def replayed(changes: Iterable[Activity], account: bytes, now: Holding, version: int) -> int:
    """Return the balance of `account` at `version`. Raises WrongState when it does not add up."""
    own = [one for one in changes if one.account == account]
    total = sum(one.change for one in own)
    if total != now.amount:
        raise WrongState(
            f"the changes add up to {total}, not to the present balance {now.amount}",
            reason=UnresolvedReason.MISSING_ANSWER,
        )
    amount = sum(one.change for one in own if one.version <= version)
    if amount < 0:
        raise WrongState("the balance at the snapshot would be negative")
    return amount


def indexed_block(value: object) -> IndexedBlock:
    """Return the only block of a list."""
    lines = rows(value)
    if len(lines) != 1:
        raise Incapable("the indexer does not have the block", reason=UnresolvedReason.NO_BLOCK)
    line = table(lines[0])
    try:
        moment = datetime.fromisoformat(text(line.get("timestamp")))
    except ValueError:
        raise MalformedAnswer("a block lacks its time") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return IndexedBlock(
        block_hash(line.get("id")), int(moment.timestamp()), count(line.get("version"))
    )


def only(value: object, name: str) -> int:
    """Return the number `name` of the only line of a list."""
    lines: Sequence[object] = rows(value)
    if len(lines) != 1:
        raise MalformedAnswer("a list of one line has another number of lines")
    return count(table(lines[0]).get(name))


def _account(value: object) -> bytes:
    try:
        return canonical(text(value), {})
    except AddressError:
        raise MalformedAnswer("a line names no account") from None
