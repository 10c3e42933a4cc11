"""One sum proof (a batch's or the trunk's): strict parsing and verification. Pure.

1. The sums are elements of the field, and the coins add up to the total.
2. The proof of work holds.
3. The linear combination is of low degree.
4. At 16 points the opened values are under the data root, satisfy every constraint, and combine
   to the value under the combination's root.

Source: liabilities spec, sections 3.5 to 3.9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chains.signatures import keccak256
from crawler.liabilities.documents import Node
from crawler.liabilities.starks import field, fri, tree
from crawler.liabilities.starks.constraints import (
    Constraints,
    Point,
    Sums,
    Trace,
    factor_count,
)
from crawler.liabilities.starks.field import BLOW_UP, HASH, QUERIES, P
from crawler.liabilities.starks.tree import StarkRefusedError

POW_BITS = 20
BLOCK_ROWS = (16, 32, 64)
MOST_STEPS = 2**20
LONGEST_BRANCH = 25
MOST_COINS = 2000
_PLACES = 4
"""A spot check opens the point, the next row, the block's total, the next block."""
_NET_QUOTIENTS = 4


@dataclass(frozen=True, slots=True)
class Config:
    """The coins of a round; sums are proven for the first `main` of them."""

    coins: tuple[str, ...]
    main: int


@dataclass(frozen=True, slots=True)
class SumValues:
    """What a batch or the trunk claims to add up to."""

    coins: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True)
class _Opened:
    """One opened point other than the spot itself."""

    net: int
    coins: tuple[int, ...]
    """Empty where only their hash is given."""
    leaf: bytes


@dataclass(frozen=True, slots=True)
class _Spot:
    """One spot check: the values at the point, and the three places it looks at besides."""

    net: int
    coins: tuple[int, ...]
    identity: int
    quotients: tuple[int, ...]
    leaf: bytes
    others: tuple[_Opened, ...]


@dataclass(frozen=True, slots=True)
class SumProof:
    """A sum proof of the right form; nothing is verified yet."""

    trace: Trace
    root: bytes
    combination_root: bytes
    nonce: bytes
    branches: tuple[tree.Branch, ...]
    spots: tuple[_Spot, ...]
    combination_branches: tuple[tree.Branch, ...]
    low_degree: fri.LowDegreeProof


def parse_config(top: Node) -> Config:
    """Return the round's coins. Raises LiabilitiesError."""
    top.only("main_coins_num", "coins")
    nodes = top.member("coins").items(least=1, most=MOST_COINS)
    coins = tuple(node.text(longest=100) for node in nodes)
    if len(set(coins)) != len(coins) or "total_value" in coins:
        top.refuse("a coin stands twice, or is called total_value")
    return Config(coins, top.member("main_coins_num").integer(0, len(coins)))


def parse_values(top: Node, config: Config) -> SumValues:
    """Return the claimed sums. Raises LiabilitiesError."""
    top.only(*config.coins, "total_value")
    coins = tuple(top.member(coin).integer(0, P - 1) for coin in config.coins)
    return SumValues(coins, top.member("total_value").integer(0, P - 1))


def _hash(node: Node) -> bytes:
    return bytes.fromhex(node.hex(2 * HASH))


def _word(node: Node) -> bytes:
    found = _hash(node)
    if field.number(found) >= P:
        node.refuse("it is not an element of the field")
    return found


def _branch(node: Node, *, of_values: bool) -> tree.Branch:
    leaf, *siblings = node.items(least=1, most=LONGEST_BRANCH)
    first = _word(leaf) if of_values else _hash(leaf)
    return (first, *(b"" if item.value == "" else _hash(item) for item in siblings))


def _branches(node: Node, count: int, *, of_values: bool = True) -> tuple[tree.Branch, ...]:
    items = node.items(least=count, most=count)
    return tuple(_branch(item, of_values=of_values) for item in items)


def _words(node: Node, count: int) -> tuple[int, ...]:
    text = node.text(longest=2 * HASH * count)
    if len(text) != 2 * HASH * count:
        node.refuse(f"{count} numbers of 64 hex digits were expected")
    words = [text[at : at + 2 * HASH] for at in range(0, len(text), 2 * HASH)]
    return tuple(field.number(_word(Node(word, node.where))) for word in words)


def _coins_hash(coins: Sequence[int]) -> bytes:
    return keccak256(b"".join(map(field.word, coins)))


def _leaf(net: int, coins_hash: bytes, identity: bytes, random: bytes) -> bytes:
    return keccak256(field.word(net) + coins_hash + identity + random)


def _other(node: Node, coins: int, *, hashed: bool) -> _Opened:
    net_node, coins_node, identity, random = node.items(least=4, most=4)
    net = field.number(_word(net_node))
    values = () if hashed else _words(coins_node, coins)
    coins_hash = _hash(coins_node) if hashed else _coins_hash(values)
    return _Opened(net, values, _leaf(net, coins_hash, _word(identity), _hash(random)))


def _spot(nodes: Sequence[Node], config: Config) -> _Spot:
    count = len(config.coins)
    width = 2 + count + _NET_QUOTIENTS + 2 * config.main
    net, *rest = _words(nodes[0], width)
    coins, identity, quotients = rest[:count], rest[count], rest[count + 1 :]
    random = _coins_hash(quotients)
    return _Spot(
        net=net,
        coins=tuple(coins),
        identity=identity,
        quotients=tuple(quotients),
        leaf=_leaf(net, _coins_hash(coins), field.word(identity), random),
        others=tuple(
            _other(node, count, hashed=place == 0) for place, node in enumerate(nodes[1:])
        ),
    )


def _low_degree(node: Node) -> fri.LowDegreeProof:
    *layers, last = node.items(least=1, most=LONGEST_BRANCH)
    parsed = []
    for layer in layers:
        root, columns, rows = layer.items(least=3, most=3)
        parsed.append(
            fri.Layer(_hash(root), _branches(columns, QUERIES), _branches(rows, 4 * QUERIES))
        )
    values = tuple(_word(item) for item in last.items(least=4, most=4 * fri.LAST_BOUND))
    return fri.LowDegreeProof(tuple(parsed), values)


def _trace(top: Node) -> Trace:
    steps_node, rows_node = top.member("steps"), top.member("uts")
    steps, rows = steps_node.integer(4, MOST_STEPS - 1), rows_node.integer(1, max(BLOCK_ROWS))
    if steps & (steps - 1):
        steps_node.refuse("a power of two was expected")
    if rows not in BLOCK_ROWS or steps % rows:
        rows_node.refuse("16, 32 or 64 rows were expected, that divide the steps")
    if steps == rows:
        # Its first and last total would be one row: the line between them has no slope.
        rows_node.refuse("there is no block of rows but the empty one")
    return Trace(steps, rows)


def parse(top: Node, config: Config) -> SumProof:
    """Return the sum proof. Raises LiabilitiesError with the place of the fault."""
    top.only(
        "steps",
        "uts",
        "mtree_root",
        "l_mtree_root",
        "pow_nonce",
        "mtree_branches",
        "mtree_entries_data",
        "l_mtree_branches",
        "low_degree_proof",
    )
    count = _PLACES * QUERIES
    entries = top.member("mtree_entries_data").items(least=count, most=count)
    groups = [entries[at : at + _PLACES] for at in range(0, count, _PLACES)]
    return SumProof(
        trace=_trace(top),
        root=_hash(top.member("mtree_root")),
        combination_root=_hash(top.member("l_mtree_root")),
        nonce=_hash(top.member("pow_nonce")),
        branches=_branches(top.member("mtree_branches"), count, of_values=False),
        spots=tuple(_spot(group, config) for group in groups),
        combination_branches=_branches(top.member("l_mtree_branches"), QUERIES),
        low_degree=_low_degree(top.member("low_degree_proof")),
    )


def _point(position: int, spot: _Spot) -> Point:
    step, total, following = spot.others
    zero, digits, adding, ends, *coin_quotients = spot.quotients
    return Point(
        position=position,
        net=spot.net,
        coins=spot.coins,
        identity=spot.identity,
        net_quotients=(zero, digits, adding, ends),
        coin_quotients=tuple(coin_quotients),
        net_next=step.net,
        net_total=total.net,
        net_following=following.net,
        coins_total=total.coins,
        coins_following=following.coins,
    )


def _check_spots(proof: SumProof, values: SumValues, config: Config) -> None:
    trace = proof.trace
    spots = field.indices(proof.combination_root, trace.points)
    ahead = [BLOW_UP * rows for rows in (0, 1, trace.rows - 1, trace.rows)]
    positions = [(spot + step) % trace.points for spot in spots for step in ahead]
    tree.verify_branches("data tree", proof.root, trace.points, positions, proof.branches)
    tree.verify_branches(
        "combination tree", proof.combination_root, trace.points, spots, proof.combination_branches
    )
    opened = [leaf for spot in proof.spots for leaf in (spot.leaf, *(o.leaf for o in spot.others))]
    if opened != [branch[0] for branch in proof.branches]:
        raise StarkRefusedError("data tree: the opened values are not those of the leaves")
    constraints = Constraints(trace, Sums(values.total, values.coins[: config.main]))
    factors = field.coefficients(proof.nonce, factor_count(len(config.coins), config.main))
    for position, spot, branch in zip(spots, proof.spots, proof.combination_branches, strict=True):
        point = _point(position, spot)
        constraints.check(point)
        if constraints.combination(point, factors) != field.number(branch[0]):
            raise StarkRefusedError("combination: the opened values combine to another value")


def verify(proof: SumProof, values: SumValues, config: Config) -> None:
    """Check a sum proof. Raises StarkRefusedError, saying which step does not hold."""
    if sum(values.coins) % P != values.total:
        raise StarkRefusedError("sums: the coins do not add up to the total")
    if field.number(keccak256(proof.root + proof.nonce)) >> (8 * HASH - POW_BITS):
        raise StarkRefusedError(f"proof of work: less than {POW_BITS} bits")
    fri.verify(proof.low_degree, proof.combination_root, proof.trace.steps)
    _check_spots(proof, values, config)
