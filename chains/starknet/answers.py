"""What a Starknet node says, member by member; and what its refusals mean. Pure.

Source: the Starknet JSON-RPC specification (starknet-specs), version 0.9 and later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chains.answers import count, rows, table, text
from chains.errors import (
    CallReverted,
    ChainsError,
    Incapable,
    MalformedAnswer,
    ProviderError,
    Throttled,
    UnresolvedReason,
)
from chains.starknet.addresses import felt
from chains.starknet.curve import P
from chains.transport.json_rpc import is_throttle

if TYPE_CHECKING:
    from chains.transport.json_rpc import RpcError

_WORD = 1 << 128
_WORDS = 2


class NoContractError(CallReverted):
    """There is no contract at the address, at the block that was asked."""


def classify(error: RpcError) -> ChainsError:
    """Return what a node's own error means; codes of the specification's list of errors."""
    said = f"the node says: {error.message} (code {error.code})"
    if is_throttle(error):
        return Throttled(said)
    match error.code:
        case 20:
            return NoContractError(said)
        case 21 | 40:  # no such function, or it failed
            return CallReverted(said)
        case 24:  # no such block
            return Incapable(said)
        case -32601 | -32602:  # no such method, or no such block tag
            return Incapable(said, reason=UnresolvedReason.NO_METHOD)
        case _:
            return ProviderError(said, reason=UnresolvedReason.CALL_FAILED)


class Header(NamedTuple):
    """A block as the node describes it."""

    height: int
    hash: str
    time: int
    on_l1: bool
    """Whether its state was proven and accepted on Ethereum."""


def number(value: object) -> int:
    """Return a field element. Raises MalformedAnswer.

    >>> number("0x0a")
    10
    """
    found = felt(text(value)) if isinstance(value, str) and value[:2] == "0x" else None
    if found is None or found >= P:
        raise MalformedAnswer("an answer lacks a field element that belongs there")
    return found


def hexadecimal(value: object) -> str:
    """Return a field element as nodes should write it: 0x, lower case, without leading zeros."""
    return f"{number(value):#x}"


def header(value: object) -> Header:
    """Return the header of an answer to `starknet_getBlockWithTxHashes`."""
    members = table(value)
    status = text(members.get("status"))
    if status not in {"ACCEPTED_ON_L1", "ACCEPTED_ON_L2"}:
        raise Incapable(f"the block is {status}", reason=UnresolvedReason.NO_BLOCK)
    return Header(
        count(members.get("block_number")),
        hexadecimal(members.get("block_hash")),
        count(members.get("timestamp")),
        status == "ACCEPTED_ON_L1",
    )


def felts(value: object) -> list[int]:
    """Return what a call returned."""
    return [number(one) for one in rows(value)]


def amount(value: object) -> int:
    """Return the u256 that a call returned: the low 128 bits, then the high ones.

    >>> amount(["0x1", "0x1"]) == 2**128 + 1
    True
    """
    words = felts(value)
    if len(words) != _WORDS or max(words) >= _WORD:
        raise MalformedAnswer("a balance is not two numbers of 128 bits")
    return words[0] + _WORD * words[1]


def symbol(value: object) -> str:
    """Return the text that `symbol` returned: a short string, or a ByteArray (Cairo 1).

    >>> symbol(["0x455448"]), symbol(["0x0", "0x5354524b", "0x4"])
    ('ETH', 'STRK')
    """
    words = felts(value)
    match words:
        case [word]:
            return word.to_bytes(32, "big").lstrip(b"\0").decode("utf-8", "replace")
        case [0, word, size] if size < 32:  # noqa: PLR2004 (a ByteArray's last word)
            return word.to_bytes(32, "big")[32 - size :].decode("utf-8", "replace")
        case _:
            raise MalformedAnswer("a symbol is neither a short string nor a short ByteArray")
