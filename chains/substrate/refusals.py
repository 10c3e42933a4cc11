"""What a Substrate node's own error means. Pure.

Codes: 4003 is "unknown block" of the `chain` and `state` methods, and its text tells a block that
is not there from one whose state was discarded; -32007 to -32011 are sizes and -32999 is the rate
limit of the server (jsonrpsee, sc-rpc-server).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.errors import Incapable, ProviderError, Throttled, TooLarge, UnresolvedReason

if TYPE_CHECKING:
    from chains.transport.json_rpc import RpcError

_NO_METHOD = frozenset({-32601})
_DENIED_WORDS = ("unsafe", "not allowed", "denied", "not implemented")
_TOO_LARGE = frozenset({-32007, -32008, -32009, -32010, -32011})
_THROTTLED = frozenset({429, -32005, -32029, -32999})
_UNKNOWN_BLOCK = 4003
_NO_STATE = ("discarded", "pruned")
_NO_BLOCK = ("not found", "unknownblock", "unknown block")


def classify(error: RpcError) -> ProviderError:
    """Return the exception that stands for a node's error.

    >>> from chains.transport.json_rpc import RpcError
    >>> classify(RpcError(4003, "Client error: UnknownBlock: State already discarded")).reason.value
    'no-state'
    """
    said = f"the node says: {error.message} (code {error.code})"
    words = error.message.lower()
    if any(one in words for one in _NO_STATE):
        return Incapable(said)
    if error.code in _THROTTLED:
        return Throttled(said)
    if error.code in _TOO_LARGE or "too big" in words or "too large" in words:
        return TooLarge(said)
    if error.code in _NO_METHOD or any(one in words for one in _DENIED_WORDS):
        return Incapable(said, reason=UnresolvedReason.NO_METHOD)
    if error.code == _UNKNOWN_BLOCK or any(one in words for one in _NO_BLOCK):
        return Incapable(said, reason=UnresolvedReason.NO_BLOCK)
    return ProviderError(said, reason=UnresolvedReason.CALL_FAILED)
