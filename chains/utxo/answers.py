"""Members of what an explorer answered: each is of the type that was documented, or an error."""

from __future__ import annotations

import re

from chains.answers import number, rows, table, text
from chains.errors import MalformedAnswer

__all__ = ["block_hash", "number", "rows", "table", "text"]

_HASH = re.compile(r"[0-9a-f]{64}")


def block_hash(value: object) -> str:
    """Return a hash in lower-case hex, blanks around it trimmed. Raises MalformedAnswer."""
    found = text(value).strip().lower()
    if not _HASH.fullmatch(found):
        raise MalformedAnswer("an answer lacks a hash that belongs there")
    return found
