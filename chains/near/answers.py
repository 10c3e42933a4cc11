"""What a NEAR node says, member by member; and what its refusals mean. Pure.

Source: the NEAR RPC documentation (block, view_account, call_function, view_access_key; its
structured errors name the block at which an account or a key does not exist).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from chains.answers import count, number, rows, table, text
from chains.errors import (
    Incapable,
    MalformedAnswer,
    ProviderError,
    Throttled,
    UnresolvedReason,
    plain_text,
)
from chains.source import CaughtStale
from chains.transport.json_rpc import is_throttle

if TYPE_CHECKING:
    from chains.transport.json_rpc import RpcError

_NO_STATE = frozenset(
    {"UNKNOWN_BLOCK", "GARBAGE_COLLECTED_BLOCK", "UNAVAILABLE_SHARD", "NO_SYNCED_BLOCKS"}
)
_ABSENT = frozenset({"UNKNOWN_ACCOUNT", "UNKNOWN_ACCESS_KEY", "NO_CONTRACT_CODE"})
_TOLD = {
    ("access key", "does not exist"): "UNKNOWN_ACCESS_KEY",
    ("account", "does not exist while viewing"): "UNKNOWN_ACCOUNT",
    ("CodeDoesNotExist",): "NO_CONTRACT_CODE",
    ("MethodNotFound",): "NO_CONTRACT_CODE",
}
"""Errors that `query` tells as results, by words of their texts (nearcore, rpc)."""
_NANOSECONDS = 1_000_000_000


class AbsentError(ProviderError):
    """The node says that an account, a key or a contract does not exist at `block_hash`."""

    reason = UnresolvedReason.CALL_FAILED

    def __init__(self, message: str, cause: str, block_hash: str) -> None:
        """Keep the name of the cause, and the block that the node names, or nothing."""
        super().__init__(message)
        self.cause = cause
        self.block_hash = block_hash


def classify(error: RpcError) -> ProviderError:
    """Return what a node's own error means."""
    cause = error.cause if isinstance(error.cause, dict) else {}
    name, info = cause.get("name"), cause.get("info")
    said = f"the node says: {error.message} ({name or error.code})"
    if is_throttle(error):
        return Throttled(said)
    if name in _NO_STATE:
        return Incapable(said)
    if name in _ABSENT:
        block = info.get("block_hash") if isinstance(info, dict) else None
        return AbsentError(said, str(name), block if isinstance(block, str) else "")
    return ProviderError(said, reason=UnresolvedReason.CALL_FAILED)


class Header(NamedTuple):
    """A block as the node describes it."""

    height: int
    hash: str
    time: int
    """Seconds since 1970."""
    before: str
    """The hash of the block before it."""
    before_height: int | None
    """Its height; heights between them are empty. None in blocks older than the member."""


def header(value: object) -> Header:
    """Return the header of an answer to `block`. Raises MalformedAnswer."""
    members = table(table(value).get("header"))
    before = members.get("prev_height")
    return Header(
        count(members.get("height")),
        text(members.get("hash")),
        count(members.get("timestamp")) // _NANOSECONDS,
        text(members.get("prev_hash")),
        None if before is None else count(before),
    )


def require_block(value: object, block_hash: str) -> dict[str, object]:
    """Return the members of an answer to `query`. Raises CaughtStale for another block's.

    Raises AbsentError and ProviderError for an error that is told as a result, with its block.
    """
    members = dict(table(value))
    found = text(members.get("block_hash"))
    if found != block_hash:
        raise CaughtStale(f"the node was asked at block {block_hash} and answers at {found}")
    if "error" in members:
        raise _told_as_result(text(members["error"]), found)
    return members


def _told_as_result(error: str, block_hash: str) -> ProviderError:
    """Return what an error means that comes as a result; only its text tells."""
    said = f"the node says: {plain_text(error)}"
    for words, cause in _TOLD.items():
        if all(word in error for word in words):
            return AbsentError(said, cause, block_hash)
    return ProviderError(said, reason=UnresolvedReason.CALL_FAILED)


def amount(value: object) -> int:
    """Return what a text of digits writes; other numbers are refused (MalformedAnswer)."""
    return count(text(value))


def result(members: dict[str, object]) -> object:
    """Return the JSON value that a contract returned, from an answer to `call_function`.

    Raises MalformedAnswer.

    >>> result({"result": [34, 55, 34]})
    '7'
    """
    try:
        written = bytes(number(one) for one in rows(members.get("result")))
        value: object = msgspec.json.decode(written)
    except (ValueError, msgspec.DecodeError, RecursionError):
        raise MalformedAnswer("a contract's result is not JSON") from None
    return value
