"""The hash tree of OKX's zk V1, and branches that leave out what other branches give. Pure.

Nodes are numbered as in a heap: root 1, children 2k and 2k+1. The leaves are permuted so that the
four points that one fold takes together are neighbours. Source: liabilities spec, section 3.4.
"""

from __future__ import annotations

from collections.abc import Sequence

from chains.signatures import keccak256


class StarkRefusedError(ValueError):
    """A sum proof of the right form does not hold; the message says at which step."""


Branch = tuple[bytes, ...]
"""A leaf and its siblings from the leaf's level up; an empty one is given by other branches."""


def slot(position: int, leaves: int) -> int:
    """Return where the domain's position stands among the leaves (at least 4).

    >>> [slot(position, 8) for position in range(8)]
    [0, 4, 1, 5, 2, 6, 3, 7]
    """
    quarter = leaves // 4
    return position // quarter + 4 * (position % quarter)


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves in domain order (a power of two of them, at least 4)."""
    level = [b""] * len(leaves)
    for position, leaf in enumerate(leaves):
        level[slot(position, len(leaves))] = leaf
    while len(level) > 1:
        level = [keccak256(level[at] + level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]


def climb(branch: Branch, position: int, leaves: int) -> bytes:
    """Return the root that one full branch leads to."""
    node, at = branch[0], slot(position, leaves)
    for sibling in branch[1:]:
        node = keccak256(sibling + node if at & 1 else node + sibling)
        at >>= 1
    return node


def _put(nodes: dict[int, bytes], index: int, value: bytes, name: str) -> None:
    if nodes.setdefault(index, value) != value:
        raise StarkRefusedError(f"{name}: two branches give different values for one node")


def _given_nodes(
    name: str, leaves: int, positions: Sequence[int], branches: Sequence[Branch]
) -> dict[int, bytes]:
    """Return the nodes that the branches write out, by their number."""
    depth = leaves.bit_length() - 1
    nodes: dict[int, bytes] = {}
    for position, branch in zip(positions, branches, strict=True):
        if len(branch) != depth + 1:
            raise StarkRefusedError(f"{name}: a branch of {len(branch)} in a tree of {depth}")
        at = leaves + slot(position, leaves)
        _put(nodes, at, branch[0], name)
        for sibling in branch[1:]:
            if sibling:
                _put(nodes, at ^ 1, sibling, name)
            at >>= 1
    return nodes


def verify_branches(
    name: str, wanted: bytes, leaves: int, positions: Sequence[int], branches: Sequence[Branch]
) -> None:
    """Check that every branch leads from its position to the root `wanted`.

    Raises StarkRefusedError for a wrong length, a contradiction, a missing node, another root.
    """
    nodes = _given_nodes(name, leaves, positions, branches)
    level = leaves
    while level > 1:
        for index in [index for index in nodes if level <= index < 2 * level and not index & 1]:
            if index + 1 in nodes:
                _put(nodes, index >> 1, keccak256(nodes[index] + nodes[index + 1]), name)
        level >>= 1
    for position in positions:
        at = leaves + slot(position, leaves)
        while at > 1:
            if at ^ 1 not in nodes:
                raise StarkRefusedError(f"{name}: a sibling is neither given nor computable")
            at >>= 1
    if nodes[1] != wanted:
        raise StarkRefusedError(f"{name}: the branches lead to another root")
