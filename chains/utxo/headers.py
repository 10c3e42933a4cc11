"""Block headers: their hash, their work, and the chain they form. Pure.

What is checked depends on the ledger, and is said in its options in networks.toml:

* ``header``: where a header ends and how its hash is made. ``plain`` (80 bytes; the default),
  ``auxpow`` (Dogecoin: a merge-mining proof may follow the 80 bytes), ``equihash`` (Zcash since
  its beginning, Bitcoin Gold: 140 bytes and a solution), ``qtum`` (fields of proof of stake
  follow), ``opaque`` (Dash, Ravencoin: the hash is a function that is not computed here, so a
  header is only known by the one after it).
* ``pow``: ``sha256d`` or ``scrypt`` (Litecoin): the header's hash must not exceed the target that
  the header itself states. Absent: proof of work is not checked; the links are.

Not checked: whether the stated target is the one that the ledger's rules demand. A chain of
headers is only as good as the block it ends in, which is why a snapshot point is agreed by several
servers or given by the user.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from chains.errors import MalformedAnswer, RegistryError, WrongState
from chains.signatures import sha256d
from chains.utxo.transactions import Cursor, shown, skip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chains.adapter import Parameter

_AUXPOW_FLAG = 1 << 8
"""Bit of a block's version that says that a merge-mining proof follows."""
_MANTISSA = 0x007FFFFF
_SIGN = 0x00800000


class Form(StrEnum):
    """Where a header ends, and how its hash is made."""

    PLAIN = "plain"
    AUXPOW = "auxpow"
    EQUIHASH = "equihash"
    QTUM = "qtum"
    OPAQUE = "opaque"


class Work(StrEnum):
    """Which function must meet the target."""

    SHA256D = "sha256d"
    SCRYPT = "scrypt"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Rules:
    """How headers of one ledger are read."""

    form: Form = Form.PLAIN
    work: Work = Work.UNCHECKED


@dataclass(frozen=True, slots=True)
class Header:
    """What is used of a header. Hashes as servers write them."""

    hash: str
    """Empty where it is not computed (`Form.OPAQUE`)."""
    previous: str
    merkle_root: str
    time: int
    """Seconds since 1970, as the miner wrote it."""


def rules(options: Mapping[str, Parameter]) -> Rules:
    """Return how to read the headers of a network. Raises RegistryError for unknown words."""
    try:
        return Rules(
            Form(str(options.get("header", Form.PLAIN))),
            Work(str(options.get("pow", Work.UNCHECKED))),
        )
    except ValueError as error:
        raise RegistryError(f"networks.toml: {error}") from error


def has_plain_headers(options: Mapping[str, Parameter]) -> bool:
    """Return whether headers are 80 bytes and a block's hash is double SHA-256 of them."""
    return options.get("header", Form.PLAIN) == Form.PLAIN


def split(raw: bytes, count: int, rule: Rules) -> list[Header]:
    """Return the `count` headers that make up `raw`, in order, with their work checked.

    Raises MalformedAnswer when they do not fill `raw` exactly, or do not carry their work. Only
    single headers can be read where their hash is opaque.
    """
    if rule.form is Form.OPAQUE and count != 1:
        raise ValueError("headers with an opaque hash are read one by one")
    cursor = Cursor(raw)
    headers = [_next(cursor, rule) for _ in range(count)]
    if cursor.at != len(raw):
        raise MalformedAnswer(f"{len(raw)} bytes are not {count} block headers")
    return headers


def target(bits: int) -> int:
    """Return the number that a header's compact `bits` stand for; 0 when they stand for none.

    >>> hex(target(0x1D00FFFF)).count("0"), target(0x04923456)
    (53, 0)
    """
    size, word = bits >> 24, bits & _MANTISSA
    if bits & _SIGN:
        return 0
    return word >> 8 * (3 - size) if size <= 3 else word << 8 * (size - 3)  # noqa: PLR2004


def require_linked(headers: Sequence[Header], *, after: str | None, upto: str | None) -> None:
    """Check that each header names the one before it as its parent.

    The first must name `after`, the last must be `upto` (None: nothing is known of that end).
    Raises WrongState.
    """
    parent = after
    for header in headers:
        if parent is not None and header.previous != parent:
            raise WrongState("the server's block headers do not form one chain")
        parent = header.hash
    if upto is not None and parent != upto:
        raise WrongState("the server's block headers do not lead to the snapshot block")


def _next(cursor: Cursor, rule: Rules) -> Header:
    start = cursor.at
    version = cursor.number(4)
    previous, merkle_root = shown(cursor.take(32)), shown(cursor.take(32))
    if rule.form is Form.EQUIHASH:
        cursor.take(32)
    time, bits = cursor.number(4), cursor.number(4)
    match rule.form:
        case Form.PLAIN:
            cursor.take(4)
        case Form.AUXPOW:
            cursor.take(4)
            digest = sha256d(cursor.data[start : cursor.at])
            if version & _AUXPOW_FLAG:
                _skip_auxpow(cursor)
            return Header(shown(digest), previous, merkle_root, time)
        case Form.EQUIHASH:
            cursor.take(32)
            cursor.take(cursor.compact())
        case Form.QTUM:
            cursor.take(4 + 32 + 32 + 32 + 4)
            cursor.take(cursor.compact())
        case Form.OPAQUE:
            cursor.at = len(cursor.data)
            return Header("", previous, merkle_root, time)
        case _:
            assert_never(rule.form)
    raw = cursor.data[start : cursor.at]
    digest = sha256d(raw)
    _require_work(raw, digest, bits, rule.work)
    return Header(shown(digest), previous, merkle_root, time)


def _require_work(raw: bytes, digest: bytes, bits: int, work: Work) -> None:
    match work:
        case Work.SHA256D:
            found = digest
        case Work.SCRYPT:
            found = hashlib.scrypt(raw, salt=raw, n=1024, r=1, p=1, dklen=32)
        case Work.UNCHECKED:
            return
        case _:
            assert_never(work)
    if int.from_bytes(found, "little") > target(bits):
        raise MalformedAnswer("a block header does not carry the work that it states")


def _skip_auxpow(cursor: Cursor) -> None:
    """Move past a merge-mining proof: a coinbase, two Merkle branches and the parent's header."""
    skip(cursor)
    cursor.take(32)
    for _ in range(2):
        cursor.take(32 * cursor.compact() + 4)
    cursor.take(80)
