"""Members of what a server answered as JSON: each is of the type that was documented. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chains.errors import MalformedAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = re.compile(r"-?[0-9]{1,78}")
"""As many digits as 256 bits can have; a million NEAR in its base unit has 31."""


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


def count(value: object) -> int:
    """Return a `number` that is not negative. Raises MalformedAnswer."""
    found = number(value)
    if found < 0:
        raise MalformedAnswer("an answer holds a negative number that cannot be one")
    return found


def text(value: object) -> str:
    """Return `value` if it is a text. Raises MalformedAnswer."""
    if not isinstance(value, str):
        raise MalformedAnswer("an answer lacks a text that belongs there")
    return value
