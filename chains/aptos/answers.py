"""What an Aptos node answers, as values: every member is checked, integers are exact. Pure.

Shapes: the OpenAPI specification of the Aptos node API (v1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chains.answers import count, table, text
from chains.aptos.addresses import canonical
from chains.errors import (
    AddressError,
    Incapable,
    MalformedAnswer,
    ProviderError,
    UnresolvedReason,
    WrongState,
)
from chains.source import require_declared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import HoldingForm
    from chains.transport.rest import RestAnswer

OK = 200
STATUSES = (400, 404, 410)
"""With which a node says something that matters, besides 200."""

_ABSENT = frozenset({"account_not_found", "resource_not_found"})
_NOT_YET = frozenset({"version_not_found", "block_not_found"})
_PRUNED = frozenset({"version_pruned", "block_pruned"})
_GONE_STATUS = 410
_SECOND = 1_000_000
"""Microseconds, in which the ledger counts."""


class Ledger(NamedTuple):
    """What a node says of itself."""

    chain_id: int
    version: int
    oldest: int
    """The first version whose transactions it keeps."""


class AptosBlock(NamedTuple):
    """A block of several versions."""

    height: int
    hash: str
    time: int
    """Seconds since 1970."""
    first: int
    last: int


def ledger(value: object) -> Ledger:
    """Return the answer to a GET of the base."""
    answer = table(value)
    return Ledger(
        count(answer.get("chain_id")),
        count(answer.get("ledger_version")),
        count(answer.get("oldest_ledger_version")),
    )


def block(answer: RestAnswer) -> AptosBlock:
    """Return a block. Raises Incapable when it is not there yet or not any more."""
    told = table(require(answer))
    found = AptosBlock(
        count(told.get("block_height")),
        block_hash(told.get("block_hash")),
        count(told.get("block_timestamp")) // _SECOND,
        count(told.get("first_version")),
        count(told.get("last_version")),
    )
    if found.first > found.last:
        raise MalformedAnswer("a block ends before it begins")
    return found


def block_hash(value: object) -> str:
    """Return 32 bytes in lower-case hex behind ``0x``."""
    return f"0x{_bytes(value).hex()}"


def _bytes(value: object) -> bytes:
    try:
        return canonical(text(value), {})
    except AddressError:
        raise MalformedAnswer("an answer lacks 32 bytes in hex that belong there") from None


def balance(answer: RestAnswer) -> int:
    """Return a balance in base units: 0 where the node says that there is no such account."""
    return 0 if is_absent(answer) else count(require(answer))


def is_absent(answer: RestAnswer) -> bool:
    """Return whether the node says that the account or resource is not in that state."""
    return answer.status != OK and _code(answer) in _ABSENT


def resource(answer: RestAnswer, kind: str) -> dict[str, object]:
    """Return the fields of a Move resource of type `kind`."""
    told = table(require(answer))
    if told.get("type") != kind:
        raise WrongState("the node answers with another resource than the one asked for")
    return dict(table(told.get("data")))


def authentication_key(answer: RestAnswer) -> bytes:
    """Return the key of an account record."""
    return _bytes(table(require(answer)).get("authentication_key"))


def require_form(form: HoldingForm, fields: Mapping[str, object]) -> None:
    """Raise RegistryError unless an asset's metadata are what assets.toml says."""
    require_declared(form, count(fields.get("decimals")), text(fields.get("symbol")))


def require(answer: RestAnswer) -> object:
    """Return the value of an answer. Raises Incapable or ProviderError for a refusal."""
    if answer.status == OK:
        return answer.value
    code = _code(answer)
    said = f"the node says: {code or 'nothing'} (HTTP status {answer.status})"
    if answer.status == _GONE_STATUS or code in _PRUNED:
        raise Incapable(f"{said}: the state is pruned")
    if code in _NOT_YET:
        raise Incapable(said, reason=UnresolvedReason.NO_BLOCK)
    if not code:
        raise Incapable(said, reason=UnresolvedReason.NO_METHOD)
    raise ProviderError(said, reason=UnresolvedReason.CALL_FAILED)


def _code(answer: RestAnswer) -> str:
    value = answer.value
    code = value.get("error_code") if isinstance(value, dict) else None
    return code if isinstance(code, str) else ""
