"""Plausible rules for the root of a table of ids, tried one after another. Pure.

Phemex publishes a root and not the rule it is made by. A rule is: a hash function, what of a row
is hashed into a leaf, whether children are joined as text or as bytes, in order or sorted, and
what becomes of a last node without neighbour.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sha3

from crawler.liabilities.id_table import Row
from crawler.liabilities.interface import PathStep

Digest = Callable[[bytes], bytes]


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _double_sha256(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def _keccak256(data: bytes) -> bytes:
    digest: bytes = sha3.keccak_256(data).digest()
    return digest


def _sha3_256(data: bytes) -> bytes:
    return hashlib.sha3_256(data).digest()


HASHES: dict[str, Digest] = {
    "sha256": _sha256,
    "sha256d": _double_sha256,
    "keccak256": _keccak256,
    "sha3-256": _sha3_256,
}


class Leaf(StrEnum):
    """What of a row is hashed."""

    COMMA = "comma"
    JOINED = "joined"
    PIPE = "pipe"
    COLON = "colon"
    LINE = "line"
    JSON = "json"
    ID_HASHED = "id-hashed"
    ID = "id"
    """The id itself is the leaf: 64 hex digits, not hashed again."""


SEPARATORS = {Leaf.COMMA: ",", Leaf.JOINED: "", Leaf.PIPE: "|", Leaf.COLON: ":"}


class Join(StrEnum):
    """How two children are put together before hashing."""

    TEXT = "text"
    BYTES = "bytes"
    SORTED_TEXT = "sorted-text"
    SORTED_BYTES = "sorted-bytes"


class Odd(StrEnum):
    """What becomes of a last node without neighbour."""

    DUPLICATE = "duplicate"
    PROMOTE = "promote"
    ZERO = "zero"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; its text form is its name."""

    hash: str
    leaf: Leaf
    join: Join
    odd: Odd

    def __str__(self) -> str:
        return f"{self.hash}/{self.leaf}/{self.join}/{self.odd}"


def rules() -> Iterator[Rule]:
    """Yield every rule, those with one leaf rule together, the likeliest first."""
    for name in HASHES:
        for leaf in Leaf:
            for join in Join:
                for odd in Odd:
                    yield Rule(name, leaf, join, odd)


def leaf_maker(rule: Rule, currencies: Sequence[str]) -> Callable[[Row], bytes | None]:
    """Return the function from a row to its leaf; None where the row cannot be one."""
    digest = HASHES[rule.hash]
    match rule.leaf:
        case Leaf.COMMA | Leaf.JOINED | Leaf.PIPE | Leaf.COLON:
            separator = SEPARATORS[rule.leaf]
            return lambda row: digest(separator.join((row.id, *row.amounts)).encode())
        case Leaf.LINE:
            return lambda row: digest(row.line.encode())
        case Leaf.JSON:
            return lambda row: digest(_json(row, currencies).encode())
        case Leaf.ID_HASHED:
            return lambda row: digest(row.id.encode())
        case Leaf.ID:
            return _id_bytes


def _json(row: Row, currencies: Sequence[str]) -> str:
    members = {"id": row.id, **dict(zip(currencies, row.amounts, strict=True))}
    return json.dumps(members, separators=(",", ":"))


def _id_bytes(row: Row) -> bytes | None:
    try:
        return bytes.fromhex(row.id) if len(row.id) == 64 else None  # noqa: PLR2004 (SHA-256)
    except ValueError:
        return None


def node_maker(rule: Rule) -> Callable[[bytes, bytes], bytes]:
    """Return the function from two children to their parent."""
    digest = HASHES[rule.hash]
    match rule.join:
        case Join.TEXT:
            return lambda left, right: digest((left.hex() + right.hex()).encode())
        case Join.BYTES:
            return lambda left, right: digest(left + right)
        case Join.SORTED_TEXT:
            return lambda one, other: digest("".join(sorted((one.hex(), other.hex()))).encode())
        case Join.SORTED_BYTES:
            return lambda one, other: digest(min(one, other) + max(one, other))


ZERO = bytes(32)


class Climber:
    """A Merkle root of leaves that come one by one: keeps one node a level.

    With `wanted`, the place of a leaf counted from 0, it keeps that leaf's path too.

    >>> climber = Climber(Rule("sha256", Leaf.COMMA, Join.BYTES, Odd.PROMOTE))
    >>> for leaf in (b"a" * 32, b"b" * 32, b"c" * 32):
    ...     climber.add(leaf)
    >>> left = hashlib.sha256(b"a" * 32 + b"b" * 32).digest()
    >>> climber.root() == hashlib.sha256(left + b"c" * 32).digest()
    True
    """

    def __init__(self, rule: Rule, *, wanted: int | None = None) -> None:
        self._parent = node_maker(rule)
        self._odd = rule.odd
        self._waiting: list[bytes | None] = []
        self._count = 0
        self._wanted = wanted
        self.path: list[PathStep] = []

    def add(self, leaf: bytes) -> None:
        """Take the next leaf in."""
        node, place, level = leaf, self._count, 0
        self._count += 1
        while level < len(self._waiting):
            left = self._waiting[level]
            if left is None:
                break
            self._note(level, place, left, node)
            node = self._parent(left, node)
            self._waiting[level] = None
            level += 1
            place //= 2
        if level == len(self._waiting):
            self._waiting.append(None)
        self._waiting[level] = node

    def root(self) -> bytes | None:
        """Return the root of all leaves so far, None without leaves. Ends the climb."""
        carried: bytes | None = None
        last = self._count - 1
        for level, waiting in enumerate(self._waiting):
            place = last >> level
            if waiting is not None and carried is not None:
                self._note(level, place, waiting, carried)
                carried = self._parent(waiting, carried)
            elif level == len(self._waiting) - 1:
                carried = waiting if waiting is not None else carried
            elif (lone := waiting if waiting is not None else carried) is not None:
                carried = self._alone(level, place, lone)
        if carried is not None:
            self.path.append(PathStep("root", carried.hex()))
        return carried

    def _alone(self, level: int, place: int, node: bytes) -> bytes:
        if self._odd is Odd.PROMOTE:
            return node
        beside = node if self._odd is Odd.DUPLICATE else ZERO
        self._note(level, place + 1, node, beside)
        return self._parent(node, beside)

    def _note(self, level: int, place: int, left: bytes, right: bytes) -> None:
        """Keep the pair whose right node is at `place`, when the wanted leaf is below it."""
        if self._wanted is None or self._wanted >> (level + 1) != place >> 1:
            return
        is_left = (self._wanted >> level) % 2 == 0
        own, beside = (left, right) if is_left else (right, left)
        side = "right" if is_left else "left"
        self.path.append(PathStep(f"level {level}", own.hex(), beside.hex(), side))


def search(
    rows: Callable[[], Iterable[Row]], currencies: Sequence[str], root: str, *, prefix: str = ""
) -> tuple[Rule | None, int]:
    """Return the first rule that leads to `root` (lowercase hex), and how many were tried.

    `rows` opens the table anew: it is read once for each leaf rule. `prefix` narrows the rules.
    """
    wanted = bytes.fromhex(root)
    groups: dict[tuple[str, Leaf], list[Rule]] = {}
    for rule in rules():
        if str(rule).startswith(prefix):
            groups.setdefault((rule.hash, rule.leaf), []).append(rule)
    tried = 0
    for group in groups.values():
        climbers = [(rule, Climber(rule)) for rule in group]
        make = leaf_maker(group[0], currencies)
        for row in rows():
            leaf = make(row)
            if leaf is None:
                break
            for _, climber in climbers:
                climber.add(leaf)
        else:
            tried += len(group)
            for rule, climber in climbers:
                if climber.root() == wanted:
                    return rule, tried
    return None, tried
