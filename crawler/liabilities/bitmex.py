"""BitMEX (since 2021-08): the full tree of all balances, and an account's leaves in it. Pure.

The file: ``block_height:N``, then ``hash,sats`` for every node, root first, level by level, left
to right. What must hold (BitMEX's open-source tools; all numbers are unsigned, 8 bytes, little
endian):

1. The count of leaves is a power of two, and every inner node has two children.
2. node = SHA256(left hash + left value + right hash + right value); its value is their sum.
3. leaf = HMAC-SHA256(key = SHA256(account nonce + block height + account), value + leaf index).

A customer's file has lines ``account,nonce``. A balance is split over two leaves or more, and an
account without balance has none.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from crawler.liabilities.blocks import text_blocks
from crawler.liabilities.interface import (
    Check,
    Grade,
    LiabilitiesError,
    LiabilitiesResult,
    Outcome,
    PathStep,
    ProofFile,
    Request,
    failed,
    judged,
    not_possible,
    passed,
    root_check,
)
from crawler.models import Amount

DECIMALS = 8
U64 = 1 << 64
SHOWN = 3
ACCOUNTS = 1000
"""Accounts that one customer's file may name."""

HEADER = re.compile(r"block_height:([0-9]{1,19})", re.ASCII)
LINES = re.compile(r"^([0-9a-f]{64}),(0|[1-9][0-9]{0,19})\n", re.ASCII | re.MULTILINE)
SIGNED = re.compile(r"[0-9a-f]{64},-[0-9]+", re.ASCII)
ACCOUNT = re.compile(r"([0-9]{1,19})\s*[,:;]\s*([0-9a-f]{64})", re.ASCII)
HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)

Row = tuple[str, str]
"""Hash and value, as text."""


class BrokenTreeError(Exception):
    """The tree cannot be followed further; carries the check that failed."""

    def __init__(self, check: Check) -> None:
        super().__init__(check.detail)
        self.check = check


@dataclass(slots=True)
class Tree:
    """What one pass over a full tree found."""

    height: int = 0
    """Of the block that the snapshot was taken at."""
    nodes: int = 0
    root: tuple[str, int] = ("", 0)
    wrong: list[str] = field(default_factory=list)
    wrong_count: int = 0

    @property
    def leaves(self) -> int:
        """Return the number of leaves."""
        return (self.nodes + 1) // 2


@dataclass(frozen=True, slots=True)
class Account:
    """What a customer gives: the account and its nonce."""

    number: int
    nonce: bytes

    def key(self, height: int) -> bytes:
        """Return the key of this account's leaves at a snapshot."""
        return sha256(self.nonce + _u64(height) + _u64(self.number)).digest()


def _u64(number: int) -> bytes:
    return number.to_bytes(8, "little")


def node_hash(left: tuple[bytes, int], right: tuple[bytes, int]) -> bytes:
    """Return the hash of the parent of two nodes (hash and value each)."""
    return sha256(left[0] + _u64(left[1]) + right[0] + _u64(right[1])).digest()


def leaf_hash(key: bytes, value: int, index: int) -> bytes:
    """Return the hash of a leaf; `index` counts the leaves from 0."""
    return hmac.digest(key, _u64(value) + _u64(index), "sha256")


def _node_blocks(file: ProofFile, tree: Tree) -> Iterator[list[Row]]:
    """Yield the nodes of a file in order, having read its first line into `tree`."""
    line_number = 0
    for text in text_blocks(file):
        block = text
        if line_number == 0:
            first, _, block = text.partition("\n")
            found = HEADER.fullmatch(first.strip())
            if found is None:
                raise LiabilitiesError(f"{file.name}: the first line is not block_height:NUMBER")
            tree.height = int(found.group(1))
            line_number = 1
        rows: list[Row] = LINES.findall(block)
        if len(rows) != block.count("\n"):
            _refuse(block, line_number, file)
        line_number += len(rows)
        if rows:
            yield rows


def _refuse(block: str, before: int, file: ProofFile) -> None:
    for number, line in enumerate(block.splitlines(), start=before + 1):
        if LINES.fullmatch(line + "\n") is None:
            if SIGNED.fullmatch(line) is not None:
                detail = f"line {number} has a negative balance; it would lower the total"
                raise BrokenTreeError(failed("no negative balance", detail))
            raise LiabilitiesError(f"{file.name}: line {number} is not hash,value")
    raise LiabilitiesError(f"{file.name}: lines after {before} cannot be split")


def read_tree(file: ProofFile) -> Tree:
    """Return what one pass over the tree finds, every inner node recomputed.

    Children follow in the order of their parents, so a second reader of the same file meets each
    parent when its children have just been read. Raises LiabilitiesError and BrokenTreeError.
    """
    tree = Tree()
    parents = (row for rows in _node_blocks(file, Tree()) for row in rows)
    odd: list[Row] = []
    for block in _node_blocks(file, tree):
        rows = block
        if tree.nodes == 0:
            tree.root = (rows[0][0], _value(rows[0][1], file))
            rows = rows[1:]
        tree.nodes += len(block)
        rows = odd + rows
        odd = rows[-1:] if len(rows) % 2 else []
        for left, right in zip(rows[::2], rows[1::2], strict=False):
            _compare(left, right, next(parents), tree, file)
    if tree.nodes == 0:
        raise LiabilitiesError(f"{file.name} has no nodes")
    if (tree.nodes + 1).bit_count() != 1:
        detail = f"{tree.nodes:,} nodes are no full tree: one less than a power of two was expected"
        raise BrokenTreeError(failed("shape", detail))
    return tree


def _value(text: str, file: ProofFile) -> int:
    value = int(text)
    if value >= U64:
        raise LiabilitiesError(f"{file.name}: {value} does not fit into 64 bits")
    return value


def _compare(left: Row, right: Row, parent: Row, tree: Tree, file: ProofFile) -> None:
    left_value, right_value = _value(left[1], file), _value(right[1], file)
    nodes = (bytes.fromhex(left[0]), left_value), (bytes.fromhex(right[0]), right_value)
    digest, value = node_hash(*nodes).hex(), left_value + right_value
    if (digest, value) != (parent[0], int(parent[1])):
        tree.wrong_count += 1
        if len(tree.wrong) < SHOWN:
            said = f"the file says {parent[0]},{parent[1]}"
            tree.wrong.append(f"{said}, its children make {digest},{value}")


@dataclass(slots=True)
class Match:
    """The leaves of one account."""

    leaves: list[tuple[int, str, int]] = field(default_factory=list)
    """Index, hash and value of each."""

    @property
    def total(self) -> int:
        """Return the balance, in satoshis."""
        return sum(value for _, _, value in self.leaves)


class BitMex:
    """The system ``bitmex``."""

    name = "bitmex"
    scope = (
        (
            "Proven: every leaf of the published tree is counted in the total, and every node up "
            "to the root follows from its children; each child's value is hashed by itself."
        ),
        (
            "Proven for an account whose nonce is given: these leaves are its own, and their sum "
            "is its balance."
        ),
        (
            "Not proven: that every customer has leaves. Each has to look; whoever does not look "
            "can be left out."
        ),
        (
            "Among several accounts, one without leaves may have no balance, or another nonce, or "
            "be left out: that cannot be told."
        ),
        "The root must be the one that BitMEX published, and the same for everybody.",
    )

    def recognises(self, files: Sequence[ProofFile]) -> bool:
        """Return whether the first file begins with its block height."""
        if not files:
            return False
        first = files[0].head[:64].decode("utf-8-sig", "replace").partition("\n")[0]
        return HEADER.fullmatch(first.strip()) is not None

    def verify(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Recompute the whole tree of the first file; a second one names accounts."""
        if not files:
            raise LiabilitiesError("bitmex needs the file of the full tree")
        accounts = [account for file in files[1:] for account in _accounts(file)]
        return self._result(files[0], accounts, "", request)

    def include(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check that the accounts of the last file have leaves in the tree."""
        if len(files) < 2:  # noqa: PLR2004 (the tree and the customer's file)
            raise LiabilitiesError(
                "bitmex needs the full tree and a file of account,nonce",
                hint="the nonce is on the account's page, 64 hex digits",
            )
        return self.verify(files, request)

    def find(self, file: ProofFile, wanted: str, request: Request) -> LiabilitiesResult:
        """Look up the leaf with this hash, or the leaves of ``ACCOUNT:NONCE``."""
        text = wanted.strip().lower()
        account = ACCOUNT.fullmatch(text)
        if account is not None:
            number, nonce = account.groups()
            return self._result(file, [Account(int(number), bytes.fromhex(nonce))], "", request)
        if HASH.fullmatch(text) is None:
            raise LiabilitiesError(
                f"{wanted!r} is neither ACCOUNT:NONCE nor the hash of a leaf",
                hint="a nonce and a hash have 64 hex digits",
            )
        return self._result(file, [], text, request)

    def _result(
        self, file: ProofFile, accounts: list[Account], leaf: str, request: Request
    ) -> LiabilitiesResult:
        try:
            tree = read_tree(file)
        except BrokenTreeError as error:
            rest = not_possible("nodes below", "the tree cannot be followed further", needed=True)
            return LiabilitiesResult(self.name, (error.check, rest), {}, Grade.CLAIMED, self.scope)
        checks = [*_tree_checks(tree), root_check(tree.root[0], request)]
        matches, places = _leaves_of(file, tree, accounts, leaf)
        found: list[tuple[str, str]] = []
        is_only = not any(match.leaves for match in matches.values())
        for account, match in matches.items():
            checks.append(_account_check(account, match, is_only=is_only))
            places.extend(index for index, _, _ in match.leaves)
            found.append((f"account {account.number}", f"{_btc(match.total)} BTC"))
            found.extend(
                (f"leaf {index}", f"{_btc(value)} BTC") for index, _, value in match.leaves
            )
        if leaf:
            wrong = f"{leaf} is no leaf of this tree"
            checks.append(judged("found", holds=bool(places), detail=f"leaf {places}", wrong=wrong))
        is_sound = all(check.outcome is not Outcome.FAILED for check in checks)
        return LiabilitiesResult(
            system=self.name,
            checks=tuple(checks),
            totals={"BTC": Amount(tree.root[1], DECIMALS)},
            grade=Grade.PROVEN if is_sound else Grade.CLAIMED,
            scope=self.scope,
            root=tree.root[0],
            path=_path(file, tree, places[0]) if places else (),
            found=tuple(found),
            facts=(
                ("block height", str(tree.height)),
                ("nodes", f"{tree.nodes:,}"),
                ("leaves", f"{tree.leaves:,}"),
            ),
        )


def _tree_checks(tree: Tree) -> list[Check]:
    return [
        passed("shape", f"{tree.leaves:,} leaves, a power of two"),
        judged(
            "inner nodes",
            holds=not tree.wrong_count,
            detail=f"all {tree.leaves - 1:,} follow from their children, hash and sum",
            wrong=f"{tree.wrong_count:,} do not follow: {'; '.join(tree.wrong)}",
        ),
        passed("no negative balance"),
    ]


def _leaves_of(
    file: ProofFile, tree: Tree, accounts: list[Account], leaf: str
) -> tuple[dict[Account, Match], list[int]]:
    """Return the leaves of each account, and where the wanted leaf hash stands."""
    matches = {account: Match() for account in accounts}
    places: list[int] = []
    if not accounts and not leaf:
        return matches, places
    keys = [(account.key(tree.height), matches[account]) for account in accounts]
    index = 1 - tree.leaves
    for rows in _node_blocks(file, Tree()):
        for digest, text in rows:
            if index >= 0:
                if digest == leaf:
                    places.append(index)
                value = int(text)
                raw = bytes.fromhex(digest)
                for key, match in keys:
                    if leaf_hash(key, value, index) == raw:
                        match.leaves.append((index, digest, value))
            index += 1
    return matches, places


def _account_check(account: Account, match: Match, *, is_only: bool) -> Check:
    """Return what an account's leaves show; `is_only` when no account at all has any."""
    name = f"account {account.number}"
    if match.leaves:
        return passed(name, f"{len(match.leaves)} leaves with {_btc(match.total)} BTC together")
    if is_only:
        return failed(name, "no leaf is its own: left out, without balance, or another nonce")
    return not_possible(name, "no leaf is its own: right for an account without balance only")


def _btc(satoshis: int) -> str:
    return Amount(satoshis, DECIMALS).text()


def _accounts(file: ProofFile) -> list[Account]:
    accounts: list[Account] = []
    numbers: set[int] = set()
    for block in text_blocks(file):
        for line in block.splitlines():
            if not line.strip():
                continue
            found = ACCOUNT.fullmatch(line.strip().lower())
            if found is None:
                raise LiabilitiesError(
                    f"{file.name} is not a list of account,nonce",
                    hint="one line for each account: its number, a comma, 64 hex digits",
                )
            number = int(found.group(1))
            if number in numbers or len(accounts) >= ACCOUNTS:
                raise LiabilitiesError(f"{file.name}: account {number} is one too many")
            numbers.add(number)
            accounts.append(Account(number, bytes.fromhex(found.group(2))))
    if not accounts:
        raise LiabilitiesError(f"{file.name} names no account")
    return accounts


def _path(file: ProofFile, tree: Tree, index: int) -> tuple[PathStep, ...]:
    """Return the way from a leaf to the root; nodes count from 0 at the root."""
    node = tree.leaves - 1 + index
    climb: list[tuple[int, int]] = []
    while node:
        climb.append((node, ((node - 1) ^ 1) + 1))
        node = (node - 1) // 2
    wanted = {0, *(number for pair in climb for number in pair)}
    rows: dict[int, Row] = {}
    before = 0
    for block in _node_blocks(file, Tree()):
        for number in wanted:
            if before <= number < before + len(block):
                rows[number] = block[number - before]
        before += len(block)
    steps = [
        PathStep(
            level=f"level {len(climb) - height}",
            node=rows[own][0],
            sibling=rows[other][0],
            sibling_side="right" if own % 2 else "left",
            amounts=(("BTC", _btc(int(rows[own][1]))),),
        )
        for height, (own, other) in enumerate(climb)
    ]
    steps.append(PathStep("level 0", rows[0][0], amounts=(("BTC", _btc(int(rows[0][1]))),)))
    return tuple(steps)
