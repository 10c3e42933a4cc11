"""A prover for the sum proofs of OKX's zk V1, and the files of a whole small round.

Polynomials are evaluated term by term: good for some dozens of rows. The proof of work is as
light as `POW_BITS` here says, which the tests set in the verifier too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chains.signatures import keccak256
from crawler.liabilities.starks import field, tree
from crawler.liabilities.starks.constraints import (
    Constraints,
    Point,
    Sums,
    Trace,
    factor_count,
)
from crawler.liabilities.starks.field import P, word

POW_BITS = 6
COINS = ("BTC", "ETH", "AAA")
MAIN = 2
CONFIG = {"main_coins_num": MAIN, "coins": list(COINS)}
Json = dict[str, object]


@dataclass(frozen=True)
class User:
    """One row: the id and the balances."""

    identity: bytes
    coins: tuple[int, ...]

    @property
    def net(self) -> int:
        return sum(self.coins)


def evaluate(coefficients: Sequence[int], points: Sequence[int]) -> list[int]:
    found = []
    for point in points:
        total = 0
        for coefficient in reversed(coefficients):
            total = (total * point + coefficient) % P
        found.append(total)
    return found


def interpolate(values: Sequence[int]) -> list[int]:
    """Return the coefficients of the polynomial with these values on the subgroup of their size."""
    size = len(values)
    inverse = pow(field.root_of_unity(size), -1, P)
    scale = pow(size, -1, P)
    powers = [pow(inverse, exponent, P) for exponent in range(size)]
    return [
        sum(value * powers[row * degree % size] for row, value in enumerate(values)) * scale % P
        for degree in range(size)
    ]


class Batch:
    """A batch of users (or the trunk, whose users are batches), with its proof."""

    def __init__(
        self, users: Sequence[User], rows: int, *, claimed: Sequence[int] | None = None
    ) -> None:
        """Prove `users`; `claimed` are dishonest sums of the coins."""
        self.users = users
        blocks = 1
        while blocks < len(users) + 1:
            blocks *= 2
        self.trace = Trace(steps=rows * blocks, rows=rows)
        honest = [sum(user.coins[place] for user in users) % P for place in range(len(COINS))]
        self.sums = list(claimed or honest)
        self.total = sum(self.sums) % P
        self.generator = field.root_of_unity(self.trace.points)
        self.points = [pow(self.generator, place, P) for place in range(self.trace.points)]
        self.constraints = Constraints(self.trace, Sums(self.total, tuple(self.sums[:MAIN])))
        self._commit()

    def _columns(self) -> tuple[list[list[int]], dict[int, bytes]]:
        """Return the traces of net value and coins, and the ids by row."""
        rows, steps = self.trace.rows, self.trace.steps
        traces = [[0] * steps for _ in range(1 + len(COINS))]
        identities = {}
        totals = [0] * (1 + len(COINS))
        for block in range(self.trace.blocks):
            at = rows * block
            if 0 < block <= len(self.users):
                user = self.users[block - 1]
                for place in range(rows - 2):
                    traces[0][at + place] = user.net >> (2 * (rows - 2 - place))
                for column, value in enumerate((user.net, *user.coins)):
                    traces[column][at + rows - 2] = value % P
                    totals[column] += value
                identities[at + rows - 2] = user.identity
            for column, value in enumerate(totals):
                traces[column][at + rows - 1] = value % P
        return traces, identities

    def _commit(self) -> None:
        traces, identities = self._columns()
        self.columns = [evaluate(interpolate(trace), self.points) for trace in traces]
        self.identities = {16 * row: value for row, value in identities.items()}
        self.quotients = [self._quotients(place) for place in range(self.trace.points)]
        self.leaves = [self._leaf(place) for place in range(self.trace.points)]
        self.root = tree.root(self.leaves)
        nonce = 0
        while field.number(keccak256(self.root + word(nonce))) >> (256 - POW_BITS):
            nonce += 1
        self.nonce = word(nonce)
        factors = field.coefficients(self.nonce, factor_count(len(COINS), MAIN))
        self.combined = [
            word(self.constraints.combination(self.point(place), factors) if place % 16 else 0)
            for place in range(self.trace.points)
        ]
        self.combination_root = tree.root(self.combined)

    def _quotients(self, place: int) -> tuple[int, ...]:
        """Return the quotients at a point: what the constraints leave, divided out."""
        width = 4 + 2 * MAIN
        if place % 16 == 0:
            return (0,) * width
        size, rows, blocks = self.trace.points, self.trace.rows, self.trace.blocks
        x, ahead = self.points[place], [16, 16 * (rows - 1), 16 * rows]
        first = self.points[16 * (rows - 1)]
        last = self.points[16 * (self.trace.steps - 1)]
        x_blocks = pow(x, blocks, P)
        total_rows, value_rows = pow(first, blocks, P), pow(self.points[16 * (rows - 2)], blocks, P)
        found = []
        for column, claimed in enumerate((self.total, *self.sums[:MAIN])):
            values = self.columns[column]
            here, (after, total, following) = (
                values[place],
                (values[(place + step) % size] for step in ahead),
            )
            if column == 0:
                digit = after - 4 * here
                product = digit * (digit - 1) * (digit - 2) * (digit - 3)
                product *= (x_blocks - value_rows) * (x_blocks - total_rows)
                found += [
                    here * pow(x_blocks - 1, -1, P),
                    product * pow(pow(x, self.trace.steps, P) - 1, -1, P),
                ]
            line = claimed * (x - first) * pow(last - first, -1, P)
            found += [
                (following - total - here) * (x - last) * pow(x_blocks - total_rows, -1, P),
                (here - line) * pow((x - first) * (x - last), -1, P),
            ]
        return tuple(value % P for value in found)

    def _identity(self, place: int) -> bytes:
        return self.identities.get(place, bytes(32))

    def random(self, place: int) -> bytes:
        return keccak256(b"".join(map(word, self.quotients[place])))

    def coins(self, place: int) -> list[int]:
        return [column[place] for column in self.columns[1:]]

    def _leaf(self, place: int) -> bytes:
        coins = keccak256(b"".join(map(word, self.coins(place))))
        net = word(self.columns[0][place])
        return keccak256(net + coins + self._identity(place) + self.random(place))

    def point(self, place: int) -> Point:
        size, rows = self.trace.points, self.trace.rows
        following, total = (place + 16 * rows) % size, (place + 16 * (rows - 1)) % size
        zero, digits, adding, ends, *coins = self.quotients[place]
        return Point(
            position=place,
            net=self.columns[0][place],
            coins=tuple(self.coins(place)),
            identity=0,
            net_quotients=(zero, digits, adding, ends),
            coin_quotients=tuple(coins),
            net_next=self.columns[0][(place + 16) % size],
            net_total=self.columns[0][total],
            net_following=self.columns[0][following],
            coins_total=tuple(self.coins(total)),
            coins_following=tuple(self.coins(following)),
        )

    def _entry(self, place: int, kind: int) -> object:
        net, coins = word(self.columns[0][place]).hex(), b"".join(map(word, self.coins(place)))
        if kind == 0:
            return net + (coins + bytes(32) + b"".join(map(word, self.quotients[place]))).hex()
        shown = keccak256(coins) if kind == 1 else coins
        return [net, shown.hex(), self._identity(place).hex(), self.random(place).hex()]

    def low_degree(self) -> list[object]:
        layers: list[object] = []
        values, bound, positions = self.combined, 4 * self.trace.steps, None
        while bound > 16:
            quarter = len(values) // 4
            generator = field.root_of_unity(len(values))
            challenge = field.number(tree.root(values)) % P
            folded = []
            for place in range(quarter):
                four = [place + turn * quarter for turn in range(4)]
                xs = [pow(generator, at, P) for at in four]
                ys = [field.number(values[at]) for at in four]
                folded.append(word(field.interpolate(xs, ys, [challenge])[0]))
            root = tree.root(folded)
            if positions is None:
                positions = field.indices(root, quarter)
            positions = [place % quarter for place in positions]
            opened = [place + turn * quarter for place in positions for turn in range(4)]
            layers.append([root.hex(), branches(folded, positions), branches(values, opened)])
            values, bound = folded, bound // 4
        return [*layers, [value.hex() for value in values]]

    def proof(self) -> Json:
        """Return sum_proof.json."""
        size, rows = self.trace.points, self.trace.rows
        spots = field.indices(self.combination_root, size)
        ahead = [0, 16, 16 * (rows - 1), 16 * rows]
        places = [(spot + step) % size for spot in spots for step in ahead]
        return {
            "steps": self.trace.steps,
            "uts": rows,
            "mtree_root": self.root.hex(),
            "l_mtree_root": self.combination_root.hex(),
            "pow_nonce": self.nonce.hex(),
            "mtree_branches": branches(self.leaves, places),
            "mtree_entries_data": [
                self._entry(place, number % 4) for number, place in enumerate(places)
            ],
            "l_mtree_branches": branches(self.combined, spots),
            "low_degree_proof": self.low_degree(),
        }

    def values(self) -> Json:
        """Return sum_values.json."""
        return {**dict(zip(COINS, self.sums, strict=True)), "total_value": self.total}

    def entry(self, number: int) -> Json:
        """Return what an inclusion proof shows of one user."""
        place = 16 * (self.trace.rows * (number + 1) + self.trace.rows - 2)
        user = self.users[number]
        return {
            "total_value": str(user.net),
            **{coin: str(value) for coin, value in zip(COINS, user.coins, strict=True)},
            "random_number": self.random(place).hex(),
            "merkle_path": full_branch(self.leaves, place),
        }


def full_branch(leaves: Sequence[bytes], place: int) -> list[str]:
    """Return a leaf and all its siblings."""
    level = [b""] * len(leaves)
    for position, leaf in enumerate(leaves):
        level[tree.slot(position, len(leaves))] = leaf
    at = tree.slot(place, len(leaves))
    found = [level[at].hex()]
    while len(level) > 1:
        found.append(level[at ^ 1].hex())
        level = [keccak256(level[k] + level[k + 1]) for k in range(0, len(level), 2)]
        at >>= 1
    return found


def branches(leaves: Sequence[bytes], places: Sequence[int]) -> list[list[str]]:
    """Return branches in which siblings that lie on another branch's path are left out."""
    size = len(leaves)
    on_a_path = set()
    for place in places:
        at = size + tree.slot(place, size)
        while at:
            on_a_path.add(at)
            at >>= 1
    found = []
    for place in places:
        at = size + tree.slot(place, size)
        leaf, *siblings = full_branch(leaves, place)
        written = [leaf]
        for sibling in siblings:
            written.append("" if at ^ 1 in on_a_path else sibling)
            at >>= 1
        found.append(written)
    return found


@dataclass(frozen=True)
class Round:
    """Two batches and their trunk."""

    batches: dict[str, Batch]
    trunk: Batch

    def files(self) -> dict[str, object]:
        """Return the files of the folder by name."""
        found: dict[str, object] = {"sum_proof_data/config.json": CONFIG}
        named = {f"batches/{name}": batch for name, batch in self.batches.items()}
        for name, batch in {**named, "trunk": self.trunk}.items():
            found[f"sum_proof_data/{name}/sum_proof.json"] = batch.proof()
            found[f"sum_proof_data/{name}/sum_values.json"] = batch.values()
        return found

    def inclusion(self, name: str, number: int) -> Json:
        """Return a customer's file."""
        batch, place = self.batches[name], list(self.batches).index(name)
        return {
            "batch_inclusion_proof": {
                "batch_mtree_root": batch.root.hex(),
                "user_id": batch.users[number].identity.hex(),
                **batch.entry(number),
                "user_index": number,
                "batch_index": place,
                "uts": batch.trace.rows,
            },
            "trunk_inclusion_proof": {
                "trunk_mtree_root": self.trunk.root.hex(),
                "batch_id": batch.root.hex(),
                **self.trunk.entry(place),
            },
            "config": CONFIG,
        }


def make_round() -> Round:
    """Return a round of three customers, one of them with a negative coin."""
    batches = {
        "a0": Batch(
            [User(keccak256(b"one"), (700, 21, 4)), User(keccak256(b"two"), (5, 9, -3))], 16
        ),
        "b0": Batch([User(keccak256(b"three"), (100, 0, 50))], 32),
    }
    rows = [User(batch.root, tuple(batch.sums)) for batch in batches.values()]
    return Round(batches, Batch(rows, 32))


def with_claim(batch: Batch, claimed: Sequence[int]) -> Batch:
    """Return the same users under other sums."""
    return Batch(batch.users, batch.trace.rows, claimed=claimed)
