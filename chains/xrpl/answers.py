"""What a rippled or Clio server answers, read strictly. Pure.

Every answer is ``{"result": {...}}`` whose ``status`` is ``success`` or ``error``; an error has a
token in ``error`` (xrpl.org, "Error Formatting"). Amounts of XRP are texts of digits, in drops; a
ledger's hash is 64 upper-case hex digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from chains.answers import count, rows, table, text
from chains.errors import (
    AddressError,
    Incapable,
    MalformedAnswer,
    ProviderError,
    Throttled,
    TransportFailure,
    UnresolvedReason,
    plain_text,
)
from chains.source import CaughtStale
from chains.xrpl.addresses import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import SnapshotPoint

EPOCH = 946_684_800
"""Seconds from 1970 to 2000, where the ledger's own time begins."""

MASTER_DISABLED = 0x0010_0000
"""lsfDisableMaster in an account's flags."""

NO_ACCOUNT, NO_LEDGER = "actNotFound", "lgrNotFound"
_BUSY = frozenset({"slowDown", "tooBusy"})
_NOT_READY = frozenset({"noNetwork", "noCurrent", "noClosed", "notReady", "notSynced", "internal"})
_REFUSED = frozenset({"unknownCmd", "noPermission", "forbidden", "commandMissing"})
_HASH = re.compile(r"[0-9A-F]{64}")
_DROPS = re.compile(r"[0-9]{1,18}")


class Refused(ProviderError):  # noqa: N818 (it says what happened, as in chains.errors)
    """The server's own error, with its token."""

    reason = UnresolvedReason.CALL_FAILED

    def __init__(self, token: str, members: Mapping[str, object]) -> None:
        """Keep what else the answer says, which may name a ledger."""
        said = members.get("error_message", "")
        super().__init__(f"the server says {token}: {plain_text(said)}")
        self.token = token
        self.members = members


class Header(NamedTuple):
    """A validated ledger."""

    height: int
    hash: str
    time: int
    """Seconds since 1970."""


class Signer(NamedTuple):
    """A member of a signer list."""

    account: bytes
    weight: int


@dataclass(frozen=True, slots=True)
class Root:
    """An account as one ledger has it."""

    balance: int
    """In drops."""
    owned: int
    """How many objects it owns in the ledger: trust lines, escrows, offers, ..."""
    changed_at: int
    """The ledger that last changed it."""
    master_disabled: bool
    regular_key: bytes | None
    quorum: int = 0
    """Weight that signers must reach; 0 without a signer list."""
    signers: tuple[Signer, ...] = ()


def check(value: object) -> None:
    """Raise for an answer that another try may better: the server is busy or not in step yet."""
    members = table(table(value).get("result"))
    token = members.get("error")
    if token in _BUSY:
        raise Throttled(f"the server says {token}")
    if token in _NOT_READY:
        raise TransportFailure(f"the server says {token}")


def result(value: object) -> Mapping[str, object]:
    """Return the members of a success. Raises Refused with the server's token for an error."""
    members = table(table(value).get("result"))
    if members.get("status") == "success" and "error" not in members:
        return members
    token = members.get("error")
    if not isinstance(token, str):
        raise MalformedAnswer("an answer is neither a success nor an error")
    if token in _REFUSED:
        raise Incapable(f"the server says {token}", reason=UnresolvedReason.NO_METHOD)
    raise Refused(plain_text(token), members)


def network_id(value: object) -> int | None:
    """Return the number of the network a server is of, from `server_info`, if it says one."""
    found = table(result(value).get("info")).get("network_id")
    return None if found is None else count(found)


def header(value: object) -> Header:
    """Return the validated ledger that an answer to `ledger` describes."""
    members = result(value)
    inner = table(members.get("ledger"))
    if members.get("validated") is not True:
        raise CaughtStale("the server shows a ledger that is not validated")
    found = Header(
        count(members.get("ledger_index")),
        ledger_hash(members.get("ledger_hash")),
        count(inner.get("close_time")) + EPOCH,
    )
    if count(inner.get("ledger_index")) != found.height or inner.get("ledger_hash") != found.hash:
        raise MalformedAnswer("an answer names two ledgers")
    return found


def ledger_hash(value: object) -> str:
    """Return the hash of a ledger, in the ledger's own spelling. Raises MalformedAnswer."""
    found = text(value)
    if not _HASH.fullmatch(found):
        raise MalformedAnswer("an answer lacks a ledger's hash that belongs there")
    return found


def drops(value: object) -> int:
    """Return an amount of XRP: a text of digits, never a number.

    >>> drops("99999999999999999")
    99999999999999999
    """
    found = text(value)
    if not _DROPS.fullmatch(found):
        raise MalformedAnswer("an answer lacks an amount of drops that belongs there")
    return int(found)


def require_ledger(members: Mapping[str, object], point: SnapshotPoint) -> None:
    """Raise CaughtStale unless an answer is of the validated ledger of `point`."""
    if (
        members.get("validated") is not True
        or members.get("ledger_hash") != point.block_hash
        or count(members.get("ledger_index", point.height)) != point.height
    ):
        raise CaughtStale(
            f"ledger {point.height} was asked for, and the answer is of "
            f"{members.get('ledger_index', members.get('ledger_current_index'))!r} "
            f"({members.get('ledger_hash')!r})"
        )


def names_ledger(members: Mapping[str, object]) -> bool:
    """Return whether an answer says from which ledger it comes."""
    return not members.keys().isdisjoint({"ledger_hash", "ledger_index", "ledger_current_index"})


def root(members: Mapping[str, object], account: bytes) -> Root:
    """Return the account that an answer to `account_info` describes."""
    data = table(members.get("account_data"))
    if data.get("LedgerEntryType") != "AccountRoot" or _account(data.get("Account")) != account:
        raise MalformedAnswer("another object was answered than the account asked for")
    lists = members.get("signer_lists", data.get("signer_lists", []))
    quorum, signers = _signers(lists)
    regular = data.get("RegularKey")
    return Root(
        balance=drops(data.get("Balance")),
        owned=count(data.get("OwnerCount")),
        changed_at=count(data.get("PreviousTxnLgrSeq")),
        master_disabled=bool(count(data.get("Flags")) & MASTER_DISABLED),
        regular_key=None if regular is None else _account(regular),
        quorum=quorum,
        signers=signers,
    )


def _signers(value: object) -> tuple[int, tuple[Signer, ...]]:
    lists = rows(value)
    if not lists:
        return 0, ()
    (only, *others) = map(table, lists)
    if others:
        raise MalformedAnswer("an account has more than one signer list")
    entries = [table(table(item).get("SignerEntry")) for item in rows(only.get("SignerEntries"))]
    signers = tuple(
        Signer(_account(one.get("Account")), count(one.get("SignerWeight"))) for one in entries
    )
    quorum = count(only.get("SignerQuorum"))
    if not quorum or len({one.account for one in signers}) != len(signers):
        raise MalformedAnswer("a signer list has no quorum, or names an account twice")
    return quorum, signers


class Belongings:
    """What an account owns besides its balance, summed over pages of `account_objects`."""

    def __init__(self, account: bytes) -> None:
        """Nothing was seen yet."""
        self._account = account
        self._seen: set[str] = set()
        self._escrows = self._channels = self._lines = 0
        self._escrowed = self._funded = 0

    def add(self, objects: object) -> None:
        """Take in one page. Raises MalformedAnswer, also for an object that comes twice."""
        for one in map(table, rows(objects)):
            index = text(one.get("index"))
            if index in self._seen:
                raise MalformedAnswer("an object of the ledger comes twice")
            self._seen.add(index)
            match one.get("LedgerEntryType"):
                case "RippleState":
                    self._lines += 1
                case "Escrow" if _account(one.get("Account")) == self._account:
                    self._escrows += 1
                    amount = one.get("Amount")
                    # An object is an amount of an issued currency.
                    self._escrowed += 0 if isinstance(amount, dict) else drops(amount)
                case "PayChannel" if _account(one.get("Account")) == self._account:
                    self._channels += 1
                    self._funded += drops(one.get("Amount")) - drops(one.get("Balance"))
                case _:
                    continue

    def told(self) -> str:
        """Return one sentence about what is apart from the balance, or nothing."""
        parts = []
        if self._escrows:
            parts.append(f"{self._escrowed} drops in {self._escrows} escrows it made")
        if self._channels:
            parts.append(f"{self._funded} drops in {self._channels} payment channels")
        if self._lines:
            parts.append(f"{self._lines} trust lines for issued currencies")
        return f"Apart from the amount: {', '.join(parts)}." if parts else ""


def _account(value: object) -> bytes:
    try:
        return canonical(text(value), {})
    except AddressError:
        raise MalformedAnswer("an answer holds an address that is none") from None
