"""MEXC: one customer's Merkle-sum path with hashes of 128 bits. Pure.

What must hold (MEXC's open-source verifier and its published example):

1. leaf = sha256(proofId + "," + accountId + "," + "COIN:amount,..."), coins sorted, first 32 hex
   digits; it is `self.hash`.
2. parent = sha256(left + "," + right + "," + "COIN:sum,..."), first 32 hex digits. A level without
   sibling, or with an empty hash, has an empty right hash and leaves the sums as they are; with a
   sibling, BTC, ETH, USDC and USDT are among the sums even at 0.
3. A sibling's type is its side; the climbing node stands on the other, and on the left when it is
   alone.
4. The last hash is that of the root entry. Sums at the root are compared besides.
"""

from __future__ import annotations

from dataclasses import dataclass

from crawler.liabilities.documents import Node
from crawler.liabilities.interface import Check, PathStep, judged
from crawler.liabilities.paths import (
    FLAW,
    LEVELS,
    Climb,
    PathSystem,
    amounts_in,
    hash_check,
    sums_check,
    units_of,
)
from crawler.liabilities.sums import plain, shown, text_sha256, totals_of

LEFT, RIGHT, ROOT = 1, 2, 3
HASH_DIGITS = 32
ALWAYS = ("BTC", "ETH", "USDC", "USDT")
"""Coins that a sum of two nodes always names."""


def short_hash(text: str) -> str:
    """Return the first 32 hex digits of the SHA-256 of a text."""
    return text_sha256(text)[:HASH_DIGITS]


def listed(texts: dict[str, str]) -> str:
    """Return ``COIN:amount`` of every coin, sorted and joined by commas.

    >>> listed({"ETH": "1", "BTC": "0.5"})
    'BTC:0.5,ETH:1'
    """
    return ",".join(f"{coin}:{texts[coin]}" for coin in sorted(texts))


def merged(balances: dict[str, int], sibling: dict[str, int]) -> dict[str, int]:
    """Return the sums of two nodes, sorted by coin."""
    coins = sorted({*balances, *sibling, *ALWAYS})
    return {coin: balances.get(coin, 0) + sibling.get(coin, 0) for coin in coins}


@dataclass(frozen=True, slots=True)
class Entry:
    """One node of the path."""

    where: Node
    level: int
    side: int
    hash: str
    """Empty for a sibling that is not there."""
    balances: dict[str, int]
    texts: dict[str, str]


class Mexc(PathSystem):
    """The system ``mexc``."""

    name = "mexc"
    scope = (
        (
            "Shown: proofId, accountId and balances hash to a leaf from which the path leads to "
            "this root, and adds up to the sums at the root."
        ),
        "Weak: hashes are cut to 128 bits, and a node's level is not hashed.",
        "Not proven: that the total is complete. " + FLAW,
        (
            "Sums are written as text without a fixed set of coins; a coin that is nowhere on the "
            "path is not shown at all. The account id is small enough to be guessed from the leaf."
        ),
    )

    def has_form(self, keys: frozenset[str]) -> bool:
        """Return whether the members are those of a MEXC proof."""
        return {"self", "pathList", "proofId"} <= keys

    def climb(self, proof: Node) -> Climb:
        """Return where the proof leads."""
        own_node = proof.member("self")
        own = _entry(own_node)
        entries = [_entry(node) for node in proof.member("pathList").items(least=1, most=LEVELS)]
        levels = _levels(own, entries)
        root = entries[-1]
        proof_id = own_node.member("proofId").text(longest=200)
        account = own_node.member("accountId").text(longest=200)
        current = short_hash(f"{proof_id},{account},{listed(own.texts)}")
        checks = [hash_check("leaf hash", current, own.hash)]
        sums = own.balances
        steps: list[PathStep] = []
        for level in range(root.level):
            sibling = levels.get(level)
            if level == 0:
                checks.append(_sides(own, sibling))
            other = sibling.hash if sibling is not None else ""
            on_left = _stands_left(own, sibling, level)
            left, right = (current, other) if on_left else (other, current)
            side = "" if not other else "right" if on_left else "left"
            steps.append(PathStep(f"level {level}", current, other, side, shown(sums)))
            if sibling is not None and other:
                sums = merged(sums, sibling.balances)
            texts = {coin: plain(amount) for coin, amount in sums.items()}
            current = short_hash(f"{left},{right},{listed(texts)}")
        steps.append(PathStep(f"level {root.level}", current, amounts=shown(sums)))
        checks.append(hash_check("root hash", current, root.hash))
        checks.append(sums_check(_without_zeros(sums), _without_zeros(root.balances)))
        return Climb(
            checks=tuple(checks),
            root=current,
            totals=totals_of(sums),
            path=tuple(steps),
            found=(("accountId", account), *own.texts.items()),
        )


def _entry(node: Node) -> Entry:
    members = node.member("balances").members()
    entries = amounts_in(node.member("balances")) if members else {}
    text = node.member("hash").text()
    return Entry(
        where=node,
        level=node.member("level").integer(0, LEVELS),
        side=node.member("type").integer(LEFT, ROOT),
        hash=node.member("hash").hex(HASH_DIGITS) if text else "",
        balances={coin: units_of(entry) for coin, entry in sorted(entries.items())},
        texts={coin: entry.text() for coin, entry in entries.items()},
    )


def _levels(own: Entry, entries: list[Entry]) -> dict[int, Entry]:
    """Return the siblings by level, having checked levels, types and what is empty."""
    root, siblings = entries[-1], entries[:-1]
    if own.level != 0 or own.side == ROOT or not own.hash or not own.balances:
        own.where.refuse("the customer's node must be left or right, at level 0, with a hash")
    if root.side != ROOT or not root.hash:
        root.where.refuse("the last entry must be the root (type 3)")
    if not 1 <= root.level <= LEVELS:
        root.where.refuse(f"the root must be at level 1 to {LEVELS}")
    before = -1
    for sibling in siblings:
        if not before < sibling.level < root.level:
            sibling.where.refuse("levels must grow up to the root's")
        if sibling.side == ROOT:
            sibling.where.refuse("only the last entry may be the root")
        if not sibling.hash and (sibling.side == LEFT or any(sibling.balances.values())):
            sibling.where.refuse("a sibling without hash must be on the right and have no balance")
        before = sibling.level
    return {sibling.level: sibling for sibling in siblings}


def _stands_left(own: Entry, sibling: Entry | None, level: int) -> bool:
    if level == 0:
        return own.side == LEFT
    return sibling is None or sibling.side == RIGHT


def _sides(own: Entry, sibling: Entry | None) -> Check:
    holds = own.side == LEFT if sibling is None else sibling.side != own.side
    return judged("sides", holds=holds, wrong="the customer's node and its sibling do not fit")


def _without_zeros(sums: dict[str, int]) -> dict[str, str]:
    return {coin: plain(amount) for coin, amount in sums.items() if amount}
