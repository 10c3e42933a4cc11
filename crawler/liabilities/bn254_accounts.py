"""What Gate, HTX and Binance have in common: a tree of accounts hashed with Poseidon. Pure.

1. Every number is an element of the field, or an unsigned number of 64 bits where amounts are.
2. The path has exactly 28 siblings; bit i of the account's index says on which side the i-th is.
3. An empty place is the leaf with id and totals zero and the commitment to no assets.

Source: liabilities spec, section 10. The rule for empty places was checked against two of Gate's
published roots of empty trees (350 and 800 assets).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crawler.liabilities.documents import Node
from crawler.liabilities.interface import PathStep
from crawler.liabilities.poseidon_bn254 import R, digest

DEPTH = 28
ELEMENT_BYTES = 32
MOST_AMOUNT = 2**64 - 1
MOST_TOTAL = 2**192 - 1
"""Far over any sum of amount times price; such a sum is not reduced in the field."""
MOST_ASSETS = 2000


@dataclass(frozen=True, slots=True)
class Names:
    """The names that one exchange's file gives to the members."""

    index: str = "AccountIndex"
    identity: str = "AccountIdHash"
    equity: str = "TotalEquity"
    debt: str = "TotalDebt"
    assets: str = "Assets"
    root: str = "Root"
    path: str = "Proof"
    more: tuple[str, ...] = ()
    """Members that this exchange has besides."""

    def all(self) -> tuple[str, ...]:
        """Return every member that the file must have."""
        own = (self.index, self.identity, self.equity, self.debt)
        return (*own, self.assets, self.root, self.path, *self.more)


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's file without the assets."""

    index: int
    identity: int
    equity: int
    debt: int
    root: int
    path: tuple[int, ...]


def hex_element(node: Node) -> int:
    """Return an element written as 64 hex digits. Raises LiabilitiesError."""
    value = int(node.hex(2 * ELEMENT_BYTES), 16)
    if value >= R:
        node.refuse("it is not an element of the field")
    return value


def base64_element(node: Node) -> int:
    """Return an element written as the base64 of 32 bytes. Raises LiabilitiesError."""
    text = node.text(longest=100)
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        node.refuse("base64 was expected")
    # a second way of writing the same bytes is refused too
    if len(raw) != ELEMENT_BYTES or base64.b64encode(raw).decode() != text:
        node.refuse(f"the base64 of {ELEMENT_BYTES} bytes was expected")
    value = int.from_bytes(raw, "big")
    if value >= R:
        node.refuse("it is not an element of the field")
    return value


def hex_of(element: int) -> str:
    """Return an element as 64 hex digits."""
    return element.to_bytes(ELEMENT_BYTES, "big").hex()


def parse(top: Node, names: Names) -> Account:
    """Return the account that a customer's file tells of. Raises LiabilitiesError."""
    top.only(*names.all())
    path = top.member(names.path).items(least=DEPTH, most=DEPTH)
    return Account(
        index=top.member(names.index).integer(0, 2**DEPTH - 1),
        identity=hex_element(top.member(names.identity)),
        equity=top.member(names.equity).integer(0, MOST_TOTAL),
        debt=top.member(names.debt).integer(0, MOST_TOTAL),
        root=hex_element(top.member(names.root)),
        path=tuple(base64_element(item) for item in path),
    )


def asset_index(node: Node, seen: set[int]) -> int:
    """Return an asset's index, which must not have been `seen`; it is added there."""
    index = node.member("Index").integer(0, MOST_ASSETS - 1)
    if index in seen:
        node.refuse(f"the asset {index} stands twice")
    seen.add(index)
    return index


def pack(values: Sequence[int]) -> list[int]:
    """Return three numbers of 64 bits to an element, with zeros at the end.

    >>> pack([1, 2, 3, 4]) == [2**128 + 2 * 2**64 + 3, 4 * 2**128]
    True
    """
    padded = [*values, *[0] * (-len(values) % 3)]
    triples = zip(padded[::3], padded[1::3], padded[2::3], strict=True)
    return [first << 128 | second << 64 | third for first, second, third in triples]


def climb(leaf: int, index: int, path: Iterable[int]) -> tuple[int, tuple[PathStep, ...]]:
    """Return the root that a leaf leads to, and the nodes on the way."""
    node, steps = leaf, []
    for height, sibling in enumerate(path):
        side = "left" if index & 1 else "right"
        steps.append(PathStep(f"height {height}", hex_of(node), hex_of(sibling), side))
        node = digest([sibling, node] if index & 1 else [node, sibling])
        index >>= 1
    steps.append(PathStep("root", hex_of(node)))
    return node, tuple(steps)


def root_of(leaf: int, index: int, path: Iterable[int]) -> int:
    """Return the root that a leaf leads to."""
    return climb(leaf, index, path)[0]


def empty_root(assets_commitment: int) -> int:
    """Return the root of a tree without accounts, from the commitment to no assets."""
    node = digest([0, 0, 0, assets_commitment])
    for _ in range(DEPTH):
        node = digest([node, node])
    return node
