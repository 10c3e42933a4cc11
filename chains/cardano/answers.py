"""What a Kupo index and a Koios server say, member by member. Pure.

Sources: Kupo's API (version 2: ``/checkpoints``, ``/matches``, ``/patterns``) and Koios' API
(version 1: ``/tip``, ``/blocks``). Amounts are lovelace, slots are absolute.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from chains.answers import count, rows, table, text
from chains.cardano.addresses import canonical, is_byron
from chains.errors import AddressError, MalformedAnswer
from chains.source import CaughtStale

if TYPE_CHECKING:
    from collections.abc import Sequence

_HASH = re.compile(r"[0-9a-f]{64}")
_EVERYTHING = "*"
_ALL_SHELLEY = "*/*"


class Point(NamedTuple):
    """A block by its slot and the hash of its header."""

    slot: int
    hash: str


def point(value: object) -> Point:
    """Return the block that is named by slot and hash. Raises MalformedAnswer."""
    members = table(value)
    return Point(count(members.get("slot_no")), _hash(members.get("header_hash")))


def checkpoint(value: object) -> Point | None:
    """Return the block of an answer to ``/checkpoints/{slot}``; None when there is none so early.

    Raises MalformedAnswer.
    """
    return None if value is None else point(value)


def _hash(value: object) -> str:
    found = text(value)
    if not _HASH.fullmatch(found):
        raise MalformedAnswer("an answer lacks a hash that belongs there")
    return found


class Output(NamedTuple):
    """What a transaction paid to an address."""

    reference: tuple[str, int]
    """Transaction and index: no two outputs have the same."""
    coins: int
    created: int
    """Slot."""
    spent: int | None
    """Slot; None while it is unspent."""


def outputs(value: object, account: bytes | None, slot: int | None) -> list[Output]:
    """Return the outputs of an answer to ``/matches/{address}?created_before=...``.

    `account` and `slot` are what was asked for, where it was. Raises MalformedAnswer, and
    CaughtStale for an output that was made after `slot`.
    """
    found = [_output(one, account) for one in rows(value)]
    if slot is not None and any(one.created > slot for one in found):
        raise CaughtStale("the index answers with outputs made after the snapshot")
    if len({one.reference for one in found}) != len(found):
        raise MalformedAnswer("an output occurs twice in an answer")
    return found


def _output(value: object, account: bytes | None) -> Output:
    members = table(value)
    owner = text(members.get("address"))
    if account is not None and _canonical(owner) != account:
        raise MalformedAnswer("outputs of another address were answered")
    if "spent_at" not in members:
        raise MalformedAnswer("an output without word whether it is spent")
    spent = members["spent_at"]
    created = point(members.get("created_at")).slot
    gone = None if spent is None else point(spent).slot
    if gone is not None and gone < created:
        raise MalformedAnswer("an output was spent before it was made")
    return Output(
        (_hash(members.get("transaction_id")), count(members.get("output_index"))),
        count(table(members.get("value")).get("coins")),
        created,
        gone,
    )


def _canonical(owner: str) -> bytes | None:
    try:
        return canonical(owner, {})
    except AddressError:
        return None


def held(found: Sequence[Output], slot: int) -> int:
    """Return the lovelace of the outputs that were unspent after the block of `slot`.

    >>> held([Output(("", 0), 5, 1, None), Output(("", 1), 7, 1, 9), Output(("", 2), 9, 1, 8)], 8)
    12
    """
    return sum(
        one.coins
        for one in found
        if one.created <= slot and (one.spent is None or one.spent > slot)
    )


def patterns(value: object) -> list[str]:
    """Return what an index follows, of an answer to ``/patterns``. Raises MalformedAnswer."""
    return [text(one) for one in rows(value)]


def is_followed(account: bytes, followed: Sequence[str]) -> bool:
    """Return whether the patterns certainly take in an address; others than these may do so too."""
    if _EVERYTHING in followed or (_ALL_SHELLEY in followed and not is_byron(account)):
        return True
    return any(_canonical(one) == account for one in followed)


def tip(value: object) -> int:
    """Return the number of the newest block, of an answer to Koios' ``/tip``."""
    members = _only(value)
    return count(members.get("block_height", members.get("block_no")))


def block(value: object, number: int) -> Point:
    """Return block `number` of an answer to Koios' ``/blocks``. Raises MalformedAnswer."""
    members = _only(value)
    if count(members.get("block_height")) != number:
        raise MalformedAnswer("another block was answered than asked for")
    return Point(count(members.get("abs_slot")), _hash(members.get("hash")))


def _only(value: object) -> dict[str, object]:
    found = rows(value)
    if len(found) != 1:
        raise MalformedAnswer(f"{len(found)} rows were answered where one was asked for")
    return dict(table(found[0]))
