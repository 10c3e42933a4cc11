"""OKX Merkle V2 (2023-03): the full tree of all customers, and a customer's place in it. Pure.

What must hold of the tree is listed in `okx_full_tree`. A customer's file:

1. userHash = sha256(nonce + JSON of the total balances).
2. Each leaf = sha256(userHash + BTC + ETH + USDT), balances as plain text.
3. The balances of the leaves (usually two) add up to the total.
4. Each leaf stands in the tree, with the same balances.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from crawler.liabilities.blocks import text_blocks
from crawler.liabilities.documents import Node, document
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
from crawler.liabilities.okx_full_tree import COINS, LINE, BrokenTreeError, Line, Tree, TreeReader
from crawler.liabilities.paths import amounts_in, hash_check, keys_in, sums_check, units_of
from crawler.liabilities.sums import added, json_of, plain, text_sha256
from crawler.models import Amount

HASH_DIGITS = 64
LEAVES = 1000
"""More leaves than the holdings of one customer are split into."""

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Customer:
    """What a customer's file says, checked in itself."""

    checks: tuple[Check, ...]
    texts: dict[str, str]
    leaves: dict[str, dict[str, str]]
    """Leaf hash -> its balances, as written."""


class OkxMerkleV2:
    """The system ``okx-merkle-v2``."""

    name = "okx-merkle-v2"
    scope = (
        (
            "Proven: every leaf of the published tree is counted in its totals, none is negative, "
            "and every node up to the root follows from the leaves."
        ),
        (
            "Not proven: that every customer has a leaf. Each has to look; whoever does not look "
            "can be left out."
        ),
        "The root must be the one on OKX's page, and the same for everybody.",
        (
            "The tree alone does not tie a leaf to its balances: that takes the customer's own "
            "file (userHash). Numbers are joined without separators before hashing."
        ),
    )

    def recognises(self, files: Sequence[ProofFile]) -> bool:
        """Return whether the first file begins with a line of a tree."""
        if not files:
            return False
        first = files[0].head.decode("utf-8-sig", "replace").partition("\n")[0].rstrip("\r")
        return LINE.fullmatch(first) is not None

    def verify(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Recompute the whole tree of the first file; further files are customers' files."""
        if not files:
            raise LiabilitiesError("okx-merkle-v2 needs the file of the full tree")
        if {"nonce", "totalBalances", "nodes"} <= keys_in(files[0].head):
            raise LiabilitiesError(
                f"{files[0].name} is a customer's file; without the tree first it proves nothing",
                hint="assay liabilities include okx-merkle-v2 TREE FILE",
            )
        customers = [_customer(document(file)) for file in files[1:]]
        return self._result(files[0], customers, request)

    def include(self, files: Sequence[ProofFile], request: Request) -> LiabilitiesResult:
        """Check that the leaves of the customer of the last file stand in the tree."""
        if len(files) < 2:  # noqa: PLR2004 (the tree and the customer's file)
            raise LiabilitiesError("okx-merkle-v2 needs the full tree and the customer's file")
        return self.verify(files, request)

    def find(self, file: ProofFile, wanted: str, request: Request) -> LiabilitiesResult:
        """Look a leaf hash up in the tree."""
        leaf = wanted.strip().lower()
        if _HASH.fullmatch(leaf) is None:
            raise LiabilitiesError(f"{wanted!r} is not the hash of a leaf: 64 hex digits")
        return self._result(file, [Customer((), {}, {leaf: {}})], request)

    def _result(
        self, file: ProofFile, customers: list[Customer], request: Request
    ) -> LiabilitiesResult:
        wanted = frozenset(leaf for customer in customers for leaf in customer.leaves)
        reader = TreeReader(file, wanted)
        checks = [check for customer in customers for check in customer.checks]
        try:
            tree = reader.read()
        except BrokenTreeError as error:
            checks.append(error.check)
            rest = "the tree could not be followed further"
            checks.append(not_possible("nodes below", rest, needed=True))
            facts = (("nodes read", f"{reader.tree.nodes:,}"),)
            return LiabilitiesResult(
                self.name, tuple(checks), {}, Grade.CLAIMED, self.scope, facts=facts
            )
        root = tree.root
        if root is None:
            raise LiabilitiesError(f"{file.name} is empty")
        checks.extend(_tree_checks(tree, root))
        checks.append(_duplicates(tree, file))
        checks.append(root_check(root[0], request))
        found: list[tuple[str, str]] = []
        for customer in customers:
            for leaf, texts in customer.leaves.items():
                checks.append(_presence(leaf, texts, tree))
                if leaf in tree.places:
                    found.extend(_position(leaf, tree))
        listed = (leaf for customer in customers for leaf in customer.leaves)
        first = next((leaf for leaf in listed if leaf in tree.places), "")
        is_sound = all(check.outcome is not Outcome.FAILED for check in checks)
        return LiabilitiesResult(
            system=self.name,
            checks=tuple(checks),
            totals={coin: _amount(total) for coin, total in zip(COINS, tree.sums, strict=True)},
            grade=Grade.PROVEN if is_sound else Grade.CLAIMED,
            scope=self.scope,
            root=root[0],
            path=tree_path(file, tree, first) if first else (),
            found=tuple(found),
            facts=(
                ("nodes", f"{tree.nodes:,}"),
                ("leaves", f"{tree.levels[-1].lines - tree.levels[-1].has_padding:,}"),
                ("levels", str(len(tree.levels))),
            ),
        )


def _tree_checks(tree: Tree, root: Line) -> list[Check]:
    sums = dict(zip(COINS, map(_text, tree.sums), strict=True))
    wrong = f"{tree.wrong_count:,} do not follow from their children: {'; '.join(tree.wrong)}"
    inner = sum(level.lines - level.has_padding for level in tree.levels[:-1])
    return [
        passed("levels", f"{len(tree.levels)} levels, each with two children for every node above"),
        judged(
            "inner nodes",
            holds=not tree.wrong_count,
            detail=f"all {inner:,} follow from their children, hash and sums",
            wrong=wrong,
        ),
        passed("no negative balance", f"none in {tree.nodes:,} nodes"),
        sums_check(sums, dict(zip(COINS, root[2:], strict=True))),
    ]


def _duplicates(tree: Tree, file: ProofFile) -> Check:
    name = "leaves are different"
    if tree.duplicates.has_suspects:
        before = sum(level.lines for level in tree.levels[:-1]) + tree.levels[-1].has_padding
        for block in text_blocks(file):
            hashes = [line[:HASH_DIGITS] for line in block.splitlines()]
            tree.duplicates.count(hashes[before:] if before < len(hashes) else ())
            before = max(0, before - len(hashes))
    repeated = tree.duplicates.repeated()
    if repeated:
        example, times = next(iter(repeated.items()))
        detail = f"{len(repeated):,} stand in the tree more than once, {example} {times} times"
        return failed(name, f"{detail}: customers who share a leaf are counted once each time")
    if not tree.duplicates.is_complete:
        return not_possible(name, "too many to be sure in bounded memory")
    return passed(name)


def _presence(leaf: str, texts: dict[str, str], tree: Tree) -> Check:
    name = f"leaf {leaf[:16]}"
    if leaf not in tree.places:
        return failed(name, f"{leaf} does not stand in the tree")
    stated = dict(zip(COINS, tree.places[leaf][1][2:], strict=True))
    if texts and stated != texts:
        wrong = f"the tree has {json_of(stated)}, the customer {json_of(texts)}"
        return failed(name, wrong)
    return passed(name, f"stands in the tree with {json_of(stated)}")


def _position(leaf: str, tree: Tree) -> list[tuple[str, str]]:
    place, line = tree.places[leaf]
    number = tree.levels[-1].lines - place
    position = (
        f"{number:,} of {tree.levels[-1].lines - tree.levels[-1].has_padding:,} from the left"
    )
    balances = ", ".join(f"{text} {coin}" for coin, text in zip(COINS, line[2:], strict=True))
    return [("leaf", leaf), ("position", position), ("balances", balances)]


def _customer(top: Node) -> Customer:
    total = top.member("totalBalances")
    totals, texts = _balances(total)
    nonce = top.member("nonce").hex(HASH_DIGITS)
    user_hash = text_sha256(nonce + json_of(texts))
    checks = [hash_check("user hash", user_hash, top.member("hash").hex(HASH_DIGITS))]
    sums = dict.fromkeys(COINS, 0)
    leaves: dict[str, dict[str, str]] = {}
    for number, node in enumerate(top.member("nodes").items(least=1, most=LEAVES), start=1):
        balances, own = _balances(node.member("balances"))
        stated = node.member("hash").hex(HASH_DIGITS)
        computed = text_sha256(user_hash + "".join(own.values()))
        checks.append(hash_check(f"leaf hash {number}", computed, stated))
        if stated in leaves:
            node.refuse("one leaf is listed twice")
        leaves[stated] = own
        sums = added(sums, balances)
    split = {coin: plain(amount) for coin, amount in sums.items()}
    checks.append(
        judged(
            "split",
            holds=split == texts and sums == totals,
            detail=f"the leaves add up to {json_of(texts)}",
            wrong=f"the leaves add up to {json_of(split)}, the total is {json_of(texts)}",
        )
    )
    return Customer(tuple(checks), texts, leaves)


def _balances(node: Node) -> tuple[dict[str, int], dict[str, str]]:
    entries = amounts_in(node)
    if sorted(entries) != sorted(COINS):
        node.refuse(f"balances of {', '.join(COINS)} were expected")
    units = {coin: units_of(entries[coin]) for coin in COINS}
    return units, {coin: entries[coin].text() for coin in COINS}


def tree_path(file: ProofFile, tree: Tree, leaf: str) -> tuple[PathStep, ...]:
    """Return the way from a leaf that was found to the root, reading the file once more."""
    wanted: list[tuple[int, int, int, bool]] = []
    place, line = tree.places[leaf]
    tops = [0]
    for level in tree.levels:
        tops.append(tops[-1] + level.lines)
    for depth in range(len(tree.levels) - 1, 0, -1):
        # File order is from right to left: even places stand on the right of their pair.
        wanted.append((depth, tops[depth] + place, tops[depth] + (place ^ 1), place % 2 == 1))
        place = place // 2 + tree.levels[depth - 1].has_padding
    lines = _lines_at(file, {number for _, own, other, _ in wanted for number in (own, other)})
    steps = [
        PathStep(
            level=f"height {tree.levels[depth].height}",
            node=lines[own][:HASH_DIGITS],
            sibling=lines[other][:HASH_DIGITS],
            sibling_side="right" if is_left else "left",
            amounts=_shown(lines[own]),
        )
        for depth, own, other, is_left in wanted
    ]
    root = tree.root or line
    steps.append(PathStep(f"height {root[1]}", root[0], amounts=_paired(root[2:])))
    return tuple(steps)


def _lines_at(file: ProofFile, numbers: set[int]) -> dict[int, str]:
    lines: dict[int, str] = {}
    before = 0
    for block in text_blocks(file):
        count = block.count("\n")
        here = sorted(number for number in numbers if before <= number < before + count)
        if here:
            split = block.splitlines()
            lines.update({number: split[number - before] for number in here})
        before += count
    return lines


def _shown(line: str) -> tuple[tuple[str, str], ...]:
    match = LINE.fullmatch(line)
    return _paired(match.groups()[2:]) if match is not None else ()


def _paired(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple(zip(COINS, texts, strict=True))


def _text(amount: Decimal) -> str:
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _amount(amount: Decimal) -> Amount:
    whole, _, fraction = _text(amount).partition(".")
    return Amount(int(whole + fraction), len(fraction))
