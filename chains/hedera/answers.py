"""What a mirror node answers, read strictly. Pure.

Times are texts, seconds and nine places of a second since 1970; amounts are whole tinybars
(docs.hedera.com, "Mirror Node REST API"). Here a time is in nanoseconds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from chains.answers import count, number, rows, table, text
from chains.errors import MalformedAnswer
from chains.hedera.addresses import is_numbered

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIME = re.compile(r"([0-9]{1,11})\.([0-9]{9})")
_HASH = re.compile(r"0x[0-9a-f]{64,96}")
_SECOND = 1_000_000_000


class BlockAnswer(NamedTuple):
    """One record file, which the mirror calls a block."""

    number: int
    hash: str
    begin: int
    end: int


class AccountKey(NamedTuple):
    """The key in an account's record."""

    kind: str
    text: str


class AccountAnswer(NamedTuple):
    """An account as it was at some time."""

    tinybars: int | None
    """None where the mirror has no snapshot that knows the account."""
    at: int
    """When it held that; the moment of its creation where there is no snapshot."""
    created: int | None
    key: AccountKey | None
    is_deleted: bool


class Moved(NamedTuple):
    """What one transaction changed of an account."""

    at: int
    tinybars: int


class Page(NamedTuple):
    """A page of transactions, and where the next one is; empty for the last."""

    moved: Sequence[Moved]
    next: str


def nanoseconds(value: object) -> int:
    """Return a time. Raises MalformedAnswer.

    >>> nanoseconds("1568411631.396440000")
    1568411631396440000
    """
    found = _TIME.fullmatch(text(value))
    if found is None:
        raise MalformedAnswer("an answer lacks a time that belongs there")
    return int(found[1]) * _SECOND + int(found[2])


def written(moment: int) -> str:
    """Return a time as the mirror writes it."""
    return f"{moment // _SECOND}.{moment % _SECOND:09d}"


def block(value: object) -> BlockAnswer:
    """Return a block. Raises MalformedAnswer."""
    members = table(value)
    name = text(members.get("hash"))
    if not _HASH.fullmatch(name):
        raise MalformedAnswer("an answer lacks a block's hash")
    times = table(members.get("timestamp"))
    begin, end = nanoseconds(times.get("from")), nanoseconds(times.get("to"))
    if begin > end:
        raise MalformedAnswer("a block ends before it begins")
    return BlockAnswer(count(members.get("number")), name, begin, end)


def newest(value: object) -> BlockAnswer:
    """Return the one block of a list of one. Raises MalformedAnswer."""
    found = rows(table(value).get("blocks"))
    if len(found) != 1:
        raise MalformedAnswer("not one block was answered where one was asked for")
    return block(found[0])


def account(value: object, asked: str) -> AccountAnswer:
    """Return the account `asked`. Raises MalformedAnswer."""
    members = table(value)
    if text(members.get("account")) != asked:
        raise MalformedAnswer("another account was answered")
    said = members.get("created_timestamp")
    created = None if said is None else nanoseconds(said)
    key, is_deleted = _key(members.get("key")), members.get("deleted") is True
    held = table(members.get("balance") or {})
    if held.get("balance") is None:
        if created is None:
            raise MalformedAnswer("an account has neither a balance nor a beginning")
        return AccountAnswer(None, created, created, key, is_deleted)
    at = nanoseconds(held.get("timestamp"))
    return AccountAnswer(count(held.get("balance")), at, created, key, is_deleted)


def _key(value: object) -> AccountKey | None:
    if value is None:
        return None
    members = table(value)
    return AccountKey(text(members.get("_type")), text(members.get("key")))


def is_absent(value: object) -> bool:
    """Return whether an error is the mirror's own "Not found"."""
    if not isinstance(value, dict):
        return False
    status = value.get("_status")
    messages = status.get("messages") if isinstance(status, dict) else None
    return isinstance(messages, list) and any(
        isinstance(one, dict) and one.get("message") == "Not found" for one in messages
    )


def page(value: object, asked: str) -> Page:
    """Return what a page of transactions changed of the account `asked`. Raises MalformedAnswer."""
    members = table(value)
    moved = []
    for row in rows(members.get("transactions")):
        transaction = table(row)
        own = balance = 0
        for transfer in map(table, rows(transaction.get("transfers"))):
            amount, holder = number(transfer.get("amount")), text(transfer.get("account"))
            if not is_numbered(holder.encode()):
                raise MalformedAnswer("a transfer is of no account")
            balance += amount
            own += amount if holder == asked else 0
        if balance:
            raise MalformedAnswer("the transfers of a transaction do not add up to nothing")
        moved.append(Moved(nanoseconds(transaction.get("consensus_timestamp")), own))
    links = table(members.get("links"))
    if "next" not in links:
        raise MalformedAnswer("a page does not say whether it is the last")
    following = links["next"]
    return Page(moved, "" if following is None else text(following))
