"""Bybit (since 2022-12): one customer's Merkle-sum path over a fixed order of coins. Pure.

What must hold (Bybit's open-source verifier and its mock proofs):

1. leaf = sha256(userHash + balances), the balances as text with eight decimals in the order of
   Bybit's table, not of the file; it is `self.hash`.
2. The first sibling stands on the other side than `self`; the side of later ones is their type.
3. parent = sha256(left + right + sums + height), sums with eight decimals in table order, height
   that of the parent; heights count 1, 2, 3 ...
4. A padding node (type 4, or a right one) repeats the hash of the node it stands beside, and has
   zero balances.
5. The last hash, the sums and the height are those of the root entry.

The first proofs (2022, four coins) write USDT and USDC with four decimals.
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
from crawler.liabilities.sums import DECIMALS, ONE, added, padded, shown, text_sha256, totals_of

ORDER = (
    "AGLA", "APT", "ATOM", "AVAX", "BIT", "MNT", "BTC", "BUSD", "DAI", "DOGE", "DOT", "DYDX",
    "EOS", "A", "ETH", "FTM", "S", "LTC", "MATIC", "POL", "SOL", "USDC", "USDT", "XRP", "SHIB",
    "OP", "SAND", "LDO", "LINK", "COMP", "UNI", "MANA", "CRV", "BLUR", "SUSHI", "PEPE", "WLD",
    "BEAM", "AGI", "FET", "IMX", "RNDR", "RENDER", "GALA", "APEX", "SHRAP", "USDE", "GRAM",
    "XAUT", "HYPE", "STABLE", "ENA", "ARB", "ASTER", "ONDO", "AAVE", "USD1",
)  # fmt: skip
"""Every coin that a proof has had, in hashing order. A renamed coin stands in the place of its
old name (BIT MNT, EOS A, FTM S, MATIC POL, RNDR RENDER), and no proof has both."""

RENAMED = (("BIT", "MNT"), ("EOS", "A"), ("FTM", "S"), ("MATIC", "POL"), ("RNDR", "RENDER"))

FIRST_ORDER = ("BTC", "ETH", "USDT", "USDC")
SHORT_COINS = frozenset({"USDT", "USDC"})
"""Coins with four decimals in the first proofs."""

LEFT, RIGHT, ROOT, PADDING = 1, 2, 3, 4
HASH_DIGITS = 64
SHORT_DECIMALS = 4


def order_of(coins: frozenset[str]) -> tuple[str, ...] | None:
    """Return the coins of a proof in hashing order, or None when the table does not know one.

    >>> order_of(frozenset({"USDT", "ETH", "BTC", "SOL"}))
    ('BTC', 'ETH', 'SOL', 'USDT')
    """
    if coins == frozenset(FIRST_ORDER):
        return FIRST_ORDER
    if not coins <= frozenset(ORDER) or any(coins >= {old, new} for old, new in RENAMED):
        return None
    return tuple(coin for coin in ORDER if coin in coins)


def amount_text(coin: str, amount: int, coins: tuple[str, ...]) -> str:
    """Return a balance as it is hashed; `amount` in units of 10**-8, cut towards zero."""
    text = padded(amount)
    return text[:-SHORT_DECIMALS] if coins == FIRST_ORDER and coin in SHORT_COINS else text


def sums_text(sums: dict[str, int], coins: tuple[str, ...]) -> str:
    """Return all balances joined as they are hashed."""
    return "".join(amount_text(coin, sums[coin], coins) for coin in coins)


@dataclass(frozen=True, slots=True)
class Entry:
    """One node of the proof."""

    where: Node
    kind: int
    hash: str
    height: int
    balances: dict[str, int]
    texts: dict[str, str]


class Bybit(PathSystem):
    """The system ``bybit``."""

    name = "bybit"
    scope = (
        (
            "Proven: userHash and the balances are a leaf under this root, and the path adds up to "
            "the sums at the root."
        ),
        (
            "Not proven: that userHash is the customer's (its rule is not checked); compare it "
            "with the one in the account."
        ),
        "Not proven: that the total is complete. " + FLAW,
        "Not covered by any hash: auditId, nonce, and whether padding is of type 2 or 4.",
    )

    def has_form(self, keys: frozenset[str]) -> bool:
        """Return whether the members are those of a Bybit proof."""
        return {"self", "path", "balance", "userHash"} <= keys

    def climb(self, proof: Node) -> Climb:
        """Return where the proof leads."""
        own_node = proof.member("self")
        coins = _coins(own_node)
        own = _entry(own_node, coins)
        path = [_entry(node, coins) for node in proof.member("path").items(least=2, most=LEVELS)]
        siblings, root = path[:-1], path[-1]
        _require_shape(own, siblings, root)
        user_hash = own_node.member("userHash").hex(HASH_DIGITS)
        joined = "".join(own.texts[coin] for coin in coins)
        current, sums = text_sha256(user_hash + joined), own.balances
        other_side = (siblings[0].kind == LEFT) is (own.kind == RIGHT)
        checks = [
            hash_check("leaf hash", current, own.hash),
            judged("sides", holds=other_side, wrong="the first sibling claims the same side"),
        ]
        steps: list[PathStep] = []
        for sibling in siblings:
            checks.extend(_padding(sibling, current))
            on_left = sibling.kind == LEFT
            left, right = (sibling.hash, current) if on_left else (current, sibling.hash)
            side = "left" if on_left else "right"
            level = f"height {sibling.height}"
            steps.append(PathStep(level, current, sibling.hash, side, shown(sums)))
            sums = _cut(added(sums, sibling.balances), coins)
            height = sibling.height + 1
            current = text_sha256(f"{left}{right}{sums_text(sums, coins)}{height}")
        steps.append(PathStep(f"height {root.height}", current, amounts=shown(sums)))
        checks.append(hash_check("root hash", current, root.hash))
        computed = {coin: amount_text(coin, sums[coin], coins) for coin in coins}
        checks.append(sums_check(computed, root.texts))
        return Climb(
            checks=tuple(checks),
            root=current,
            totals=totals_of(sums),
            path=tuple(steps),
            found=(("userHash", user_hash), *own.texts.items()),
        )


def _coins(own: Node) -> tuple[str, ...]:
    node = own.member("balance")
    entries = amounts_in(node)
    coins = order_of(frozenset(entries))
    if coins is None:
        node.refuse("coins that are in no version of Bybit's table of coins")
    if coins == FIRST_ORDER and len(entries["USDT"].text().partition(".")[2]) == DECIMALS:
        # Not a proof of 2022, whatever its coins: all are in full, in the later order.
        return tuple(coin for coin in ORDER if coin in entries)
    return coins


def _entry(node: Node, coins: tuple[str, ...]) -> Entry:
    entries = amounts_in(node.member("balance"))
    if frozenset(entries) != frozenset(coins):
        node.refuse("the balances must be of the same coins everywhere")
    texts = {coin: entries[coin].text() for coin in coins}
    balances = {coin: units_of(entries[coin]) for coin in coins}
    for coin in coins:
        if texts[coin] != amount_text(coin, balances[coin], coins):
            entries[coin].refuse("a balance is written with all its decimals in these proofs")
    return Entry(
        where=node,
        kind=node.member("type").integer(LEFT, PADDING),
        hash=node.member("hash").hex(HASH_DIGITS),
        height=node.member("height").integer(1, LEVELS + 1),
        balances=balances,
        texts=texts,
    )


def _require_shape(own: Entry, siblings: list[Entry], root: Entry) -> None:
    if own.kind not in {LEFT, RIGHT} or own.height != 1:
        own.where.refuse("the customer's node must be left or right (type 1 or 2), at height 1")
    for height, entry in enumerate([*siblings, root], start=1):
        if entry.height != height:
            entry.where.refuse(f"height {height} was expected here, not {entry.height}")
        if (entry.kind == ROOT) is not (entry is root):
            entry.where.refuse("the last entry, and no other, must be the root (type 3)")


def _padding(sibling: Entry, current: str) -> list[Check]:
    """Return the check of a node that is padding, or that stands where only padding may."""
    name = f"padding at height {sibling.height}"
    repeats = sibling.hash == current
    if sibling.kind == PADDING:
        wrong = "a padding node must repeat the hash of the node beside it and have no balance"
        return [judged(name, holds=repeats and not any(sibling.balances.values()), wrong=wrong)]
    if repeats and (sibling.kind == LEFT or any(sibling.balances.values())):
        wrong = "a node that repeats the one beside it must be padding: on the right, no balance"
        return [judged(name, holds=False, wrong=wrong)]
    return []


def _cut(sums: dict[str, int], coins: tuple[str, ...]) -> dict[str, int]:
    """Return the sums without the digits that the first proofs did not write."""
    if coins != FIRST_ORDER:
        return sums
    step = ONE // 10**SHORT_DECIMALS
    return {c: amount - amount % step if c in SHORT_COINS else amount for c, amount in sums.items()}
