"""Members of what an explorer answered: each is of the type that was documented, or an error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chains.errors import MalformedAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = re.compile(r"-?[0-9]{1,30}")
_HASH = re.compile(r"[0-9a-f]{64}")


def table(value: object) -> Mapping[str, object]:
    """Return `value` if it is a JSON object. Raises MalformedAnswer."""
    if not isinstance(value, dict):
        raise MalformedAnswer("an answer is not an object")
    return value


def rows(value: object) -> list[object]:
    """Return `value` if it is a JSON array. Raises MalformedAnswer."""
    if not isinstance(value, list):
        raise MalformedAnswer("an answer is not a list")
    return value


def number(value: object) -> int:
    """Return an integer, or the one that a text of digits writes. Raises MalformedAnswer.

    >>> number(7), number("-700000000000")
    (7, -700000000000)
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    raise MalformedAnswer("an answer lacks a number that belongs there")


def text(value: object) -> str:
    """Return `value` if it is a text. Raises MalformedAnswer."""
    if not isinstance(value, str):
        raise MalformedAnswer("an answer lacks a text that belongs there")
    return value


def block_hash(value: object) -> str:
    """Return a hash in lower-case hex, blanks around it trimmed. Raises MalformedAnswer."""
    found = text(value).strip().lower()
    if not _HASH.fullmatch(found):
        raise MalformedAnswer("an answer lacks a hash that belongs there")
    return found
