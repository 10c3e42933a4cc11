"""What a CometBFT node or a Cosmos SDK server says, member by member. Pure.

Sources: the CometBFT RPC (`status`, `commit`, `abci_query`); the Cosmos SDK's bank module, whose
store has a balance at 0x02, the account's length and bytes, and the denomination.
"""

from __future__ import annotations

import re
from base64 import b64decode
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from chains.answers import count, rows, table, text
from chains.cosmos.proofs import IAVL, SIMPLE, fields, require_absence, require_value
from chains.errors import (
    Incapable,
    MalformedAnswer,
    ProviderError,
    Throttled,
    UnresolvedReason,
)
from chains.source import CaughtStale
from chains.transport.json_rpc import is_throttle

if TYPE_CHECKING:
    from chains.transport.json_rpc import RpcError

BANK = b"bank"
_BALANCES = b"\x02"
_HASH = re.compile(r"[0-9A-F]{64}")
_LOST = ("is not available", "lowest height", "version does not exist", "failed to load state",
         "pruned")  # fmt: skip
_NO_METHOD = -32601
_STEPS = 2


def classify(error: RpcError) -> ProviderError:
    """Return what a node's own error means."""
    if is_throttle(error):
        return Throttled(f"the node says: {error.message} (code {error.code})")
    return refusal(f"{error.message} (code {error.code})", error.code)


def refusal(said: str, code: int = 0) -> ProviderError:
    """Return what the text of an error means: lost states have no code of their own."""
    if any(part in said for part in _LOST):
        return Incapable(f"the node says: {said}")
    if "must be less than or equal to the current" in said:
        return Incapable(f"the node says: {said}", reason=UnresolvedReason.NO_BLOCK)
    reason = UnresolvedReason.NO_METHOD if code == _NO_METHOD else UnresolvedReason.CALL_FAILED
    return ProviderError(f"the node says: {said}", reason=reason)


def network_and_tip(value: object) -> tuple[str, int]:
    """Return the chain id and the newest height of an answer to `status`."""
    members = table(value)
    chain = text(table(members.get("node_info")).get("network"))
    return chain, count(table(members.get("sync_info")).get("latest_block_height"))


class Header(NamedTuple):
    """A block as the node describes it."""

    chain: str
    height: int
    hash: str
    before: str
    """The hash of the block before it."""
    app_hash: bytes
    """The root of the state after the block before it."""
    time: int


def header(value: object) -> Header:
    """Return the header of an answer to `commit`. Raises MalformedAnswer."""
    signed = table(table(value).get("signed_header"))
    members, commit = table(signed.get("header")), table(signed.get("commit"))
    height = count(members.get("height"))
    if count(commit.get("height")) != height:
        raise MalformedAnswer("a commit is not of the block beside it")
    return Header(
        text(members.get("chain_id")),
        height,
        _hash(table(commit.get("block_id")).get("hash")),
        _hash(table(members.get("last_block_id")).get("hash")),
        bytes.fromhex(_hash(members.get("app_hash"))),
        moment(members.get("time")),
    )


def _hash(value: object) -> str:
    found = text(value).upper()
    if not _HASH.fullmatch(found):
        raise MalformedAnswer("an answer lacks a hash that belongs there")
    return found


def moment(value: object) -> int:
    """Return the seconds since 1970 of a time with up to nine decimals. Raises MalformedAnswer.

    >>> moment("2023-11-14T22:13:20.123456789Z")
    1700000000
    """
    written = text(value)
    try:
        found = datetime.fromisoformat(written.partition(".")[0].removesuffix("Z") + "+00:00")
    except ValueError:
        raise MalformedAnswer("an answer lacks a time that belongs there") from None
    return int(found.timestamp())


def balance_key(account: bytes, denom: str) -> bytes:
    """Return the key of a balance in the bank's store.

    >>> balance_key(bytes(20), "uatom").hex()[:6]
    '021400'
    """
    return _BALANCES + bytes([len(account)]) + account + denom.encode()


def proven_balance(value: object, key: bytes, height: int, app_hash: bytes) -> int:
    """Return the balance at `key` in an answer to `abci_query`, checked against the app hash.

    The state after block `height` has the app hash of the block after it. Raises ProviderError:
    CaughtStale when the answer says that it is of another height.
    """
    members = table(table(value).get("response"))
    if members.get("code") not in {0, None}:
        raise refusal(text(members.get("log")))
    if count(members.get("height")) != height:
        raise CaughtStale(
            f"the node was asked at height {height} and answers at {members.get('height')}"
        )
    steps = table(members.get("proofOps") or {}).get("ops")
    if steps is None:
        raise ProviderError(
            "the node gives no proof with its answer", reason=UnresolvedReason.MISSING_ANSWER
        )
    proofs = [_bytes(table(step).get("data")) for step in rows(steps)]
    if len(proofs) != _STEPS or _bytes(members.get("key")) != key:
        raise MalformedAnswer("a proof has not two steps, or is of another key")
    written = _bytes(members.get("value") or "")
    store, app = proofs
    if written:
        root = require_value(store, IAVL, key, written)
    else:
        root = require_absence(store, IAVL, key)
    if require_value(app, SIMPLE, BANK, root) != app_hash:
        raise MalformedAnswer("a proof does not lead to the state that the next block names")
    return amount(written)


def amount(written: bytes) -> int:
    """Return a balance as the bank stores it: digits, or a Coin before SDK 0.46; nothing is 0.

    >>> amount(b"12"), amount(bytes.fromhex("0a05") + b"uatom" + bytes.fromhex("12023132"))
    (12, 12)
    """
    if not written:
        return 0
    digits: int | bytes = written
    if not written.isdigit():
        digits = dict(fields(written)).get(2, b"")
    if not isinstance(digits, bytes) or not digits.isdigit():
        raise MalformedAnswer("a balance is stored in an unknown way")
    return int(digits)


def _bytes(value: object) -> bytes:
    try:
        return b64decode(text(value), validate=True)
    except ValueError:
        raise MalformedAnswer("an answer lacks bytes that belong there") from None


def rest_block(value: object) -> Header:
    """Return the header of an answer to ``/cosmos/base/tendermint/v1beta1/blocks/...``."""
    members = table(value)
    inner = table(table(members.get("block")).get("header"))
    return Header(
        text(inner.get("chain_id")),
        count(inner.get("height")),
        _hash(_bytes(table(members.get("block_id")).get("hash")).hex()),
        _hash(_bytes(table(inner.get("last_block_id")).get("hash")).hex()),
        _bytes(inner.get("app_hash")),
        moment(inner.get("time")),
    )


def rest_balances(value: object) -> tuple[dict[str, int], str]:
    """Return a page of an account's balances by denomination, and the key of the next page.

    The key is empty on the last page. Raises MalformedAnswer, also for a denomination that comes
    twice.
    """
    members = table(value)
    coins = [table(one) for one in rows(members.get("balances"))]
    found = {text(one.get("denom")): count(text(one.get("amount"))) for one in coins}
    following = table(members.get("pagination"))
    if len(found) != len(coins) or "next_key" not in following:
        raise MalformedAnswer("a page of balances repeats itself, or does not say how it goes on")
    return found, text(following["next_key"] or "")


def rest_balance(value: object, denom: str) -> int:
    """Return the balance of an answer to the bank's ``by_denom``. Raises MalformedAnswer."""
    members = table(table(value).get("balance"))
    if text(members.get("denom")) != denom:
        raise MalformedAnswer("a balance is of another denomination than was asked for")
    return count(text(members.get("amount")))
