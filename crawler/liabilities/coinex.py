"""CoinEx: one customer's Merkle-sum path. Pure.

What must hold (CoinEx's documentation and its published example):

1. leaf = sha256(nonce + balances JSON), coins sorted, amounts as quoted plain text.
2. parent = sha256(left + right + sums JSON); a level without sibling (``{}``) has an empty right
   hash, and the sums stay as they are.
3. The last hash and the sums are those of the root entry.

CoinEx's program of 2023 doubles the hash where there is no sibling; its own example does not
verify that way, but as written here.
"""

from __future__ import annotations

from crawler.liabilities.documents import Node
from crawler.liabilities.interface import PathStep
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
from crawler.liabilities.sums import json_of, plain, shown, text_sha256, totals_of

HASH_DIGITS = 64
SIDES = ("left", "right")


def sorted_json(balances: dict[str, int]) -> str:
    """Return balances (units of 10**-8) as JSON text, coins sorted, amounts plain and quoted.

    >>> sorted_json({"USDT": 150000000, "BTC": 0})
    '{"BTC":"0","USDT":"1.5"}'
    """
    return json_of({coin: plain(balances[coin]) for coin in sorted(balances)})


class CoinEx(PathSystem):
    """The system ``coinex``."""

    name = "coinex"
    scope = (
        (
            "Proven: the customer's nonce and balances are a leaf under this root, and the path "
            "adds up to the sums at the root."
        ),
        "Not proven: that the total is complete. " + FLAW,
        "Heights are not hashed; a coin that is nowhere on the path is not shown at all.",
    )

    def has_form(self, keys: frozenset[str]) -> bool:
        """Return whether the members are those of a CoinEx proof."""
        return {"root", "self", "path", "nonce"} <= keys and not {"height", "level"} & keys

    def climb(self, proof: Node) -> Climb:
        """Return where the proof leads."""
        own = proof.member("self")
        texts = {coin: entry.text() for coin, entry in amounts_in(own.member("balances")).items()}
        sums = _balances(own)
        nonce = own.member("nonce").hex(HASH_DIGITS)
        current = text_sha256(nonce + json_of({coin: texts[coin] for coin in sorted(texts)}))
        steps: list[PathStep] = []
        for height, sibling in enumerate(proof.member("path").items(most=LEVELS), start=1):
            other, side = "", ""
            before = sums
            if sibling.members():
                sibling.only("balances", "hash", "pos")
                other, side = sibling.member("hash").hex(HASH_DIGITS), _side(sibling)
                beside = _balances(sibling)
                coins = sorted({*sums, *beside})
                sums = {coin: sums.get(coin, 0) + beside.get(coin, 0) for coin in coins}
            steps.append(PathStep(f"height {height}", current, other, side, shown(before)))
            left, right = (other, current) if side == "left" else (current, other)
            current = text_sha256(left + right + sorted_json(sums))
        steps.append(PathStep("root", current, amounts=shown(sums)))
        root = proof.member("root")
        stated = {coin: plain(amount) for coin, amount in _balances(root).items()}
        return Climb(
            checks=(
                hash_check("root hash", current, root.member("hash").hex(HASH_DIGITS)),
                sums_check({coin: plain(amount) for coin, amount in sums.items()}, stated),
            ),
            root=current,
            totals=totals_of(sums),
            path=tuple(steps),
            found=tuple(texts.items()),
        )


def _balances(node: Node) -> dict[str, int]:
    """Return the balances of a node, coins sorted; none at all is an empty object here."""
    balances = node.member("balances")
    if not balances.members():
        return {}
    return {coin: units_of(entry) for coin, entry in sorted(amounts_in(balances).items())}


def _side(sibling: Node) -> str:
    side = sibling.member("pos").text()
    if side not in SIDES:
        sibling.refuse("pos must be left or right")
    return side
