"""What a Sui GraphQL service answers, as values: every member is checked, integers exact. Pure.

Shapes: the public schema of Sui's GraphQL RPC (`sui-indexer-alt-graphql`).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from chains.answers import count, number, rows, table, text
from chains.encodings import base58_bytes
from chains.errors import (
    AddressError,
    Incapable,
    MalformedAnswer,
    UnresolvedReason,
    WrongState,
)
from chains.sui.addresses import ADDRESS_SIZE, encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SHORT = re.compile(r"0x([0-9a-f]+)")
_FORWARD = ("hasNextPage", "endCursor")
_BACKWARD = ("hasPreviousPage", "startCursor")
_CUT = "an answer is cut off"
_DIGEST = 32
_IDENTIFIER = 4


class Checkpoint(NamedTuple):
    """A checkpoint: its place, its digest in base58, its time in seconds since 1970."""

    height: int
    digest: str
    time: int


class Span(NamedTuple):
    """Checkpoints, both included, for which a service answers."""

    first: int
    last: int


class Changes(NamedTuple):
    """What one transaction did to one account."""

    digest: str
    change: int
    cursor: str
    """Where the list of its changes goes on; empty when it is whole."""


class Page(NamedTuple):
    """Some transactions of one account, and where their list goes on; empty at its end."""

    changes: tuple[Changes, ...]
    cursor: str


def coin_type(name: str) -> str:
    """Return the name of a coin type with every address written out.

    >>> coin_type("0x2::sui::SUI")[-12:]
    '02::sui::SUI'
    """
    return _SHORT.sub(lambda found: f"0x{found[1].rjust(2 * ADDRESS_SIZE, '0')}", name)


def genesis_identifier(value: object) -> str:
    """Return the first four bytes of the genesis checkpoint's digest, in lower-case hex.

    Services say just these, or, since 2026, the whole digest in base58.

    >>> genesis_identifier("4btiuiMPvEENsttpZC7CZ53DruC3MAgfznDbASZ7DR6S")
    '35834a8a'
    """
    found = text(value)
    try:
        digest = base58_bytes(found)
    except AddressError:
        return found
    return digest[:_IDENTIFIER].hex() if len(digest) == _DIGEST else found


def checkpoint(value: object) -> Checkpoint:
    """Return a checkpoint. Raises Incapable when the service does not have it."""
    told = _member(value, "checkpoint")
    try:
        moment = datetime.fromisoformat(text(told.get("timestamp")))
    except ValueError:
        raise MalformedAnswer("a checkpoint lacks its time") from None
    if moment.tzinfo is None:
        raise MalformedAnswer("the time of a checkpoint has no zone")
    return Checkpoint(
        count(told.get("sequenceNumber")), text(told.get("digest")), int(moment.timestamp())
    )


def _member(value: object, name: str) -> Mapping[str, object]:
    found = table(value).get(name)
    if found is None:
        raise Incapable(f"the service has no such {name}", reason=UnresolvedReason.NO_BLOCK)
    return table(found)


def span(value: object, name: str) -> Span | None:
    """Return a range of ``serviceConfig``; None where the service states none."""
    found = table(value).get(name)
    if found is None or table(found).get("first") is None or table(found).get("last") is None:
        return None
    first, last = (
        count(table(table(found)[end]).get("sequenceNumber")) for end in ("first", "last")
    )
    if last < first:
        raise MalformedAnswer("a range of checkpoints ends before it begins")
    return Span(first, last)


def balances(
    data: Mapping[str, object], asked: Sequence[bytes], coin: str, at: Checkpoint
) -> list[int]:
    """Return the balance of each account of `asked` in the state of checkpoint `at`.

    Raises WrongState when the answer is of another checkpoint.
    """
    accounts = _accounts(data, asked, at)
    found = []
    for account in accounts:
        told = account.get("balance")
        if told is None:
            raise Incapable("the service does not say what an account holds")
        if coin_type(text(table(table(told).get("coinType")).get("repr"))) != coin:
            raise WrongState("the service answers with the balance of another coin")
        found.append(count(table(told).get("totalBalance")))
    return found


def staked(data: Mapping[str, object], asked: Sequence[bytes], at: Checkpoint) -> list[int | None]:
    """Return the principal of each account's StakedSui objects; None where there are too many."""
    found: list[int | None] = []
    for account in _accounts(data, asked, at):
        objects = table(account.get("objects"))
        total = 0
        for node in map(table, rows(objects.get("nodes"))):
            principal = table(table(node.get("contents")).get("json")).get("principal")
            total += count(principal["value"] if isinstance(principal, dict) else principal)
        found.append(None if goes_on(objects) else total)
    return found


def _accounts(
    data: Mapping[str, object], asked: Sequence[bytes], at: Checkpoint
) -> list[Mapping[str, object]]:
    told = _member(data, "checkpoint")
    if (count(told.get("sequenceNumber")), told.get("digest")) != (at.height, at.digest):
        raise WrongState("the service answers of another checkpoint than the one asked for")
    found = [table(one) for one in rows(table(told.get("query")).get("multiGetAddresses"))]
    if [account.get("address") for account in found] != [encode(one) for one in asked]:
        raise MalformedAnswer(
            "the service answers about other accounts than those asked for",
            reason=UnresolvedReason.MISSING_ANSWER,
        )
    return found


def page(value: object, account: bytes, coin: str, after: int, until: int) -> Page:
    """Return what transactions of checkpoints behind `after` and up to `until` did."""
    listed = table(value)
    changes = []
    for node in map(table, rows(listed.get("nodes"))):
        effects = table(node.get("effects"))
        at = count(table(effects.get("checkpoint")).get("sequenceNumber"))
        if not after < at <= until:
            raise WrongState(f"a transaction is of checkpoint {at}, which was not asked for")
        told = table(effects.get("balanceChanges"))
        digest = text(node.get("digest"))
        changes.append(Changes(digest, summed(told, account, coin), goes_on(told)))
    if len({one.digest for one in changes}) != len(changes):
        raise MalformedAnswer("a transaction comes twice")
    return Page(tuple(changes), goes_on(listed))


def summed(told: Mapping[str, object], account: bytes, coin: str) -> int:
    """Return what a list of balance changes adds to an account."""
    total = 0
    for change in map(table, rows(told.get("nodes"))):
        owner, amount = change.get("owner"), number(change.get("amount"))
        kind = coin_type(text(table(change.get("coinType")).get("repr")))
        if owner is not None and text(table(owner).get("address")) == encode(account):
            total += amount if kind == coin else 0
    return total


def goes_on(listed: Mapping[str, object]) -> str:
    """Return the cursor behind a page; empty at the end. Raises MalformedAnswer without either.

    A list that is read from its end goes on before its page.
    """
    info = table(listed.get("pageInfo"))
    more, end = _BACKWARD if _BACKWARD[0] in info else _FORWARD
    match info.get(more), info.get(end):
        case False, _:
            return ""
        case True, str() as cursor if cursor:
            return cursor
        case _:
            raise MalformedAnswer(_CUT)
