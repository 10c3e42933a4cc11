"""What a Horizon server answers, read strictly. Pure.

Amounts are texts with seven places after the point; one lumen has 10,000,000 stroops. Errors are
RFC 7807 problems, whose ``type`` ends in ``not_found`` or ``before_history``
(developers.stellar.org, "Horizon API reference"). A transaction's ``fee_meta_xdr`` is the XDR of
LedgerEntryChanges (Stellar-ledger.x, Stellar-ledger-entries.x): first the entry of the account that
paid, as it was before the ledger that charged it.
"""

from __future__ import annotations

import re
from base64 import b64decode
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from chains.answers import count, rows, table, text
from chains.errors import AddressError, MalformedAnswer
from chains.stellar.addresses import ACCOUNT, canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LUMENS = re.compile(r"([0-9]{1,12})\.([0-9]{7})")
_HASH = re.compile(r"[0-9a-f]{64}")
_STATE, _ACCOUNT_ENTRY, _ED25519 = 3, 0, 0
"""LEDGER_ENTRY_STATE, LedgerEntryType ACCOUNT, PUBLIC_KEY_TYPE_ED25519."""
_PREFIX = 4 + 4 + 4 + 4 + 4 + 32 + 8


class Root(NamedTuple):
    """What the server says of itself."""

    passphrase: str
    oldest: int
    """The first ledger of its history."""
    newest: int


class Ledger(NamedTuple):
    """The header of a ledger."""

    hash: str
    time: int


class Account(NamedTuple):
    """An account as the newest ledger has it."""

    stroops: int
    changed_at: int
    """Sequence of the ledger in which its entry last changed."""


class Charged(NamedTuple):
    """The account that paid a transaction's fee, before it did."""

    account: bytes
    stroops: int
    changed_at: int


def root(value: object) -> Root:
    """Return what ``/`` says. Raises MalformedAnswer."""
    members = table(value)
    return Root(
        text(members.get("network_passphrase")),
        count(members.get("history_elder_ledger")),
        count(members.get("history_latest_ledger")),
    )


def ledger(value: object, sequence: int) -> Ledger:
    """Return the header of ledger `sequence`. Raises MalformedAnswer."""
    members = table(value)
    if count(members.get("sequence")) != sequence:
        raise MalformedAnswer("another ledger was answered")
    name = text(members.get("hash"))
    if not _HASH.fullmatch(name):
        raise MalformedAnswer("an answer lacks a ledger's hash")
    try:
        closed = datetime.fromisoformat(text(members.get("closed_at")))
    except ValueError:
        raise MalformedAnswer("an answer lacks a ledger's time") from None
    if closed.tzinfo is None:
        raise MalformedAnswer("a ledger's time has no zone")
    return Ledger(name, int(closed.timestamp()))


def stroops(value: object) -> int:
    """Return an amount in stroops. Raises MalformedAnswer.

    >>> stroops("12.0000001")
    120000001
    """
    found = _LUMENS.fullmatch(text(value))
    if found is None:
        raise MalformedAnswer("an answer lacks an amount with seven places")
    return int(found[1]) * 10_000_000 + int(found[2])


def account(value: object, asked: bytes) -> Account:
    """Return the lumens of the account `asked`. Raises MalformedAnswer."""
    members = table(value)
    if _address(members.get("account_id")) != asked:
        raise MalformedAnswer("another account was answered")
    lines = [table(line) for line in rows(members.get("balances"))]
    native = [line for line in lines if line.get("asset_type") == "native"]
    if len(native) != 1:
        raise MalformedAnswer("an account has not exactly one balance of lumens")
    return Account(stroops(native[0].get("balance")), count(members.get("last_modified_ledger")))


def records(value: object) -> Sequence[Mapping[str, object]]:
    """Return the records of a page. Raises MalformedAnswer."""
    embedded = table(table(value).get("_embedded"))
    return [table(record) for record in rows(embedded.get("records"))]


def charged(record: Mapping[str, object], after: int) -> Charged | None:
    """Return the account that paid for a transaction of a ledger later than `after`.

    None where its meta does not begin with such an account. Raises MalformedAnswer.
    """
    at = count(record.get("ledger"))
    if at <= after:
        raise MalformedAnswer("a transaction is of an earlier ledger than was asked for")
    try:
        meta = b64decode(text(record.get("fee_meta_xdr")), validate=True)
    except ValueError:
        raise MalformedAnswer("a transaction's fee meta is not base64") from None
    if len(meta) < _PREFIX:
        raise MalformedAnswer("a transaction's fee meta is too short")
    changes, kind, changed_at, entry, key_type = (
        int.from_bytes(meta[at : at + 4], "big") for at in range(0, 20, 4)
    )
    if not changes or (kind, entry, key_type) != (_STATE, _ACCOUNT_ENTRY, _ED25519):
        return None
    balance = int.from_bytes(meta[52:60], "big", signed=True)
    if balance < 0 or changed_at > at:
        raise MalformedAnswer("a transaction's fee meta holds what cannot be")
    return Charged(bytes([ACCOUNT]) + meta[20:52], balance, changed_at)


def is_creation(record: Mapping[str, object], asked: bytes) -> bool:
    """Return whether an operation creates the account `asked`. Raises MalformedAnswer."""
    if text(record.get("type")) != "create_account":
        return False
    return record.get("transaction_successful") is True and _address(record.get("account")) == asked


def is_absent(value: object) -> bool:
    """Return whether a problem says that there is no such thing."""
    return _problem(value).endswith("/not_found")


def _problem(value: object) -> str:
    said = value.get("type") if isinstance(value, dict) else None
    return said if isinstance(said, str) else ""


def _address(value: object) -> bytes:
    try:
        return canonical(text(value), {})
    except AddressError:
        raise MalformedAnswer("an answer lacks an account's address") from None
