"""What a node's own error means. Pure. The only place that looks at the words of an error.

Nodes and providers agree on few codes, so both code and text are used. What is not recognised is
an `UnknownRefusal`: it counts against the endpoint, never as a balance.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from chains.errors import (
    CallReverted,
    ChainsError,
    Incapable,
    MalformedAnswer,
    ProviderError,
    Throttled,
    TooLarge,
    TransportFailure,
    UnresolvedReason,
)

if TYPE_CHECKING:
    from chains.transport.json_rpc import RpcError


class UnknownRefusal(ProviderError):  # noqa: N818 (named like its siblings in chains.errors)
    """The node answered with an error that is of none of the known kinds."""


class GasCapped(TooLarge):
    """The node applies the transaction gas cap of EIP-7825 to calls: name a smaller gas limit."""


_THROTTLE_CODES = frozenset({429, -32005, -32029, -32097})
_METHOD_CODES = frozenset({-32601, -32602, -32600, -32604, -32004})
_EXECUTION_CODES = frozenset({-32015})


def _words(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


_NEVER = re.compile(r"(?!)")
_NO_BATCH = _words(r"batch\w*( requests?| calls?)? (are|is) (not (supported|allowed)|disabled)")
_MANY = _words(
    r"batch of more than",
    r"batch more than",
    r"batch\w* ?(size|length|limit).{0,20}exceed",
    r"exceeds? (the )?max(imum)? batch",
    r"max(imum)? (of )?\d+ \w+ (in|per) (\w+ )?batch",
    r"\d is over the query limit",
    r"exceeds (the )?block gas limit",
)
"""Said with codes that others give for throttles or for bad requests."""
_GAS_CAP = _words(r"gas.*\bcap\b", r"\bcap\b.*gas")
_SIZE = _words(
    r"out ?of ?gas",
    r"gas (limit|required|allowance|uint64)",
    r"intrinsic gas",
    r"(too|very) (large|big|long|many bytes|high)",
    r"(size|length|body|payload|response|batch)s? (is |was )?(limit )?(exceed|over)",
    r"exceeds? (the )?(max|limit|allowed|configured)",
    r"(batch|response|payload|body) (size|limit)",
    r"request size",
    r"oversized",
    r"execution (timeout|timed out|aborted)",
    r"(evm|enabled) timeout",
    r"request timed out",
    r"timeout expired",
    r"maximum batch",
    r"insufficient.?gas",
    r"initcode ?size",
)
_THROTTLE = _words(
    r"rate.?limit",
    r"too many requests",
    r"(request|call|compute|throughput|daily|monthly).{0,30}(exceeded|reached|limit)",
    r"capacity",
    r"quota",
    r"throttl",
    r"slow down",
    r"try again (later|in)",
)
_NO_BLOCK = _words(
    r"(header|block)( for hash)? not found",
    r"unknown block",
    r"resource not found",
    r"blockoutofrange",
    r"not (currently )?canonical",
    r"cannot find (the )?(block|header)",
    r"block .{0,80}not (available|exist|known|found)",
)
_NO_STATE = _words(
    r"missing trie node",
    r"prun(ed|ing)",
    r"archive",
    r"histor(y|ical)",
    r"state.{0,40}(not|un) ?(available|found|exist)",
    r"(no|missing) state",
    r"distance to target block",
    r"old data",
    r"block is too old",
)
_METHOD = _words(
    r"method.{0,60}(not|un) ?(found|supported|available|exist|allowed|handled|whitelisted)",
    r"(not|un) ?supported",
    r"too many arguments",
    r"invalid (argument|param)",
    r"cannot unmarshal",
    r"method not enabled",
    r"(override|batch)\w*.{0,40}(not|disabled|disallowed|forbidden)",
)
_REVERT = _words(
    r"revert",
    r"invalid ?(fe)? ?opcode",
    r"opcodenotfound",
    r"notactivated",
    r"stack ?(under|over)flow",
    r"(invalid|bad) ?jump",
    r"(invalid|bad) ?instruction",
    r"stack limit reached",
    r"access ?violation",
    r"static ?call",
    r"inside ?static",
    r"write protection",
    r"return data out of bounds",
    r"outofoffset",
    r"must not begin with 0xef",
)
_HALTED = _words(r"vm (execution|exception)", r"could not be completed due to an exception")
"""What some nodes say of every failed execution; also of one that was too large."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One row of the table: an error with such a code, or with such words, is `make` of it."""

    codes: frozenset[int]
    words: re.Pattern[str]
    make: Callable[[str], ChainsError]


_NONE: frozenset[int] = frozenset()
_KINDS = (
    # In this order: a pruned state may speak of maximal distances, a throttle of limits; Besu and
    # Reth say of batches with -32005 what others say of too many requests.
    _Kind(frozenset({3}), _REVERT, CallReverted),
    _Kind(_NONE, _GAS_CAP, GasCapped),
    _Kind(_NONE, _NO_BATCH, partial(Incapable, reason=UnresolvedReason.NO_METHOD)),
    _Kind(_NONE, _MANY, TooLarge),
    _Kind(_THROTTLE_CODES, _NEVER, Throttled),
    _Kind(_NONE, _NO_BLOCK, partial(Incapable, reason=UnresolvedReason.NO_BLOCK)),
    _Kind(_NONE, _NO_STATE, partial(Incapable, reason=UnresolvedReason.NO_STATE)),
    _Kind(_NONE, _SIZE, TooLarge),
    _Kind(_EXECUTION_CODES, _HALTED, CallReverted),
    _Kind(_NONE, _THROTTLE, Throttled),
    _Kind(_METHOD_CODES, _METHOD, partial(Incapable, reason=UnresolvedReason.NO_METHOD)),
)


def classify(error: RpcError) -> ChainsError:
    """Return the exception that stands for `error`; the caller raises it, or keeps it.

    >>> from chains.transport.json_rpc import RpcError
    >>> type(classify(RpcError(-32000, "missing trie node 12ab"))).__name__
    'Incapable'
    """
    shown = f"the node answers: {error.message or 'an error without words'} (code {error.code})"
    for kind in _KINDS:
        if error.code in kind.codes or kind.words.search(error.message):
            return kind.make(shown)
    return UnknownRefusal(shown)


def is_refusal(error: ChainsError) -> bool:
    """Return whether `error` may mean that a *way of asking* is refused, not what was asked.

    After such an error it is worth finding out which ways the node accepts.
    """
    if isinstance(error, Incapable):
        return error.reason is UnresolvedReason.NO_METHOD
    if isinstance(error, TransportFailure):
        # Not JSON: some gateways refuse batches with a page.
        return error.reason is UnresolvedReason.MALFORMED_ANSWER
    return isinstance(error, CallReverted | MalformedAnswer | UnknownRefusal)
