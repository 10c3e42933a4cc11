"""What a java-tron node answers over its HTTP API, read strictly. Pure.

Source: developers.tron.network, "HTTP API". Amounts are JSON numbers, in sun. A member whose value
is 0 may be left out of accounts (protobuf), an object that does not exist is ``{}``, and a node's
refusal is ``{"Error": "..."}``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from chains.answers import count, number, rows, table, text
from chains.errors import (
    AddressError,
    Incapable,
    MalformedAnswer,
    ProviderError,
    TooLarge,
    UnresolvedReason,
    plain_text,
)
from chains.tron.addresses import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

_HASH = re.compile(r"[0-9a-f]{64}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*")
_TRANSFER, _TRIGGER = 1, 31
"""Kinds of contract (transaction) by which TRX and tokens leave an account."""
_OPERATIONS = 32
_CONTRACT = 20
_TOO_LONG = ("out_of_time", "timeout", "out of energy", "out_of_energy")


class Header(NamedTuple):
    """A block. Its hash begins with its number, in 8 bytes."""

    height: int
    hash: str
    time: int
    """Seconds since 1970."""


class Traced(NamedTuple):
    """A balance from the node's history."""

    amount: int
    height: int
    """The block that last changed it, or, if the node knows nothing, the one asked for."""
    hash: str
    is_stated: bool
    """Whether the amount was there: nodes leave out a 0, and partial answers anything."""


class Permission(NamedTuple):
    """A set of keys that can act for an account together."""

    threshold: int
    keys: tuple[tuple[bytes, int], ...]
    """Accounts with their weights."""
    moves_funds: bool


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the node has it now."""

    created: int | None
    """Seconds since 1970; None where the ledger does not say."""
    frozen: int
    delegated: int
    unfreezing: int
    owner: Permission | None
    active: tuple[Permission, ...]
    is_contract: bool

    def staked(self, height: int) -> str:
        """Return one sentence about TRX that is not liquid, or nothing."""
        parts = [
            f"{amount} sun {what}"
            for amount, what in (
                (self.frozen, "staked"),
                (self.delegated, "staked and delegated"),
                (self.unfreezing, "being unstaked"),
            )
            if amount
        ]
        return (
            f"Apart from the amount, as of block {height} and not of the snapshot: "
            f"{', '.join(parts)}."
            if parts
            else ""
        )


def members(value: object) -> Mapping[str, object]:
    """Return the members of an answer. Raises Incapable for the node's own refusal."""
    found = table(value)
    if "Error" in found:
        raise Incapable(
            f"the node says: {plain_text(found['Error'])}", reason=UnresolvedReason.CALL_FAILED
        )
    return found


def header(value: object) -> Header:
    """Return a block. Raises Incapable (`no-block`) when there is none."""
    found = members(value)
    if not found:
        raise Incapable("the node has no such block", reason=UnresolvedReason.NO_BLOCK)
    raw = table(table(found.get("block_header")).get("raw_data"))
    # The first block's number is 0, and left out.
    height = count(raw.get("number", 0))
    return Header(
        height, _hash(found.get("blockID"), height), count(raw.get("timestamp", 0)) // 1000
    )


def traced(value: object) -> Traced:
    """Return the answer to `getaccountbalance`."""
    found = members(value)
    named = table(found.get("block_identifier"))
    height = count(named.get("number", 0))
    block_hash = _hash(named.get("hash"), height)
    return Traced(count(found.get("balance", 0)), height, block_hash, "balance" in found)


def touched(value: object, height: int, block_hash: str) -> dict[bytes, int]:
    """Return what a block added to balances, by account, in sun, from `getblockbalance`."""
    found = members(value)
    if not found:
        return {}  # nothing was recorded
    named = table(found.get("block_identifier"))
    if count(named.get("number", 0)) != height or named.get("hash") != block_hash:
        raise MalformedAnswer("the changes of another block were answered")
    added: dict[bytes, int] = {}
    for trace in map(table, rows(found.get("transaction_balance_trace", []))):
        for operation in map(table, rows(trace.get("operation", []))):
            one = address(operation.get("address"))
            added[one] = added.get(one, 0) + number(operation.get("amount", 0))
    return added


def account(value: object, asked: bytes) -> Account | None:
    """Return the answer to `getaccount`; None when there is no such account."""
    found = members(value)
    if not found:
        return None
    if address(found.get("address")) != asked:
        raise MalformedAnswer("another account was answered than the one asked for")
    resource = table(found.get("account_resource", {}))
    created = found.get("create_time")
    frozen_energy = table(resource.get("frozen_balance_for_energy", {}))
    owner = found.get("owner_permission")
    return Account(
        created=None if created is None else count(created) // 1000,
        frozen=_sum(found.get("frozen", []), "frozen_balance")
        + count(frozen_energy.get("frozen_balance", 0))
        + _sum(found.get("frozenV2", []), "amount"),
        delegated=sum(
            count(where.get(f"delegated_frozen{version}balance_for_{what}", 0))
            for where, what in ((found, "bandwidth"), (resource, "energy"))
            for version in ("_", "V2_")
        ),
        unfreezing=_sum(found.get("unfrozenV2", []), "unfreeze_amount"),
        owner=None if owner is None else _permission(owner, is_owner=True),
        active=tuple(
            _permission(one, is_owner=False) for one in rows(found.get("active_permission", []))
        ),
        is_contract=found.get("type") == "Contract",
    )


def _sum(value: object, member: str) -> int:
    return sum(count(table(one).get(member, 0)) for one in rows(value))


def _permission(value: object, *, is_owner: bool) -> Permission:
    found = table(value)
    keys = [table(one) for one in rows(found.get("keys"))]
    weights = tuple((address(one.get("address")), count(one.get("weight"))) for one in keys)
    threshold = count(found.get("threshold"))
    if not threshold or len(dict(weights)) != len(weights):
        raise MalformedAnswer("a permission has no threshold, or names a key twice")
    if is_owner:
        return Permission(threshold, weights, moves_funds=True)
    operations = octets(found.get("operations"))
    if len(operations) != _OPERATIONS:
        raise MalformedAnswer("a permission does not say what it permits")
    allowed = int.from_bytes(operations, "little")
    moves = bool(allowed >> _TRANSFER & 1) and bool(allowed >> _TRIGGER & 1)
    return Permission(threshold, weights, moves)


def returned(value: object) -> bytes:
    """Return what a constant call returned.

    Raises TooLarge when it took too long, ProviderError (`call-failed`) when it failed.
    """
    found = members(value)
    status = table(found.get("result"))
    said = status.get("message")
    if status.get("result") is not True or said is not None:
        why = _readable(said) or plain_text(status.get("code", "no result"))
        if any(word in why.lower() for word in _TOO_LONG):
            raise TooLarge(f"the call took too long: {why}")
        raise ProviderError(f"the call failed: {why}", reason=UnresolvedReason.CALL_FAILED)
    outputs = rows(found.get("constant_result"))
    if len(outputs) != 1:
        raise MalformedAnswer("a call returned more or less than one value")
    return octets(outputs[0])


def logs_of_block(value: object, height: int) -> dict[bytes, int]:
    """Return how many events each contract emitted in a block, in the order of the first ones.

    From `gettransactioninfobyblocknum`; contracts have 20 bytes, without the version byte.
    """
    found: dict[bytes, int] = {}
    for info in map(table, rows(value)):
        if count(info.get("blockNumber", 0)) != height:
            raise MalformedAnswer("the transactions of another block were answered")
        for log in map(table, rows(info.get("log", []))):
            contract = octets(log.get("address"))[-_CONTRACT:]
            found[contract] = found.get(contract, 0) + 1
    return found


def address(value: object) -> bytes:
    """Return the 21 bytes of an address that the node wrote in base58. Raises MalformedAnswer."""
    try:
        return canonical(text(value), {})
    except AddressError:
        raise MalformedAnswer("an answer holds an address that is none") from None


def octets(value: object) -> bytes:
    """Return the bytes of a hexadecimal text without 0x. Raises MalformedAnswer."""
    found = text(value)
    if not _HEX.fullmatch(found):
        raise MalformedAnswer("an answer lacks hexadecimal data that belongs there")
    return bytes.fromhex(found)


def _hash(value: object, height: int) -> str:
    found = text(value)
    if not _HASH.fullmatch(found) or int(found[:16], 16) != height:
        raise MalformedAnswer("a block's hash does not begin with its number")
    return found


def _readable(said: object) -> str:
    """Return the node's message, which is text written in hex."""
    if not isinstance(said, str):
        return ""
    if not _HEX.fullmatch(said):
        return plain_text(said)
    return plain_text(bytes.fromhex(said).decode("utf-8", "replace"))
