"""What a Filecoin node says, member by member; and what its refusals mean. Pure.

Source: docs.filecoin.io, "JSON-RPC reference" (Chain, State); Forest answers null where Lotus
answers with the error "actor not found".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chains.answers import count, rows, table, text
from chains.errors import (
    Incapable,
    MalformedAnswer,
    ProviderError,
    Throttled,
    UnresolvedReason,
)
from chains.transport.json_rpc import is_throttle

if TYPE_CHECKING:
    from chains.transport.json_rpc import RpcError

_NO_METHOD = -32601
_LOST = ("lookback", "could not find", "not found in", "loading tipset", "load state", "no such")
"""In the texts of nodes that do not have the state any more: they have no codes of their own."""


class NoActorError(ProviderError):
    """The node says that the state has no actor of this address."""

    reason = UnresolvedReason.CALL_FAILED


def classify(error: RpcError) -> ProviderError:
    """Return what a node's own error means."""
    said = f"the node says: {error.message} (code {error.code})"
    lower = error.message.lower()
    if "actor not found" in lower:
        return NoActorError(said)
    if error.code == _NO_METHOD:
        return Incapable(said, reason=UnresolvedReason.NO_METHOD)
    if is_throttle(error):
        return Throttled(said)
    if any(part in lower for part in _LOST):
        return Incapable(said)
    return ProviderError(said, reason=UnresolvedReason.CALL_FAILED)


class Tipset(NamedTuple):
    """The blocks of one epoch."""

    height: int
    key: tuple[str, ...]
    """The CIDs of its blocks."""
    parents: tuple[str, ...]
    """The key of the tipset before it."""
    time: int
    """Seconds since 1970."""

    @property
    def name(self) -> str:
        """Return its key as one text."""
        return ",".join(self.key)


def cids(value: object) -> tuple[str, ...]:
    """Return a list of CIDs, which is not empty. Raises MalformedAnswer.

    >>> cids([{"/": "bafy2"}])
    ('bafy2',)
    """
    found = tuple(text(table(one).get("/")) for one in rows(value))
    if not all(found) or not found:
        raise MalformedAnswer("an answer lacks the key of a tipset")
    return found


def tipset(value: object) -> Tipset:
    """Return the tipset that an answer describes. Raises MalformedAnswer."""
    members = table(value)
    key, blocks = cids(members.get("Cids")), [table(one) for one in rows(members.get("Blocks"))]
    height = count(members.get("Height"))
    if len(key) != len(blocks) or any(count(one.get("Height")) != height for one in blocks):
        raise MalformedAnswer("a tipset and its blocks do not fit together")
    first = blocks[0]
    parents = cids(first.get("Parents")) if height else ()
    return Tipset(height, key, parents, count(first.get("Timestamp")))


def balance(value: object) -> int | None:
    """Return the attoFIL of an actor; None where there is no such actor. Raises MalformedAnswer."""
    if value is None:
        return None
    return count(text(table(value).get("Balance")))
