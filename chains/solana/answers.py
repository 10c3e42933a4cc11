"""What a Solana node answers, as values: every member is checked, integers are exact. Pure.

Shapes: Solana's JSON-RPC reference; `lastUpdatedAt` and the pages of token accounts: Helius'
reference of historical accounts.
"""

from __future__ import annotations

import base64
import binascii
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from chains.answers import count, rows, table, text
from chains.errors import Incapable, MalformedAnswer, UnresolvedReason, WrongState
from chains.source import CaughtStale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Entry(NamedTuple):
    """One line of an address's history."""

    signature: str
    slot: int


class Known(NamedTuple):
    """An account that exists."""

    lamports: int
    program: str
    """The program that owns it."""
    data: bytes


class TokenLine(NamedTuple):
    """What one account held of one token, before or after a transaction."""

    account: str
    mint: str
    owner: str
    amount: int


class Transaction(NamedTuple):
    """The balances of every account that a transaction names, before and after it."""

    keys: tuple[str, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    tokens_before: tuple[TokenLine, ...] | None
    """None in the oldest transactions, which say nothing of tokens."""
    tokens_after: tuple[TokenLine, ...] | None


class BlockHead(NamedTuple):
    """A block without its transactions."""

    hash: str
    parent_hash: str
    parent_slot: int
    time: int | None


def block_head(value: object) -> BlockHead:
    """Return the head in an answer to `getBlock`."""
    block = _block(value)
    moment = block.get("blockTime")
    return BlockHead(
        text(block.get("blockhash")),
        text(block.get("previousBlockhash")),
        count(block.get("parentSlot")),
        None if moment is None else count(moment),
    )


def block_signatures(value: object) -> list[str]:
    """Return the transactions in an answer to `getBlock` with their signatures, in order."""
    return [text(one) for one in rows(_block(value).get("signatures"))]


def _block(value: object) -> Mapping[str, object]:
    if value is None:
        raise Incapable("the node does not have the block", reason=UnresolvedReason.NO_BLOCK)
    return table(value)


def slots(value: object) -> list[int]:
    """Return the answer to `getBlocks`: slots with blocks, ascending."""
    found = [count(one) for one in rows(value)]
    if found != sorted(set(found)):
        raise MalformedAnswer("slots come twice or out of order")
    return found


def accounts(value: object, asked: int) -> tuple[int, list[Known | None]]:
    """Return the slot and the accounts in an answer to `getMultipleAccounts` about `asked`."""
    found, values = context(value)
    members = rows(values)
    if len(members) != asked:
        raise MalformedAnswer(
            f"{len(members)} accounts answer a question about {asked}",
            reason=UnresolvedReason.MISSING_ANSWER,
        )
    return found, [known(member) for member in members]


def context(value: object) -> tuple[int, object]:
    """Return the slot that an answer belongs to, and what it says."""
    answer = table(value)
    if "value" not in answer:
        raise MalformedAnswer("an answer lacks its value", reason=UnresolvedReason.MISSING_ANSWER)
    return count(table(answer.get("context")).get("slot")), answer["value"]


def known(value: object) -> Known | None:
    """Return an account with base64 data; None for one that does not exist."""
    if value is None:
        return None
    account = table(value)
    data = rows(account.get("data"))
    if data[1:] != ["base64"]:
        raise MalformedAnswer("the data of an account is not in base64")
    try:
        decoded = base64.b64decode(text(data[0]), validate=True)
    except binascii.Error:
        raise MalformedAnswer("the data of an account is not in base64") from None
    return Known(count(account.get("lamports")), text(account.get("owner")), decoded)


def held(values: object) -> list[tuple[str, Known]]:
    """Return a list of accounts with their addresses, each once."""
    found: dict[str, Known] = {}
    for member in map(table, rows(values)):
        address, account = text(member.get("pubkey")), known(member.get("account"))
        if account is None or address in found:
            raise MalformedAnswer("an account of the list comes twice or is empty")
        found[address] = account
    return list(found.items())


def written_by(value: object, slot: int) -> None:
    """Raise unless a historical account says that it was last written at or before `slot`."""
    at = table(table(value).get("lastUpdatedAt")).get("slot")
    if count(at) > slot:
        raise CaughtStale(
            f"asked for slot {slot}, the node answers with an account written at slot {at}"
        )


def history(value: object, most: int) -> list[Entry]:
    """Return a page of at most `most` lines, newest first, each once."""
    page = [
        Entry(text(line.get("signature")), count(line.get("slot")))
        for line in map(table, rows(value))
    ]
    if len(page) > most or len({line.signature for line in page}) != len(page):
        raise MalformedAnswer("a page of transactions is too long or repeats itself")
    if any(newer.slot < older.slot for newer, older in pairwise(page)):
        raise MalformedAnswer("transactions come out of order")
    return page


def transaction(value: object, asked: Entry) -> Transaction | None:
    """Return the answer to `getTransaction`; None when the node does not keep it."""
    if value is None:
        return None
    answer = table(value)
    signed, meta = table(answer.get("transaction")), table(answer.get("meta"))
    if count(answer.get("slot")) != asked.slot or rows(signed.get("signatures"))[:1] != [
        asked.signature
    ]:
        raise WrongState("the server describes another transaction than the one asked for")
    loaded = meta.get("loadedAddresses")
    more = table(loaded) if loaded is not None else {}
    keys = tuple(
        text(key)
        for part in (
            table(signed.get("message")).get("accountKeys"),
            more.get("writable", []),
            more.get("readonly", []),
        )
        for key in rows(part)
    )
    before, after = (
        tuple(count(one) for one in rows(meta.get(name)))
        for name in ("preBalances", "postBalances")
    )
    if not len(keys) == len(before) == len(after):
        raise MalformedAnswer("a transaction has more accounts than balances, or fewer")
    return Transaction(
        keys,
        before,
        after,
        _tokens(meta.get("preTokenBalances"), keys),
        _tokens(meta.get("postTokenBalances"), keys),
    )


def _tokens(value: object, keys: Sequence[str]) -> tuple[TokenLine, ...] | None:
    if value is None:
        return None
    lines = []
    for line in map(table, rows(value)):
        index = count(line.get("accountIndex"))
        if index >= len(keys):
            raise MalformedAnswer("a token balance is of no account of the transaction")
        amount = count(table(line.get("uiTokenAmount")).get("amount"))
        # The oldest lines name no owner.
        owner = text(line.get("owner", ""))
        lines.append(TokenLine(keys[index], text(line.get("mint")), owner, amount))
    if len({line.account for line in lines}) != len(lines):
        raise MalformedAnswer("an account has two token balances in one transaction")
    return tuple(lines)


def lamports(told: Transaction, account: str) -> tuple[int, int]:
    """Return what `account` held before and after a transaction."""
    if account not in told.keys:
        raise MalformedAnswer("a transaction of the history does not name the address")
    at = told.keys.index(account)
    return told.before[at], told.after[at]


def tokens(told: Transaction, account: str, mint: str, owner: str) -> tuple[int, int]:
    """Return what `account` held of `mint` for `owner` before and after a transaction."""
    if account not in told.keys:
        raise MalformedAnswer("a transaction of the history does not name the address")
    if told.tokens_before is None or told.tokens_after is None:
        raise Incapable("a transaction is too old to say what its accounts held of tokens")
    before, after = (
        [line for line in lines if (line.account, line.mint) == (account, mint)]
        for lines in (told.tokens_before, told.tokens_after)
    )
    if any(not line.owner for line in (*before, *after)):
        raise Incapable("a transaction is too old to say whose tokens its accounts held")
    return _of(before, owner), _of(after, owner)


def _of(lines: Sequence[TokenLine], owner: str) -> int:
    return sum(line.amount for line in lines if line.owner == owner)
