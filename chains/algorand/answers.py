"""What an Algorand indexer says, member by member, and what transactions move. Pure.

Source: the indexer's REST API, version 2 (dev.algorand.co). Amounts are microAlgos, or base units
of an asset. An account's `amount` contains its pending participation rewards, so the rewards that
transactions pay out do not change it; it moves with rewards only while their level does.
"""

from __future__ import annotations

from base64 import b32encode, b64decode
from typing import TYPE_CHECKING, NamedTuple

from chains.algorand.addresses import canonical
from chains.answers import count, rows, table, text
from chains.errors import AddressError, MalformedAnswer, ProviderError, UnresolvedReason

if TYPE_CHECKING:
    from collections.abc import Mapping

_SILENT = frozenset({"afrz", "keyreg", "appl", "stpf", "hb"})
"""Kinds that cost a fee and move nothing themselves; an application's payments are inner ones."""
_DEEPEST = 16
_HASH_SIZE = 32


class Header(NamedTuple):
    """A block's header."""

    height: int
    genesis: str
    """The hash of the network's first block, base64."""
    before: str
    """The hash of the block before it, base32 as blocks are named."""
    time: int
    level: int
    """How much every unit of money has earned in participation rewards so far."""


def header(value: object) -> Header:
    """Return the header of an answer to ``/v2/blocks/...``. Raises MalformedAnswer."""
    members = table(value)
    return Header(
        count(members.get("round")),
        text(members.get("genesis-hash")),
        _name(members.get("previous-block-hash")),
        count(members.get("timestamp")),
        count(table(members.get("rewards")).get("rewards-level")),
    )


def _name(value: object) -> str:
    try:
        raw = b64decode(text(value), validate=True)
    except ValueError:
        raw = b""
    if len(raw) != _HASH_SIZE:
        raise MalformedAnswer("an answer lacks a hash that belongs there")
    return b32encode(raw).decode().rstrip("=")


def health(value: object) -> int:
    """Return the newest round of an answer to ``/health``."""
    return count(table(value).get("round"))


class Account(NamedTuple):
    """What an account holds at a round."""

    amount: int
    round: int
    may_propose: bool
    """Whether it takes part in the consensus, or has done so."""
    proposed: int
    """The last round whose block it proposed; 0 if none."""


def account(value: object, address: str) -> Account:
    """Return the account of an answer to ``/v2/accounts/...``. Raises MalformedAnswer."""
    members = table(value)
    inner, at = table(members.get("account")), count(members.get("current-round"))
    if inner.get("address") != address or count(inner.get("round")) != at:
        raise MalformedAnswer("an answer is of another account or round than it says")
    return Account(
        count(inner.get("amount")),
        at,
        text(inner.get("status")) == "Online",
        count(inner.get("last-proposed", 0)),
    )


class Authority(NamedTuple):
    """Whom an account obeys at a round."""

    round: int
    auth: bytes | None
    """The address that it was rekeyed to, if it was."""
    created: int
    closed: int
    """Rounds in which it first was there and was last closed; 0 where that is not told."""


def authority(value: object, address: str) -> Authority:
    """Return the same answer's word on who signs. Raises MalformedAnswer."""
    at = account(value, address).round
    inner = table(table(value).get("account"))
    auth = inner.get("auth-addr")
    try:
        rekeyed = None if auth is None else canonical(text(auth), {})
    except AddressError:
        raise MalformedAnswer("an answer holds an address that is none") from None
    created, closed = (count(inner.get(f"{name}-at-round", 0)) for name in ("created", "closed"))
    return Authority(at, rekeyed, created, closed)


def is_rekeying(transaction: Mapping[str, object], address: str) -> bool:
    """Return whether a transaction, or an inner one, gave `address` another key."""
    inner = [table(one) for one in rows(transaction.get("inner-txns", []))]
    is_own = transaction.get("sender") == address and transaction.get("rekey-to") is not None
    return is_own or any(is_rekeying(one, address) for one in inner)


def holding(value: object, asset: int) -> Account:
    """Return the holding of an answer to ``/v2/accounts/.../assets``. Raises MalformedAnswer."""
    members = table(value)
    found = [table(one) for one in rows(members.get("assets"))]
    if any(count(one.get("asset-id")) != asset for one in found) or len(found) > 1:
        raise MalformedAnswer("holdings of other assets were answered")
    amount = count(found[0].get("amount")) if found else 0
    return Account(amount, count(members.get("current-round")), may_propose=False, proposed=0)


def asset(value: object) -> tuple[int, int, str]:
    """Return number, decimals and unit name of an answer to ``/v2/assets/...``."""
    inner = table(table(value).get("asset"))
    params = table(inner.get("params"))
    name = params.get("unit-name", "")
    return count(inner.get("index")), count(params.get("decimals")), text(name)


class Page(NamedTuple):
    """One page of a list."""

    items: list[Mapping[str, object]]
    next: str
    """What the next page is asked by; empty on the last one."""
    round: int
    """The newest round that the list takes in."""


def page(value: object, member: str) -> Page:
    """Return a page of ``transactions`` or ``blocks``. Raises MalformedAnswer."""
    members = table(value)
    token = members.get("next-token", "")
    return Page(
        [table(one) for one in rows(members.get(member))],
        text(token),
        count(members.get("current-round")),
    )


def change(transaction: Mapping[str, object], address: str, asset: int | None) -> int:
    """Return what a transaction, with its inner ones, adds to what `address` holds.

    Raises MalformedAnswer, and ProviderError for a kind that is not known to move nothing.
    """
    return _change(transaction, address, asset, _DEEPEST)


def _change(transaction: Mapping[str, object], address: str, asset: int | None, depth: int) -> int:
    if not depth:
        raise MalformedAnswer("inner transactions are nested too deeply")
    kind, sender = text(transaction.get("tx-type")), text(transaction.get("sender"))
    moved = 0
    if asset is None and sender == address:
        moved -= count(transaction.get("fee"))
    if kind == "pay":
        if asset is None:
            moved += _moved(
                transaction.get("payment-transaction"), sender, address, "close-remainder-to"
            )
    elif kind == "axfer":
        part = table(transaction.get("asset-transfer-transaction"))
        if count(part.get("asset-id")) == asset:
            moved += _moved(part, text(part.get("sender") or sender), address, "close-to")
    elif kind == "acfg":
        if asset is not None and asset in {
            transaction.get("created-asset-index"),
            table(transaction.get("asset-config-transaction")).get("asset-id"),
        }:
            raise _unknown("the asset was created, changed or destroyed after the snapshot")
    elif kind not in _SILENT:
        raise _unknown(f"transactions of the kind {kind!r} are not known")
    inner = [table(one) for one in rows(transaction.get("inner-txns", []))]
    return moved + sum(_change(one, address, asset, depth - 1) for one in inner)


def _moved(value: object, source: str, address: str, closing: str) -> int:
    """Return what a payment or a transfer from `source` adds to what `address` holds."""
    part = table(value)
    amount, rest = count(part.get("amount")), count(part.get("close-amount", 0))
    moved = 0
    if source == address:
        moved -= amount + rest
    if text(part.get("receiver")) == address:
        moved += amount
    if part.get(closing) == address:
        moved += rest
    return moved


def _unknown(said: str) -> ProviderError:
    return ProviderError(said, reason=UnresolvedReason.NO_METHOD)


def is_keyreg(transaction: Mapping[str, object]) -> bool:
    """Return whether a transaction changed how an account takes part in the consensus."""
    inner = [table(one) for one in rows(transaction.get("inner-txns", []))]
    return transaction.get("tx-type") == "keyreg" or any(map(is_keyreg, inner))
