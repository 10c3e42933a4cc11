"""JSON-RPC 2.0 as bytes: requests are encoded, answers are matched to them by id. Pure.

What must hold of an answer, and is checked here:

1. It is JSON, and numbers in it are exact: a float anywhere in a result is refused, unless the
   caller wants such numbers as decimals.
2. A batch is answered by an array, a single request by an object.
3. Every id that was asked is answered exactly once; no other id occurs. Order does not matter.
   Ids are the integers that were sent: the text "7" is not the number 7.
4. Every answer carries either a result or an error (`null` beside the other counts as absent).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from chains.errors import MalformedAnswer, TransportFailure, UnresolvedReason, plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ENCODER = msgspec.json.Encoder()
_NULL = b"null"
_THROTTLE_CODES = frozenset({429, -429, -32005, -32029, -32097, -32429})
_THROTTLE_WORDS = re.compile(
    r"\brate.?limit|frequency limit|too many requests|throttl|over capacity"
    r"|exceeded its .*capacity",
    re.IGNORECASE,
)


class RpcRequest(NamedTuple):
    """One method call; `params` are what JSON can write."""

    method: str
    params: Sequence[object]
    named: Mapping[str, object] | None = None
    """Sent in place of `params`, for servers that take parameters by name only."""


@dataclass(frozen=True, slots=True)
class RpcError:
    """An error member as the server wrote it, cleaned. `code` is 0 when it was not an integer."""

    code: int
    message: str
    cause: object = None
    """Further structure, as some ledgers document it (NEAR); JSON values, not cleaned."""


def is_throttle(error: RpcError) -> bool:
    """Return whether an error asks for patience, by a code or by words that providers use for that.

    >>> is_throttle(RpcError(-32005, "")), is_throttle(RpcError(-32000, "Too Many Requests"))
    (True, True)
    """
    return error.code in _THROTTLE_CODES or asks_for_patience(error.message)


def asks_for_patience(said: str) -> bool:
    """Return whether a server's words are those that providers use for their limits."""
    return _THROTTLE_WORDS.search(said) is not None


class _Answer(msgspec.Struct):
    """The members of an answer that matter; results stay bytes until they are matched."""

    id: int | str | float | None = None
    result: msgspec.Raw = msgspec.Raw(b"")
    error: msgspec.Raw = msgspec.Raw(b"")


_BATCH = msgspec.json.Decoder(list[_Answer])
_SINGLE = msgspec.json.Decoder(_Answer)
_PLAIN: msgspec.json.Decoder[object] = msgspec.json.Decoder(object)
_DECIMAL: msgspec.json.Decoder[object] = msgspec.json.Decoder(object, float_hook=Decimal)
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def encode(requests: Sequence[RpcRequest], ids: Sequence[int], *, batch: bool) -> bytes:
    """Return the body for `requests`: an array if `batch`, else the only request as an object.

    >>> encode([RpcRequest("eth_chainId", ())], [7], batch=False)
    b'{"jsonrpc":"2.0","id":7,"method":"eth_chainId","params":[]}'
    """
    members = [
        {
            "jsonrpc": "2.0",
            "id": id_,
            "method": request.method,
            "params": request.params if request.named is None else request.named,
        }
        for id_, request in zip(ids, requests, strict=True)
    ]
    if batch:
        return _ENCODER.encode(members)
    (only,) = members
    return _ENCODER.encode(only)


def decode(
    body: bytes, ids: Sequence[int], *, batch: bool, decimals: bool = False
) -> list[object] | RpcError:
    """Return one value for each of `ids`, in their order; each is a result or an `RpcError`.

    An `RpcError` alone means that the server refused the request as a whole. Raises
    TransportFailure when `body` is not JSON, MalformedAnswer when a rule of this module is broken.
    With `decimals`, numbers with a point are handed over as exact Decimals.
    """
    if batch and body.lstrip()[:1] != b"[":
        return _whole_refusal(body)
    try:
        answers = _BATCH.decode(body) if batch else [_SINGLE.decode(body)]
    except msgspec.ValidationError as error:
        raise MalformedAnswer(f"the answer is not JSON-RPC: {error}") from error
    except _NOT_JSON as error:
        raise _not_json(body) from error
    if not batch and answers[0].id is None and _present(answers[0].error):
        return _error(answers[0].error)
    return _matched(answers, ids, _DECIMAL if decimals else _PLAIN)


def routed(line: bytes) -> list[tuple[int | None, object]]:
    """Return id and value of each answer in one line of a stream; a value is as in `decode`.

    For streams whose reader knows what is under way. An `RpcError` without an id refuses what it
    does not name; what has neither id nor error is a notification and is left out. Raises
    TransportFailure and MalformedAnswer as `decode` does; ids other than integers are refused.
    """
    batch = line.lstrip()[:1] == b"["
    try:
        answers = _BATCH.decode(line) if batch else [_SINGLE.decode(line)]
    except msgspec.ValidationError as error:
        raise MalformedAnswer(f"the answer is not JSON-RPC: {error}") from error
    except _NOT_JSON as error:
        raise _not_json(line) from error
    found: list[tuple[int | None, object]] = []
    for answer in answers:
        id_ = answer.id
        if id_ is None:
            if _present(answer.error):
                found.append((None, _error(answer.error)))
            continue
        if not isinstance(id_, int) or isinstance(id_, bool):
            raise MalformedAnswer(f"an answer carries the id {id_!r}, which was not asked")
        found.append((id_, _value(answer, _PLAIN)))
    return found


def _whole_refusal(body: bytes) -> RpcError:
    """Return the error object that a server sent in place of a batch's array."""
    try:
        answer = _SINGLE.decode(body)
    except msgspec.ValidationError as error:
        raise MalformedAnswer(f"the answer is not JSON-RPC: {error}") from error
    except _NOT_JSON as error:
        raise _not_json(body) from error
    if not _present(answer.error):
        raise MalformedAnswer("one object answers a batch of requests")
    return _error(answer.error)


def _matched(
    answers: Sequence[_Answer], ids: Sequence[int], decoder: msgspec.json.Decoder[object]
) -> list[object]:
    """Return the values in the order of `ids`; rule 3."""
    found: dict[int, object] = {}
    expected = frozenset(ids)
    for answer in answers:
        id_ = answer.id
        if not isinstance(id_, int) or isinstance(id_, bool) or id_ not in expected:
            raise MalformedAnswer(f"an answer carries the id {id_!r}, which was not asked")
        if id_ in found:
            raise MalformedAnswer(f"the id {id_} is answered twice")
        found[id_] = _value(answer, decoder)
    if len(found) != len(expected):
        missing = len(expected) - len(found)
        raise MalformedAnswer(
            f"{missing} of {len(expected)} requests are not answered",
            reason=UnresolvedReason.MISSING_ANSWER,
        )
    return [found[id_] for id_ in ids]


def _value(answer: _Answer, decoder: msgspec.json.Decoder[object]) -> object:
    """Return the result or the error of one answer; rules 1 and 4."""
    if _present(answer.error):
        if _present(answer.result):
            raise MalformedAnswer("an answer carries both a result and an error")
        return _error(answer.error)
    raw = bytes(answer.result)
    if not raw:
        raise MalformedAnswer(
            "an answer carries neither a result nor an error",
            reason=UnresolvedReason.MISSING_ANSWER,
        )
    try:
        value: object = decoder.decode(raw)
    except _NOT_JSON as error:
        raise MalformedAnswer("a result is not valid JSON") from error
    if not isinstance(value, str):
        _refuse_floats(value)
    return value


def _present(raw: msgspec.Raw) -> bool:
    return bytes(raw) not in {b"", _NULL}


def _refuse_floats(value: object) -> None:
    """Raise MalformedAnswer if a float occurs in `value` at any depth."""
    pending = [value]
    while pending:
        match pending.pop():
            case float():
                raise MalformedAnswer("a result holds a number that is not an integer")
            case list() as members:
                pending.extend(members)
            case dict() as members:
                pending.extend(members.values())
            case _:
                continue


def _error(raw: msgspec.Raw) -> RpcError:
    """Return the error member; servers write all kinds of things here, none of them fatal."""
    try:
        value: Any = msgspec.json.decode(bytes(raw))
    except _NOT_JSON as error:
        raise MalformedAnswer("an error member is not valid JSON") from error
    if not isinstance(value, dict):
        return RpcError(0, plain_text(value))
    code, message = value.get("code"), value.get("message", "")
    # anvil, geth and others put the reason of a refusal into `data` now and then.
    extra = value.get("data")
    text = (
        f"{message} ({extra})" if isinstance(extra, str) and not extra.startswith("0x") else message
    )
    return RpcError(code if isinstance(code, int) else 0, plain_text(text), value.get("cause"))


def _not_json(body: bytes) -> TransportFailure:
    start = body[:60].decode("utf-8", "replace")
    return TransportFailure(
        f"the answer is not JSON; it starts with {start!r}" if body else "the answer is empty",
        reason=UnresolvedReason.MALFORMED_ANSWER,
    )
