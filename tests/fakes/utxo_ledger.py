"""A small Bitcoin-like chain in memory: real bytes, real hashes, easy work, and a naive replay.

Nothing of the code under test is used here: transactions are written by this module and their
balances are counted from what was asked of it, not from what can be parsed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

EASY_BITS = 0x207FFFFF
SUBSIDY = 50 * 10**8
ANYONE = b"\xa9\x14" + hashlib.new("ripemd160", hashlib.sha256(b"\x51").digest()).digest() + b"\x87"
"""P2SH of OP_TRUE: whoever shows the script can spend it, without a key."""
_ANYONE_INPUT = b"\x01\x51"

Coin = tuple[str, int]
"""Transaction id and output number."""


def sha256d(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def reversed_hex(digest: bytes) -> str:
    return digest[::-1].hex()


def compact(number: int) -> bytes:
    if number < 0xFD:
        return bytes([number])
    if number < 0x10000:
        return b"\xfd" + number.to_bytes(2, "little")
    return b"\xfe" + number.to_bytes(4, "little")


Unlocking = tuple[bytes, tuple[bytes, ...]]
"""Input script and witness of one input."""
TRUE: Unlocking = (_ANYONE_INPUT, ())
_SIGNATURE = b"\x30" * 71


def push(data: bytes) -> bytes:
    return bytes([len(data)]) + data


def hash160(data: bytes) -> bytes:
    return hashlib.new("ripemd160", hashlib.sha256(data).digest()).digest()


def key_hash_unlocking(key: bytes, *, segwit: bool) -> Unlocking:
    """What spends from P2PKH or P2WPKH, but for a signature that signs something."""
    if segwit:
        return b"", (_SIGNATURE, key)
    return push(_SIGNATURE) + push(key), ()


def write_transaction(
    spends: list[tuple[str, int, Unlocking]], outputs: list[tuple[int, bytes]]
) -> tuple[bytes, str]:
    """Return the bytes and the id."""
    body = compact(len(spends))
    witnesses = b""
    for txid, index, (script, items) in spends:
        body += bytes.fromhex(txid)[::-1] + index.to_bytes(4, "little")
        body += compact(len(script)) + script + b"\xff" * 4
        witnesses += compact(len(items)) + b"".join(compact(len(one)) + one for one in items)
    body += compact(len(outputs))
    for value, script in outputs:
        body += value.to_bytes(8, "little") + compact(len(script)) + script
    version, time = (2).to_bytes(4, "little"), bytes(4)
    bare = version + body + time
    if any(items for _, _, (_, items) in spends):
        return version + b"\x00\x01" + body + witnesses + time, reversed_hex(sha256d(bare))
    return bare, reversed_hex(sha256d(bare))


@dataclass(frozen=True)
class Entry:
    """A transaction with what it was made of."""

    txid: str
    raw: bytes
    spends: list[Coin]
    outputs: list[tuple[int, bytes]]


def entry(
    spends: list[Coin],
    outputs: list[tuple[int, bytes]],
    *,
    unlocking: list[Unlocking] | None = None,
) -> Entry:
    """Inputs are unlocked like `ANYONE`'s unless said otherwise."""
    shown = unlocking or [TRUE] * len(spends)
    raw, txid = write_transaction(
        [(*coin, how) for coin, how in zip(spends, shown, strict=True)], outputs
    )
    return Entry(txid, raw, spends, outputs)


@dataclass(frozen=True)
class Block:
    header: bytes
    entries: list[Entry]

    @property
    def hash(self) -> str:
        return reversed_hex(sha256d(self.header))


def levels(txids: list[str]) -> list[list[bytes]]:
    """Every level of the Merkle tree, leaves first."""
    level = [bytes.fromhex(txid)[::-1] for txid in txids]
    found = [level]
    while len(level) > 1:
        if len(level) % 2:
            level = [*level, level[-1]]
            found[-1] = level
        level = [sha256d(level[at] + level[at + 1]) for at in range(0, len(level), 2)]
        found.append(level)
    return found


@dataclass
class Ledger:
    """Blocks from height 0 on, and what waits for the next one."""

    blocks: list[Block] = field(default_factory=list)
    waiting: list[Entry] = field(default_factory=list)
    genesis_time: int = 1_700_000_000
    salt: bytes = b""

    def __post_init__(self) -> None:
        self.mine()

    @property
    def height(self) -> int:
        return len(self.blocks) - 1

    def mine(self, *entries: Entry, to: bytes = ANYONE) -> str:
        """Add a block with `entries`; returns the id of its coinbase."""
        number = len(self.blocks)
        note = number.to_bytes(4, "little") + self.salt
        raw, txid = write_transaction([("00" * 32, 0xFFFFFFFF, (note, ()))], [(SUBSIDY, to)])
        coinbase = Entry(txid, raw, [], [(SUBSIDY, to)])
        held = [coinbase, *entries]
        root = levels([one.txid for one in held])[-1][0]
        parent = sha256d(self.blocks[-1].header) if self.blocks else bytes(32)
        begin = (4).to_bytes(4, "little") + parent + root
        begin += (self.genesis_time + 600 * number).to_bytes(4, "little")
        begin += EASY_BITS.to_bytes(4, "little")
        for nonce in range(1 << 20):
            header = begin + nonce.to_bytes(4, "little")
            if sha256d(header)[::-1] < b"\x7f\xff\xff":
                break
        else:
            raise AssertionError("no nonce found")
        self.blocks.append(Block(header, held))
        self.waiting = [one for one in self.waiting if one not in entries]
        return coinbase.txid

    def cut(self, height: int) -> None:
        """Forget the blocks after `height`; what is mined next differs from what was there."""
        del self.blocks[height + 1 :]
        self.salt += b"\x01"

    def entries(self) -> list[tuple[Entry, int]]:
        """Every transaction with its height, oldest first; 0 for what waits."""
        found = [(one, height) for height, block in enumerate(self.blocks) for one in block.entries]
        return found + [(one, 0) for one in self.waiting]

    def find(self, txid: str) -> Entry:
        return next(one for one, _ in self.entries() if one.txid == txid)

    def coins(self, script: bytes) -> dict[Coin, tuple[int, int]]:
        """Every output ever paid to `script`: value and height."""
        return {
            (one.txid, index): (value, height)
            for one, height in self.entries()
            for index, (value, owner) in enumerate(one.outputs)
            if owner == script
        }

    def spenders(self) -> dict[Coin, int]:
        return {coin: height for one, height in self.entries() for coin in one.spends}

    def history(self, script: bytes) -> list[tuple[str, int]]:
        coins = self.coins(script)
        return [
            (one.txid, height)
            for one, height in self.entries()
            if any(owner == script for _, owner in one.outputs)
            or any(coin in coins for coin in one.spends)
        ]

    def unspent(self, script: bytes) -> list[tuple[Coin, int, int]]:
        """Coin, value and height of what is not spent, by the waiting ones neither."""
        spenders = self.spenders()
        return [
            (coin, value, height)
            for coin, (value, height) in self.coins(script).items()
            if coin not in spenders
        ]

    def balance(self, script: bytes, height: int) -> int:
        """The plain way: play all blocks up to `height`."""
        held: dict[Coin, int] = {}
        for block in self.blocks[: height + 1]:
            for one in block.entries:
                for coin in one.spends:
                    held.pop(coin, None)
                for index, (value, owner) in enumerate(one.outputs):
                    if owner == script:
                        held[one.txid, index] = value
        return sum(held.values())

    def branch(self, txid: str, height: int) -> tuple[int, list[str]]:
        """Position and Merkle branch of a transaction in its block."""
        tree = levels([one.txid for one in self.blocks[height].entries])
        position = [one.txid for one in self.blocks[height].entries].index(txid)
        return position, [
            reversed_hex(level[(position >> depth) ^ 1]) for depth, level in enumerate(tree[:-1])
        ]
