"""Small provers for the Merkle systems, written from the rules that the checkers state.

Each makes what an exchange publishes, and a customer's proof, from a seed.
"""

from __future__ import annotations

import copy
import hmac
import json
import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent / "liabilities"
OKX_COINS = ("BTC", "ETH", "USDT")
ONE = 10**8

Json = dict[str, object]


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 (test data must come out the same each time)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def plain(units: int) -> str:
    whole, fraction = divmod(units, ONE)
    return f"{whole}.{fraction:08d}".rstrip("0").rstrip(".")


def padded(units: int) -> str:
    return f"{units // ONE}.{units % ONE:08d}"


def compact(balances: dict[str, str]) -> str:
    return json.dumps(balances, separators=(",", ":"))


def holdings(chance: random.Random, coins: tuple[str, ...]) -> dict[str, int]:
    return {coin: chance.randrange(1, 10**12) for coin in coins}


class Tree:
    """Levels of (hash, sums) nodes from the leaves up, with the padding that the system has."""

    def __init__(self, leaves: list[tuple[str, dict[str, int]]], rule: object) -> None:
        self.levels: list[list[tuple[str, dict[str, int]]]] = []
        level = list(leaves)
        while True:
            self.levels.append(level)
            if len(level) == 1:
                return
            if len(level) % 2:
                level.append((level[-1][0], dict.fromkeys(level[-1][1], 0)))
            height = len(self.levels) + 1
            level = [
                self._parent(rule, left, right, height)
                for left, right in zip(level[::2], level[1::2], strict=True)
            ]

    @staticmethod
    def _parent(
        rule: object,
        left: tuple[str, dict[str, int]],
        right: tuple[str, dict[str, int]],
        height: int,
    ) -> tuple[str, dict[str, int]]:
        sums = {coin: left[1][coin] + right[1][coin] for coin in left[1]}
        assert callable(rule)
        return str(rule(left[0], right[0], sums, height)), sums

    @property
    def root(self) -> tuple[str, dict[str, int]]:
        return self.levels[-1][0]


def _okx_parent(left: str, right: str, sums: dict[str, int], height: int) -> str:
    return digest(left + right + "".join(plain(sums[coin]) for coin in OKX_COINS) + str(height))


def okx_v1(seed: int, customers: int = 11, who: int = 5) -> Json:
    """Return the proof of one of several customers; odd levels have a padding node."""
    chance = seeded(seed)
    nonces = [f"{chance.getrandbits(256):064x}" for _ in range(customers)]
    balances = [holdings(chance, OKX_COINS) for _ in range(customers)]

    def texts(sums: dict[str, int]) -> dict[str, str]:
        return {coin: plain(amount) for coin, amount in sums.items()}

    leaves = [
        (digest(nonce + compact(texts(own))), own)
        for nonce, own in zip(nonces, balances, strict=True)
    ]
    tree = Tree(leaves, _okx_parent)
    path: list[Json] = []
    place = who
    for height, level in enumerate(tree.levels[:-1], start=1):
        beside = place ^ 1
        node_hash, sums = level[beside]
        is_padding = beside == len(level) - 1 and not any(sums.values())
        entry: Json = {
            "auditId": "7", "balances": texts(sums), "type": 4 if is_padding else 1 + beside % 2,
            "hash": node_hash, "height": height,
        }  # fmt: skip
        if height == 1 and not is_padding:
            entry["nonce"] = nonces[beside]
        path.append(entry)
        place //= 2
    path.append({
        "auditId": "7", "balances": texts(tree.root[1]), "type": 3, "hash": tree.root[0],
        "height": len(tree.levels),
    })  # fmt: skip
    own_node = {
        "auditId": "7", "balances": texts(balances[who]), "type": 1 + who % 2,
        "nonce": nonces[who], "hash": leaves[who][0], "height": 1,
    }  # fmt: skip
    return {"path": path, "self": own_node}


def okx_v2(seed: int, customers: int = 5) -> tuple[str, Json]:
    """Return a full tree, each customer split in two leaves, and the first customer's file."""
    chance = seeded(seed)
    leaves: list[tuple[str, dict[str, int]]] = []
    files: list[Json] = []
    for _ in range(customers):
        parts = [holdings(chance, OKX_COINS) for _ in range(2)]
        total = {coin: parts[0][coin] + parts[1][coin] for coin in OKX_COINS}
        nonce = f"{chance.getrandbits(256):064x}"
        texts = {coin: plain(amount) for coin, amount in total.items()}
        user = digest(nonce + compact(texts))
        nodes: list[Json] = []
        for part in parts:
            split = {coin: plain(amount) for coin, amount in part.items()}
            leaf = digest(user + "".join(split.values()))
            leaves.append((leaf, part))
            nodes.append({"hash": leaf, "balances": split})
        files.append({"hash": user, "nonce": nonce, "totalBalances": texts, "nodes": nodes})
    chance.shuffle(leaves)
    tree = Tree(leaves, _okx_parent)
    lines = []
    for height in range(len(tree.levels), 0, -1):
        for node_hash, sums in reversed(tree.levels[height - 1]):
            texts = {coin: plain(amount) for coin, amount in sums.items()}
            lines.append(f"{node_hash},{height},{compact(texts)}\n")
    return "".join(lines), files[0]


BYBIT_COINS = ("APT", "BTC", "ETH", "USDC", "USDT", "PEPE")
FIRST_BYBIT_COINS = ("BTC", "ETH", "USDT", "USDC")


def bybit(seed: int, coins: tuple[str, ...] = BYBIT_COINS, *, padding: int | None = None) -> Json:
    """Return a proof of one of four customers; `coins` in hashing order.

    With `padding`, of the last of three, beside a padding node of that type.
    """
    chance = seeded(seed)

    def text(coin: str, amount: int) -> str:
        is_short = coins == FIRST_BYBIT_COINS and coin in {"USDT", "USDC"}
        return padded(amount)[:-4] if is_short else padded(amount)

    def whole(balances: dict[str, int]) -> dict[str, int]:
        return {coin: amount - amount % 10**4 for coin, amount in balances.items()}

    count = 4 if padding is None else 3
    users = [f"{chance.getrandbits(256):064x}" for _ in range(count)]
    balances = [whole(holdings(chance, coins)) for _ in range(count)]

    def joined(sums: dict[str, int]) -> str:
        return "".join(text(coin, sums[coin]) for coin in coins)

    leaves = [(digest(user + joined(own)), own) for user, own in zip(users, balances, strict=True)]
    tree = Tree(
        leaves, lambda left, right, sums, height: digest(f"{left}{right}{joined(sums)}{height}")
    )

    def node(kind: int, found: tuple[str, dict[str, int]], height: int) -> Json:
        # The order of the file is not the order of hashing.
        shown = {coin: text(coin, found[1][coin]) for coin in sorted(coins, reverse=True)}
        return {"auditId": "7", "balance": shown, "type": kind, "hash": found[0], "height": height}

    above = [node(1, tree.levels[1][0], 2), node(3, tree.root, 3)]
    if padding is None:
        path = [node(1, leaves[2], 1), *above]
        own = {**node(2, leaves[3], 1), "nonce": "x", "userHash": users[3]}
    else:
        path = [node(padding, tree.levels[0][3], 1), *above]
        own = {**node(1, leaves[2], 1), "nonce": "x", "userHash": users[2]}
    return {"self": own, "path": path}


def bybit_example() -> Json:
    """Return Bybit's own mock proof of 40 coins (see liabilities/README.md)."""
    table = json.loads((FOLDER / "bybit.json").read_text("utf-8"))
    coins = table["coins"].split()

    def node(place: int, height: int) -> Json:
        texts = [
            text if "." in text else f"{text}.00000000" for text in table["balances"][place].split()
        ]
        return {
            "auditId": "1", "balance": dict(zip(coins, texts, strict=True)),
            "type": table["types"][place], "hash": table["hashes"][place], "height": height,
        }  # fmt: skip

    own = {**node(0, 1), "nonce": "x", "userHash": table["userHash"]}
    return {"self": own, "path": [node(place, place) for place in range(1, 5)]}


def bitget(seed: int, *, quoted: bool = True, negative: bool = False) -> str:
    """Return a proof of the last of three customers as text, beside an empty node."""
    chance = seeded(seed)
    coins = ("BTC", "USDT", "ETH")
    balances = [holdings(chance, coins) for _ in range(3)]
    users = [f"{chance.getrandbits(256):064x}" for _ in range(3)]
    nonces = [f"{chance.getrandbits(256):064x}" for _ in range(3)]
    if negative:
        balances[0]["USDT"] = -(10**12)

    def shown(amount: int) -> str:
        return f"-{plain(-amount)}" if amount < 0 else plain(amount)

    def text(sums: dict[str, int]) -> str:
        mark = '"' if quoted else ""
        return "{" + ",".join(f'"{coin}":{mark}{shown(sums[coin])}{mark}' for coin in coins) + "}"

    leaves = [
        (digest(f"{user},{nonce},{text(own)}")[:16], own)
        for user, nonce, own in zip(users, nonces, balances, strict=True)
    ]
    levels = 3
    tree = Tree(
        leaves,
        lambda left, right, sums, height: digest(
            f"{left}{right},{text(sums)},{levels + 1 - height}"
        )[:16],
    )

    def node(role: int | None, found: tuple[str, dict[str, int]], level: int) -> str:
        kind = "" if role is None else f',"role":{role}'
        return (
            f'"auditId":"7","balances":{text(found[1])},"level":{level},'
            f'"merkelLeaf":"{found[0]}"{kind}'
        )

    path = [node(0, tree.levels[0][3], 3), node(1, tree.levels[1][0], 2), node(None, tree.root, 1)]
    entries = ",".join(f"{{{entry}}}" for entry in path)
    own = f'{node(1, leaves[2], 3)},"encryptUid":"{users[2]}","nonce":"{nonces[2]}"'
    return f'{{"path":[{entries}],"self":{{{own}}}}}'


def mexc(seed: int) -> Json:
    """Return a proof with a sibling on the left, a missing level, and a sibling on the right."""
    chance = seeded(seed)

    def listed(sums: dict[str, int]) -> str:
        return ",".join(f"{coin}:{plain(sums[coin])}" for coin in sorted(sums))

    def short(text: str) -> str:
        return digest(text)[:32]

    def shown(sums: dict[str, int]) -> dict[str, str]:
        return {coin: plain(amount) for coin, amount in sums.items()}

    own = holdings(chance, ("ETH", "MX"))
    leaf = short(f"PR-1,42,{listed(own)}")
    first, third = (holdings(chance, ("BTC", "ETH", "USDC", "USDT")) for _ in range(2))
    first_hash, third_hash = short("first"), short("third")
    sums = {coin: own.get(coin, 0) + first.get(coin, 0) for coin in {*own, *first}}
    node = short(f"{first_hash},{leaf},{listed(sums)}")
    node = short(f"{node},,{listed(sums)}")
    total = {coin: sums[coin] + third.get(coin, 0) for coin in sums}
    root = short(f"{node},{third_hash},{listed(total)}")
    return {
        "pathList": [
            {"level": 0, "type": 1, "hash": first_hash, "balances": shown(first)},
            {"level": 2, "type": 2, "hash": third_hash, "balances": shown(third)},
            {"level": 3, "type": 3, "hash": root, "balances": shown(total)},
        ],
        "self": {
            "level": 0, "type": 2, "hash": leaf, "balances": shown(own), "proofId": "PR-1",
            "accountId": "42",
        },
    }  # fmt: skip


def coinex(seed: int) -> Json:
    """Return a proof with siblings on both sides and an empty level."""
    chance = seeded(seed)

    def text(sums: dict[str, int]) -> str:
        return compact({coin: plain(sums[coin]) for coin in sorted(sums)})

    def shown(sums: dict[str, int]) -> dict[str, str]:
        return {coin: plain(amount) for coin, amount in sums.items()}

    own, left, right = (holdings(chance, coins) for coins in (("CET",), ("BTC", "CET"), ("BTC",)))
    nonce = f"{chance.getrandbits(256):064x}"
    node = digest(nonce + text(own))
    sums = {"BTC": left["BTC"], "CET": own["CET"] + left["CET"]}
    node = digest(digest("left") + node + text(sums))
    node = digest(node + text(sums))
    total = {"BTC": sums["BTC"] + right["BTC"], "CET": sums["CET"]}
    root = digest(node + digest("right") + text(total))
    return {
        "root": {"balances": shown(total), "hash": root},
        "self": {"balances": shown(own), "nonce": nonce},
        "path": [
            {"balances": shown(left), "hash": digest("left"), "pos": "left"},
            {},
            {"balances": shown(right), "hash": digest("right"), "pos": "right"},
        ],
    }


def bitmex(seed: int, leaves: int = 8) -> tuple[str, str]:
    """Return a full tree at block 100 and the ``account,nonce`` of account 3 (leaves 1 and 2)."""
    chance = seeded(seed)

    def u64(number: int) -> bytes:
        return number.to_bytes(8, "little")

    nonce = chance.randbytes(32)
    key = sha256(nonce + u64(100) + u64(3)).digest()
    level = []
    for index in range(leaves):
        value = chance.randrange(1, 10**10)
        own = key if index in {1, 2} else chance.randbytes(32)
        level.append((hmac.digest(own, u64(value) + u64(index), "sha256"), value))
    levels = [level]
    while len(level) > 1:
        level = [
            (sha256(a[0] + u64(a[1]) + b[0] + u64(b[1])).digest(), a[1] + b[1])
            for a, b in zip(level[::2], level[1::2], strict=True)
        ]
        levels.append(level)
    lines = [f"{node.hex()},{value}\n" for row in reversed(levels) for node, value in row]
    return f"block_height:100\n{''.join(lines)}", f"3,{nonce.hex()}\n"


def id_table(seed: int, rows: int = 9) -> str:
    """Return a CSV of hashed ids with two currencies."""
    chance = seeded(seed)
    lines = ["Hashed Client ID,BTC,USDT\n"]
    for _ in range(rows):
        amounts = ",".join(plain(chance.randrange(10**12)) for _ in range(2))
        lines.append(f"{chance.getrandbits(256):064x},{amounts}\n")
    return "".join(lines)


def mutations(document: Json, count: int, seed: int = 0) -> Iterator[tuple[str, Json]]:
    """Yield documents in which one value is changed, each with the path of that value."""
    chance = seeded(seed)
    places = list(_values(document, ()))
    for _ in range(count):
        place = chance.choice(places)
        changed = copy.deepcopy(document)
        holder: object = changed
        for key in place[:-1]:
            holder = holder[key]  # type: ignore[index]
        holder[place[-1]] = _other(holder[place[-1]], chance)  # type: ignore[index]
        yield "/".join(map(str, place)), changed


def _values(value: object, place: tuple[object, ...]) -> Iterator[tuple[object, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _values(item, (*place, key))
    elif isinstance(value, list):
        for key, item in enumerate(value):
            yield from _values(item, (*place, key))
    else:
        yield place


def _other(value: object, chance: random.Random) -> object:
    if isinstance(value, int):
        return value + chance.choice([-1, 1, 7])
    return other_text(str(value), chance)


def other_text(text: str, chance: random.Random) -> str:
    """Return a text with one character changed to another of its kind, or one more."""
    if not text:
        return "1"
    place = chance.randrange(len(text))
    kinds = (
        "0123456789" if text[place].isdigit() else "abcdef" if text[place] in "abcdef" else "+-.~"
    )
    other = chance.choice([mark for mark in kinds if mark != text[place]])
    return text[:place] + other + text[place + 1 :]
