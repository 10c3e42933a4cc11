"""What an Octez node answers, read strictly. Pure.

Amounts are texts of digits, in mutez; a block's hash is base58check and begins with ``B``
(octez.tezos.com, "Shell RPCs" and the RPCs of the protocol).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from chains.answers import count, table, text
from chains.errors import MalformedAnswer

_MUTEZ = re.compile(r"[0-9]{1,19}")
_BLOCK = re.compile(r"B[1-9A-HJ-NP-Za-km-z]{50}")


class Header(NamedTuple):
    """The header of a block."""

    hash: str
    level: int
    time: int


def header(value: object) -> Header:
    """Return the header of a block. Raises MalformedAnswer."""
    members = table(value)
    name = text(members.get("hash"))
    if not _BLOCK.fullmatch(name):
        raise MalformedAnswer("an answer lacks a block's hash")
    try:
        baked = datetime.fromisoformat(text(members.get("timestamp")))
    except ValueError:
        raise MalformedAnswer("an answer lacks a block's time") from None
    if baked.tzinfo is None:
        raise MalformedAnswer("a block's time has no zone")
    return Header(name, count(members.get("level")), int(baked.timestamp()))


def level(value: object) -> int:
    """Return the level that a state says it is of. Raises MalformedAnswer."""
    return count(table(value).get("level"))


def mutez(value: object) -> int:
    """Return an amount. Raises MalformedAnswer.

    >>> mutez("9007199254740993")
    9007199254740993
    """
    found = text(value)
    if not _MUTEZ.fullmatch(found):
        raise MalformedAnswer("an answer lacks an amount that belongs there")
    return int(found)
