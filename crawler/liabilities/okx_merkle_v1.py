"""OKX Merkle V1 (2022-11 to 2023-02): one customer's Merkle-sum path. Pure.

What must hold (OKX's open-source verifier and the example proof published with it):

1. leaf = sha256(nonce + balances JSON), both as text; it is `self.hash`.
2. The first sibling stands on the other side than `self`; its own leaf hash holds when its
   nonce is given.
3. parent = sha256(left + right + BTC + ETH + USDT + height), hashes as hex text, sums in plain
   text, height that of the parent.
4. Heights count 1, 2, 3 ... without a gap; a padding node (type 4), and no other, has the hash of
   the node it stands beside, and zero balances.
5. The last hash, the three sums and the height are those of the root entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from crawler.liabilities.documents import Node
from crawler.liabilities.interface import Check, PathStep, judged, passed
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
from crawler.liabilities.sums import added, json_of, plain, shown, text_sha256, totals_of

COINS = ("BTC", "ETH", "USDT")
HASH_DIGITS = 64


class Kind(IntEnum):
    """The `type` of a node."""

    LEFT = 1
    RIGHT = 2
    ROOT = 3
    PADDING = 4


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One entry of the proof."""

    where: Node
    kind: Kind
    hash: str
    height: int
    balances: dict[str, int]
    texts: dict[str, str]
    """The balances as they are written."""
    nonce: str = ""


def leaf_hash(nonce: str, texts: dict[str, str]) -> str:
    """Return the hash of a leaf; `texts` in the order BTC, ETH, USDT."""
    return text_sha256(nonce + json_of(texts))


def parent_hash(left: str, right: str, sums: dict[str, int], height: int) -> str:
    """Return the hash of the parent at `height`, whose sums are `sums` (units of 10**-8)."""
    return text_sha256(f"{left}{right}{''.join(plain(sums[coin]) for coin in COINS)}{height}")


class OkxMerkleV1(PathSystem):
    """The system ``okx-merkle-v1``."""

    name = "okx-merkle-v1"
    scope = (
        (
            "Proven: the customer's nonce and balances are a leaf under this root, and the path "
            "adds up to the sums at the root."
        ),
        "Not proven: that the total is complete. " + FLAW,
        "The root must be the one on OKX's page; the file alone proves nothing.",
        (
            "Numbers are joined without separators before hashing, so a hash can be read in more "
            "than one way. Not covered by any hash: auditId."
        ),
    )

    def has_form(self, keys: frozenset[str]) -> bool:
        """Return whether the members are those of a V1 proof (Bybit's has `userHash` besides)."""
        return {"self", "path", "balances", "height", "nonce"} <= keys and "userHash" not in keys

    def climb(self, proof: Node) -> Climb:
        """Return where the proof leads."""
        own = _node(proof.member("self"), needs_nonce=True)
        entries = [_node(entry) for entry in proof.member("path").items(least=2, most=LEVELS)]
        siblings, root = entries[:-1], entries[-1]
        _require_shape(own, siblings, root)
        leaf = leaf_hash(own.nonce, own.texts)
        checks = [hash_check("leaf hash", leaf, own.hash), *_neighbour(siblings[0])]
        on_left = own.kind is Kind.LEFT
        current, sums = leaf, own.balances
        steps: list[PathStep] = []
        for sibling in siblings:
            sibling_left = sibling.kind is Kind.LEFT
            if sibling is siblings[0]:
                holds = sibling_left is not on_left
                wrong = "the customer's node and its sibling claim the same side"
                checks.append(judged("sides", holds=holds, wrong=wrong))
                sibling_left = not on_left
            checks.extend(_padding(sibling, current))
            left, right = (sibling.hash, current) if sibling_left else (current, sibling.hash)
            side = "left" if sibling_left else "right"
            level = f"height {sibling.height}"
            steps.append(PathStep(level, current, sibling.hash, side, shown(sums)))
            sums = added(sums, sibling.balances)
            current = parent_hash(left, right, sums, sibling.height + 1)
        steps.append(PathStep(f"height {root.height}", current, amounts=shown(sums)))
        computed = {coin: plain(sums[coin]) for coin in COINS}
        checks.append(hash_check("root hash", current, root.hash))
        checks.append(sums_check(computed, root.texts))
        return Climb(
            checks=tuple(checks),
            root=current,
            totals=totals_of(sums),
            path=tuple(steps),
            found=tuple(own.texts.items()),
        )


def _node(node: Node, *, needs_nonce: bool = False) -> TreeNode:
    texts = {coin: entry.text() for coin, entry in amounts_in(node.member("balances")).items()}
    if sorted(texts) != sorted(COINS):
        node.refuse(f"balances of {', '.join(COINS)} were expected")
    balances = {coin: units_of(node.member("balances").member(coin)) for coin in COINS}
    nonce = node.member("nonce") if needs_nonce else node.maybe("nonce")
    return TreeNode(
        where=node,
        kind=Kind(node.member("type").integer(Kind.LEFT, Kind.PADDING)),
        hash=node.member("hash").hex(HASH_DIGITS),
        height=node.member("height").integer(1, LEVELS + 1),
        balances=balances,
        texts={coin: texts[coin] for coin in COINS},
        nonce=nonce.hex(HASH_DIGITS) if nonce is not None else "",
    )


def _require_shape(own: TreeNode, siblings: list[TreeNode], root: TreeNode) -> None:
    if own.kind not in {Kind.LEFT, Kind.RIGHT}:
        own.where.refuse("the customer's node must be of type 1 or 2")
    if own.height != 1:
        own.where.refuse("the customer's node must be at height 1")
    for height, entry in enumerate([*siblings, root], start=1):
        if entry.height != height:
            entry.where.refuse(f"height {height} was expected here, not {entry.height}")
    if root.kind is not Kind.ROOT:
        root.where.refuse("the last entry must be the root (type 3)")
    for sibling in siblings:
        if sibling.kind is Kind.ROOT:
            sibling.where.refuse("only the last entry may be the root")
        # Above the leaves a node's sums were computed, and computed sums are in plain text.
        if sibling.height > 1 and any(
            plain(sibling.balances[coin]) != text for coin, text in sibling.texts.items()
        ):
            sibling.where.refuse("sums must be written without needless zeros")


def _neighbour(sibling: TreeNode) -> list[Check]:
    if not sibling.nonce or sibling.kind is Kind.PADDING:
        return []
    found = leaf_hash(sibling.nonce, sibling.texts)
    return [hash_check("neighbour's leaf hash", found, sibling.hash)]


def _padding(sibling: TreeNode, current: str) -> list[Check]:
    name = f"padding at height {sibling.height}"
    if sibling.kind is not Kind.PADDING:
        if sibling.hash != current:
            return []
        # On either side it would hash to the same parent, so its type has to be right.
        wrong = "a node that repeats the one beside it must be a padding node (type 4)"
        return [judged(name, holds=False, wrong=wrong)]
    if any(sibling.balances.values()):
        return [judged(name, holds=False, wrong="a padding node has a balance")]
    if sibling.hash != current:
        wrong = "a padding node must repeat the hash of the node beside it"
        return [judged(name, holds=False, wrong=wrong)]
    return [passed(name)]
