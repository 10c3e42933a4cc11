"""What a node of EOS and a Hyperion index answer, read strictly. Pure.

The node's answers are those of the chain API of Antelope (``/v1/chain``). The index keeps what
every block changed in the tables of contracts (github.com/eosrio/hyperion-history-api:
``get_deltas``, ``get_actions``, ``health``). It writes amounts as JSON
numbers, which are exact up to 15 digits. Times are milliseconds since 1970; a block comes every
half second.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from chains.answers import count, number, rows, table, text
from chains.eos.keys import read_key
from chains.errors import MalformedAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST_BLOCKS = 2
"""An index begins with block 1, or with 2: the first one changes nothing that is asked for."""
EXACT_DIGITS = 15
"""Decimal digits that a JSON number keeps whatever they are (IEEE 754 double)."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z?")
_ID = re.compile(r"[0-9a-f]{64}")
_AMOUNT = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,18}))? ([A-Z]{1,7})")
_PRESENT = {0: False, 1: True, 2: True}
"""Whether a row is there after a change; 2 is how newer nodes call one that was added."""


class Token(NamedTuple):
    """The native coin, which is a token contract like any other."""

    contract: str
    symbol: str
    decimals: int

    @property
    def key(self) -> int:
        """Return the primary key of its rows: the symbol's letters, the first one lowest."""
        return int.from_bytes(self.symbol.encode(), "little")


class Info(NamedTuple):
    """What a node says of its chain."""

    chain_id: str
    head: int
    irreversible: int


class BlockAnswer(NamedTuple):
    """One block. The first four bytes of its id are its number."""

    number: int
    id: str
    time: int


class Permission(NamedTuple):
    """Who may act in the name of a permission."""

    name: str
    threshold: int
    keys: Sequence[tuple[bytes | None, int]]
    """With weights; None for a key of another curve."""
    has_accounts: bool


class Account(NamedTuple):
    """An account at a node's head."""

    head: int
    created: int
    permissions: Sequence[Permission]
    apart: str
    """What it staked or has on its way back, in words, or nothing."""


class Delta(NamedTuple):
    """The row of an account in the token's table, after a block that changed it."""

    block: int
    held: Decimal
    """In whole coins; 0 where the row was removed."""


class Deltas(NamedTuple):
    """A page of changes, the newest first."""

    found: Sequence[Delta]
    """Those of the token; a contract may have others."""
    size: int
    total: int | None
    """All that there are; None where the index only says that there are more than it counted."""


def milliseconds(value: object) -> int:
    """Return a time. Raises MalformedAnswer.

    >>> milliseconds("2018-06-28T08:39:57.500")
    1530175197500
    """
    said = text(value)
    try:
        if _TIME.fullmatch(said):
            moment = datetime.fromisoformat(said.removesuffix("Z")).replace(tzinfo=UTC)
            return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // _MILLISECOND
    except ValueError:
        pass
    raise MalformedAnswer("an answer lacks a time that belongs there")


_MILLISECOND = datetime(1970, 1, 1, 0, 0, 0, 1_000) - datetime(1970, 1, 1)  # noqa: DTZ001 (a span)


def written(time: int) -> str:
    """Return a time as the index takes it.

    >>> written(1530175197500)
    '2018-06-28T08:39:57.500Z'
    """
    moment = datetime.fromtimestamp(time // 1_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time % 1_000:03d}Z"


def info(value: object) -> Info:
    """Return what a node says of its chain. Raises MalformedAnswer."""
    members = table(value)
    return Info(
        text(members.get("chain_id")),
        count(members.get("head_block_num")),
        count(members.get("last_irreversible_block_num")),
    )


def block(value: object) -> BlockAnswer:
    """Return a block. Raises MalformedAnswer."""
    members = table(value)
    found = BlockAnswer(
        count(members.get("block_num")),
        text(members.get("id")),
        milliseconds(members.get("timestamp")),
    )
    if not _ID.fullmatch(found.id) or int(found.id[:8], 16) != found.number:
        raise MalformedAnswer("a block's id is not that of its number")
    return found


def said_error(value: object) -> str:
    """Return what a node's own error says, all in one text; nothing for other values."""
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        return ""
    details = error.get("details")
    each = details if isinstance(details, list) else []
    told = [one.get("message") for one in each if isinstance(one, dict)]
    return "; ".join(str(one) for one in (error.get("what"), *told) if one) or "error"


def is_absent(value: object, asked: str) -> bool:
    """Return whether an error is a node's own word that it has no account `asked`."""
    said = said_error(value)
    return (
        "unknown key" in said
        and re.search(rf"(?<![\w.]){re.escape(asked)}(?![\w.])", said) is not None
    )


def account(value: object, asked: str) -> Account:
    """Return the account `asked`. Raises MalformedAnswer."""
    members = table(value)
    if text(members.get("account_name")) != asked:
        raise MalformedAnswer("another account was answered")
    return Account(
        count(members.get("head_block_num")),
        milliseconds(members.get("created")),
        [_permission(one) for one in rows(members.get("permissions"))],
        _apart(members.get("self_delegated_bandwidth"), members.get("refund_request")),
    )


def _permission(value: object) -> Permission:
    members = table(value)
    required = table(members.get("required_auth"))
    keys = [table(one) for one in rows(required.get("keys"))]
    threshold = count(required.get("threshold"))
    if not threshold:
        raise MalformedAnswer("a permission asks for no weight at all")
    return Permission(
        text(members.get("perm_name")),
        threshold,
        [(read_key(text(one.get("key"))), count(one.get("weight"))) for one in keys],
        bool(rows(required.get("accounts"))),
    )


def _apart(staked: object, refund: object) -> str:
    told = []
    for value, members, words in (
        (staked, ("cpu_weight", "net_weight"), "staked for CPU and NET"),
        (refund, ("cpu_amount", "net_amount"), "on the way back from staking"),
    ):
        if value is not None:
            said = [text(table(value).get(one)) for one in members]
            if not all(_AMOUNT.fullmatch(one) for one in said):
                raise MalformedAnswer("an answer lacks an amount that belongs there")
            told.append(f"{' and '.join(said)} {words}")
    return "; ".join(told)


def base_units(said: str, token: Token) -> int:
    """Return an amount of `token` in base units. Raises MalformedAnswer.

    >>> base_units("12.0005 A", Token("core.vaulta", "A", 4))
    120005
    """
    found = _AMOUNT.fullmatch(said)
    if found is None or found[3] != token.symbol or len(found[2] or "") != token.decimals:
        raise MalformedAnswer(f"an amount is not one of {token.symbol}")
    return int(found[1] + (found[2] or ""))


def present_balance(value: object, token: Token) -> int:
    """Return what an account holds at a node's head, in base units. Raises MalformedAnswer."""
    found = rows(value)
    if len(found) > 1:
        raise MalformedAnswer("more than one balance was answered")
    return base_units(text(found[0]), token) if found else 0


def whole_index(value: object) -> tuple[str, int]:
    """Return why an index is not whole, or nothing, and its last block. Raises MalformedAnswer."""
    members = table(value)
    services = [table(one) for one in rows(members.get("health"))]
    found = [one for one in services if one.get("service") == "Elasticsearch"]
    if len(found) != 1:
        raise MalformedAnswer("the index does not say how far it reaches")
    data = table(found[0].get("service_data"))
    first = count(data.get("first_indexed_block"))
    last, missing = count(data.get("last_indexed_block")), number(data.get("missing_blocks"))
    if table(members.get("features")).get("index_deltas") is not True:
        return "does not keep changes of tables (index_deltas)", last
    if first > FIRST_BLOCKS:
        return f"begins with block {first}", last
    if missing > 0:  # -1 is how older ones count a whole index
        return f"lacks {missing} blocks", last
    return "", last


def deltas(value: object, token: Token, asked: str) -> Deltas:
    """Return a page of what changed the account `asked`. Raises MalformedAnswer."""
    members = table(value)
    total = table(members.get("total"))
    counted = count(total.get("value"))
    found: list[Delta] = []
    size, last = 0, None
    for one in map(table, rows(members.get("deltas"))):
        size += 1
        where = (text(one.get("code")), text(one.get("scope")), text(one.get("table")))
        if where != (token.contract, asked, "accounts"):
            raise MalformedAnswer("changes of another table were answered")
        at = count(one.get("block_num"))
        if last is not None and at > last:
            raise MalformedAnswer("changes are out of order")
        last = at
        if count(one.get("primary_key")) == token.key:
            if found and found[-1].block == at:
                raise MalformedAnswer("a row was changed twice in one block")
            found.append(Delta(at, _held(one, token)))
    return Deltas(found, size, counted if total.get("relation") == "eq" else None)


def _held(row: object, token: Token) -> Decimal:
    members = table(row)
    is_present = members.get("present")
    if not isinstance(is_present, int) or is_present not in _PRESENT:
        raise MalformedAnswer("a change does not say whether its row is there")
    if not _PRESENT[is_present]:
        return Decimal(0)
    data = table(members.get("data"))
    if "balance" in data:
        return Decimal(base_units(text(data["balance"]), token)).scaleb(-token.decimals)
    amount = data.get("amount")
    if text(data.get("symbol")) != token.symbol:
        raise MalformedAnswer("a row is of another symbol than its key says")
    if isinstance(amount, bool) or not isinstance(amount, int | float) or amount < 0:
        raise MalformedAnswer("a row lacks its amount")
    return Decimal(repr(amount))


def exact(held: Decimal, token: Token) -> int | None:
    """Return an amount in base units, or None where a JSON number cannot have kept it.

    >>> exact(Decimal("12.0005"), Token("core.vaulta", "A", 4))
    120005
    """
    units = held.scaleb(token.decimals)
    if units != units.to_integral_value() or units >= 10**EXACT_DIGITS:
        return None
    return int(units)


def is_same(held: Decimal, units: int, token: Token) -> bool:
    """Return whether a JSON number is the nearest to an amount in base units."""
    found = exact(held, token)
    if found is not None:
        return found == units
    # The index parsed the same text into a double, so the nearest double is all that it can say.
    precise = Decimal(units).scaleb(-token.decimals)
    return held == precise or Decimal(repr(float(precise))) == held


def changed_permissions(value: object, names: Sequence[str], after: int) -> bool:
    """Return whether a page of changes has one, after block `after`, of a permission of `names`.

    A page that does not hold all that there are counts as a change. Raises MalformedAnswer.
    """
    members = table(value)
    total = table(members.get("total"))
    actions = [table(one) for one in rows(members.get("actions"))]
    if total.get("relation") != "eq" or count(total.get("value")) > len(actions):
        return True
    for one in actions:
        data = table(table(one.get("act")).get("data"))
        if count(one.get("block_num")) > after and text(data.get("permission")) in names:
            return True
    return False
