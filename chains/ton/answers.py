"""What the HTTP API of TON answers, version 2 (TON Center and its like). Pure.

Every answer is ``{"ok": true, "result": ...}`` or ``{"ok": false, "error": ..., "code": ...}``; the
error is a lite-server's text. Source: the API's own documentation (toncenter.com/api/v2) and
tonlib's scheme (tonlib_api.tl).
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, NamedTuple

from chains.answers import count, number, table, text
from chains.errors import (
    Incapable,
    MalformedAnswer,
    ProviderError,
    Throttled,
    TransportFailure,
    UnresolvedReason,
)
from chains.ton.cells import Cell, root

if TYPE_CHECKING:
    from collections.abc import Mapping

HASH_SIZE = 32
MASTERCHAIN, MASTERCHAIN_SHARD = -1, "-9223372036854775808"
_MOST_DECIMALS = 255

_NO_STATE = ("not in db", "cannot find block", "block not found", "not found", "archive", "too old")
_NO_METHOD = "method not found"
_TOO_MANY = 429
_THROTTLE = ("rate limit", "ratelimit", "too many requests")
_WEAK = ("timeout", "timed out", "not synced", "not ready", "adnl", "no alive", "not applied")


class BlockId(NamedTuple):
    """A block of the masterchain."""

    seqno: int
    root_hash: str
    """Lower-case hex."""


class AccountState(NamedTuple):
    """An account at a block."""

    block: BlockId
    amount: int
    """Nanotons; 0 for an account that was never paid."""
    state: str
    """active, uninitialized or frozen."""
    data: str
    """A bag of cells in base64; empty where there is none."""


class Token(NamedTuple):
    """What the master contract of a jetton says."""

    decimals: int | None
    symbol: str | None
    wallet_code: Cell


def require_no_throttle(value: object) -> None:
    """Raise Throttled or TransportFailure for an answer after which it pays to ask again."""
    if isinstance(value, dict) and value.get("ok") is False:
        # TON Center tells of its own limit in the result.
        said = str(value.get("error") or value.get("result") or "").lower()
        if value.get("code") == _TOO_MANY or any(one in said for one in _THROTTLE):
            raise Throttled(f"the server says: {said}")
        if any(one in said for one in _WEAK) and not any(one in said for one in _NO_STATE):
            raise TransportFailure(f"the server says: {said}")


def result(value: object) -> object:
    """Return the result in an answer. Raises ProviderError for the server's own error."""
    answer = table(value)
    if answer.get("ok") is True and "result" in answer:
        return answer["result"]
    if answer.get("ok") is not False:
        raise MalformedAnswer("an answer holds neither a result nor an error")
    said = f"the server says: {answer.get('error')} (code {answer.get('code')})"
    if _NO_METHOD in said.lower():
        raise Incapable(said, reason=UnresolvedReason.NO_METHOD)
    if any(one in said.lower() for one in _NO_STATE):
        raise Incapable(said)
    raise ProviderError(said, reason=UnresolvedReason.CALL_FAILED)


def block_id(value: object) -> BlockId:
    """Return a masterchain block's number and hash. Raises MalformedAnswer."""
    found = table(value)
    if number(found.get("workchain")) != MASTERCHAIN:
        raise MalformedAnswer("an answer names a block of another chain than the masterchain")
    return BlockId(count(found.get("seqno")), _hash(found.get("root_hash")))


def masterchain(value: object) -> tuple[BlockId, str]:
    """Return the last block, and the root hash of the first state of all."""
    found = table(value)
    return block_id(found.get("last")), _hash(table(found.get("init")).get("root_hash"))


def account_state(value: object) -> AccountState:
    """Return the state of an account. Raises MalformedAnswer."""
    found = table(value)
    state, amount = text(found.get("state")), number(found.get("balance"))
    if state not in {"active", "uninitialized", "frozen"}:
        raise MalformedAnswer("an account is in an unknown state")
    if amount == -1 and state == "uninitialized":
        amount = 0  # tonlib's own word for an account that is not there
    if amount < 0:
        raise MalformedAnswer("a balance is negative")
    data = text(found.get("data"))
    return AccountState(block_id(found.get("block_id")), amount, state, data)


def block_time(value: object, block: BlockId) -> int:
    """Return when `block` was made, in seconds since 1970. Raises MalformedAnswer."""
    found = table(value)
    if block_id(found.get("id")) != block:
        raise MalformedAnswer("the server describes another block than the one asked for")
    return count(found.get("gen_utime"))


def token(value: object) -> Token | None:
    """Return what a jetton's master says, or None when the contract is something else."""
    found = table(value)
    if found.get("contract_type") != "jetton_master":
        return None
    content = table(found.get("jetton_content"))
    said: Mapping[str, object] = (
        table(content.get("data")) if content.get("type") == "onchain" else {}
    )
    decimals = said.get("decimals")
    if decimals is not None and count(decimals) > _MOST_DECIMALS:
        raise MalformedAnswer("a jetton has too many decimals")
    symbol = said.get("symbol")
    return Token(
        None if decimals is None else count(decimals),
        None if symbol is None else text(symbol),
        cell(found.get("jetton_wallet_code")),
    )


def stack_cell(value: object) -> Cell:
    """Return the only cell that a get-method gave back. Raises ProviderError."""
    found = table(value)
    if number(found.get("exit_code")) not in {0, 1}:
        raise ProviderError("the get-method failed", reason=UnresolvedReason.CALL_FAILED)
    match found.get("stack"):
        case [["cell" | "slice", dict(entry)]]:
            return cell(entry.get("bytes"))
        case _:
            raise MalformedAnswer("the get-method did not give back one cell")


def cell(value: object) -> Cell:
    """Return the tree of cells in a bag in base64. Raises MalformedAnswer."""
    return root(_base64(value))


def base64_text(data: bytes) -> str:
    """Return bytes as the API takes them."""
    return binascii.b2a_base64(data, newline=False).decode()


def _hash(value: object) -> str:
    found = _base64(value)
    if len(found) != HASH_SIZE:
        raise MalformedAnswer("an answer lacks a hash that belongs there")
    return found.hex()


def _base64(value: object) -> bytes:
    written = text(value).translate(str.maketrans("-_", "+/"))
    try:
        return binascii.a2b_base64(written.encode("ascii"), strict_mode=True)
    except ValueError:
        raise MalformedAnswer("an answer holds text that is not base64") from None
