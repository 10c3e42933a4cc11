"""Bitget (since 2022-11): one customer's Merkle-sum path with hashes of 64 bits. Pure.

What must hold (Bitget's open-source verifier and its published example):

1. leaf = sha256(encryptUid + "," + nonce + "," + balances JSON), first 16 hex digits; coins in
   file order, amounts as quoted text (files of 2022: unquoted numbers).
2. parent = sha256(left + right + "," + sums JSON + "," + level), first 16 hex digits; level that of
   the parent. Levels count down to 1 at the root.
3. A sibling of role 0 (empty), and no other, repeats the hash of the node beside it; it has zero
   balances and stands on the right.
4. The last hash and the sums are those of the root entry.

Balances may be negative: Bitget's own published example has negative neighbours (2026-09).
"""

from __future__ import annotations

from dataclasses import dataclass

from crawler.liabilities.documents import Node, NumberText
from crawler.liabilities.interface import Check, PathStep, judged, not_possible, passed
from crawler.liabilities.paths import (
    FLAW,
    LEVELS,
    Climb,
    PathSystem,
    amounts_in,
    hash_check,
    sums_check,
)
from crawler.liabilities.sums import (
    added,
    json_of,
    plain,
    shown,
    signed_units,
    text_sha256,
    totals_of,
)

EMPTY, LEFT, RIGHT, ROOT = range(4)
HASH_DIGITS = 16
ID_LENGTH = 200


def short_hash(text: str) -> str:
    """Return the first 16 hex digits of the SHA-256 of a text."""
    return text_sha256(text)[:HASH_DIGITS]


@dataclass(frozen=True, slots=True)
class Entry:
    """One node of the proof."""

    where: Node
    role: int
    hash: str
    level: int
    balances: dict[str, int]
    texts: dict[str, str]


class Bitget(PathSystem):
    """The system ``bitget``."""

    name = "bitget"
    scope = (
        (
            "Shown: encryptUid, nonce and balances hash to a leaf from which the path leads to "
            "this root, and adds up to the sums at the root."
        ),
        (
            "Weak: hashes are cut to 64 bits. Two different leaves with one hash can be made with "
            "about 2^32 attempts, so one leaf can be shown to two customers."
        ),
        "Not proven: that the total is complete. " + FLAW,
        "Negative balances beside the path are accepted by the system and lower the total.",
        "Not covered by any hash: auditId.",
    )

    def has_form(self, keys: frozenset[str]) -> bool:
        """Return whether the members are those of a Bitget proof."""
        return {"self", "path", "merkelLeaf", "encryptUid"} <= keys

    def climb(self, proof: Node) -> Climb:
        """Return where the proof leads; amounts are hashed in quotes, or as in 2022 without."""
        quoted = self._climb(proof, quoted=True)
        if all(check.outcome != "failed" for check in quoted.checks):
            return quoted
        unquoted = self._climb(proof, quoted=False)
        if all(check.outcome != "failed" for check in unquoted.checks):
            return unquoted
        return quoted

    def _climb(self, proof: Node, *, quoted: bool) -> Climb:
        own_node = proof.member("self")
        coins = tuple(amounts_in(own_node.member("balances")))
        own = _entry(own_node, coins)
        path = [_entry(node, coins) for node in proof.member("path").items(least=2, most=LEVELS)]
        siblings, root = path[:-1], path[-1]
        _require_shape(own, siblings, root)
        identity = own_node.member("encryptUid").text(longest=ID_LENGTH)
        nonce = own_node.member("nonce").text(longest=ID_LENGTH)
        current = short_hash(f"{identity},{nonce},{json_of(own.texts, quoted=quoted)}")
        sums = own.balances
        checks = [hash_check("leaf hash", current, own.hash), _sides(own, siblings[0])]
        steps: list[PathStep] = []
        for sibling in siblings:
            checks.extend(_empty(sibling, current))
            on_left = sibling.role == LEFT
            left, right = (sibling.hash, current) if on_left else (current, sibling.hash)
            side = "left" if on_left else "right"
            level = f"level {sibling.level}"
            steps.append(PathStep(level, current, sibling.hash, side, shown(sums)))
            sums = added(sums, sibling.balances)
            text = json_of({coin: plain(sums[coin]) for coin in coins}, quoted=quoted)
            current = short_hash(f"{left}{right},{text},{sibling.level - 1}")
        steps.append(PathStep(f"level {root.level}", current, amounts=shown(sums)))
        checks.append(hash_check("root hash", current, root.hash))
        checks.append(sums_check({coin: plain(sums[coin]) for coin in coins}, root.texts))
        checks.append(_negatives([*siblings, root]))
        return Climb(
            checks=tuple(checks),
            root=current,
            totals=totals_of(sums),
            path=tuple(steps),
            found=(("encryptUid", identity), *own.texts.items()),
            facts=(("amounts hashed", "in quotes" if quoted else "without quotes"),),
        )


def _entry(node: Node, coins: tuple[str, ...]) -> Entry:
    entries = amounts_in(node.member("balances"))
    if tuple(entries) != coins:
        node.refuse("the balances must be of the same coins, in the same order, everywhere")
    texts = {coin: _amount_text(entries[coin]) for coin in coins}
    balances = {}
    for coin, text in texts.items():
        amount = signed_units(text)
        if amount is None or text == "-0":
            entries[coin].refuse("a balance in plain digits with at most 8 decimals was expected")
        balances[coin] = amount
    role = node.maybe("role")
    return Entry(
        where=node,
        role=role.integer(EMPTY, ROOT) if role is not None else ROOT,
        hash=node.member("merkelLeaf").hex(HASH_DIGITS),
        level=node.member("level").integer(1, LEVELS + 1),
        balances=balances,
        texts=texts,
    )


def _amount_text(node: Node) -> str:
    match node.value:
        case NumberText(text):
            return text
        case int() if not isinstance(node.value, bool):
            return str(node.value)
        case _:
            return node.text()


def _require_shape(own: Entry, siblings: list[Entry], root: Entry) -> None:
    if own.role not in {LEFT, RIGHT}:
        own.where.refuse("the customer's node must be left or right (role 1 or 2)")
    if own.level != len(siblings) + 1:
        own.where.refuse(f"level {len(siblings) + 1} was expected here, not {own.level}")
    for level, entry in zip(range(own.level, 0, -1), [*siblings, root], strict=True):
        if entry.level != level:
            entry.where.refuse(f"level {level} was expected here, not {entry.level}")
        if (entry.role == ROOT) is not (entry is root):
            entry.where.refuse("the last entry, and no other, must be the root (role 3)")


def _sides(own: Entry, sibling: Entry) -> Check:
    on_left = sibling.role != LEFT
    return judged(
        "sides",
        holds=(own.role == LEFT) is on_left,
        wrong="the customer's node and its sibling claim the same side",
    )


def _empty(sibling: Entry, current: str) -> list[Check]:
    name = f"padding at level {sibling.level}"
    if sibling.role != EMPTY:
        if sibling.hash != current:
            return []
        # On either side it would hash to the same parent, so its role has to be right.
        wrong = "a node that repeats the one beside it must be an empty one (role 0)"
        return [judged(name, holds=False, wrong=wrong)]
    holds = sibling.hash == current and not any(sibling.balances.values())
    wrong = "an empty node must repeat the hash beside it and have no balances"
    return [judged(name, holds=holds, wrong=wrong)]


def _negatives(entries: list[Entry]) -> Check:
    name = "negative balances"
    negative = [
        f"{text} {coin} at level {entry.level}"
        for entry in entries
        for coin, text in entry.texts.items()
        if entry.balances[coin] < 0
    ]
    if not negative:
        return passed(name, "none beside the path")
    detail = (
        f"{len(negative)} beside the path, for example {negative[0]}: they lower the total, and "
        "whether they are debts of customers cannot be seen"
    )
    return not_possible(name, detail)
