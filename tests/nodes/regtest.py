"""A real chain: regtest blocks that Bitcoin Core's own consensus code (libbitcoinkernel) accepted.

The coins after every block are kept by the builder, from what it put into the blocks: no parser,
and no line of the code under test, is involved.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from coincurve import PrivateKey

from tests.fakes.utxo_snapshot import Coin, compact

GENESIS = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"
SUBSIDY = 50 * 10**8
EASY_BITS = 0x207FFFFF
MATURITY = 100


def sha256d(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def hash160(data: bytes) -> bytes:
    return hashlib.new("ripemd160", hashlib.sha256(data).digest()).digest()


def key(number: int) -> PrivateKey:
    return PrivateKey(hashlib.sha256(b"regtest key %d" % number).digest())


ANYONE = b"\x51"
"""OP_1: whoever wants it."""
P2SH_ANYONE = b"\xa9\x14" + hash160(ANYONE) + b"\x87"
P2WSH_ANYONE = b"\x00\x20" + hashlib.sha256(ANYONE).digest()
OP_RETURN = b"\x6a\x04burn"
P2PK_SHORT = b"\x21" + key(1).public_key.format() + b"\xac"
P2PK_FULL = b"\x41" + key(2).public_key.format(compressed=False) + b"\xac"
P2PK_NO_POINT = b"\x41\x04" + b"\x05" * 64 + b"\xac"
P2PKH = b"\x76\xa9\x14" + hash160(key(2).public_key.format(compressed=False)) + b"\x88\xac"
P2WPKH = b"\x00\x14" + hash160(key(3).public_key.format())
P2TR = b"\x51\x20" + key(4).public_key.format()[1:]
ANCHOR = b"\x51\x02\x4e\x73"
BARE_MULTISIG = (
    b"\x51\x21" + key(5).public_key.format() + b"\x21" + key(6).public_key.format() + b"\x52\xae"
)
EVERY_SCRIPT = {
    "p2pkh": P2PKH, "p2sh": P2SH_ANYONE, "p2wpkh": P2WPKH, "p2wsh": P2WSH_ANYONE, "p2tr": P2TR,
    "p2pk": P2PK_SHORT, "p2pk-full": P2PK_FULL, "p2pk-no-point": P2PK_NO_POINT,
    "anchor": ANCHOR, "multisig": BARE_MULTISIG, "empty": b"", "long": b"\x61" * 9_999 + b"\x51",
}  # fmt: skip


@dataclass(frozen=True)
class Spend:
    outpoint: bytes
    script_sig: bytes = b""
    witness: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Tx:
    spends: Sequence[Spend]
    outputs: Sequence[tuple[int, bytes]]

    @property
    def body(self) -> bytes:
        out = compact(len(self.spends))
        for spend in self.spends:
            out += spend.outpoint + compact(len(spend.script_sig)) + spend.script_sig + b"\xff" * 4
        out += compact(len(self.outputs))
        return out + b"".join(
            struct.pack("<q", amount) + compact(len(script)) + script
            for amount, script in self.outputs
        )

    @property
    def stripped(self) -> bytes:
        return struct.pack("<I", 2) + self.body + bytes(4)

    @property
    def raw(self) -> bytes:
        if not any(spend.witness for spend in self.spends):
            return self.stripped
        witnesses = b"".join(
            compact(len(spend.witness))
            + b"".join(compact(len(item)) + item for item in spend.witness)
            for spend in self.spends
        )
        return struct.pack("<I", 2) + b"\0\1" + self.body + witnesses + bytes(4)

    @property
    def txid(self) -> bytes:
        return sha256d(self.stripped)


def merkle(leaves: list[bytes]) -> bytes:
    while len(leaves) > 1:
        leaves += leaves[-1:] * (len(leaves) % 2)
        leaves = [sha256d(a + b) for a, b in zip(leaves[::2], leaves[1::2], strict=True)]
    return leaves[0]


def mined(previous: bytes, time: int, txs: Sequence[bytes], root: bytes, bits: int) -> bytes:
    nonce = 0
    while True:
        header = struct.pack("<I", 0x20000000) + previous + root + struct.pack(
            "<III", time, bits, nonce
        )  # fmt: skip
        if sha256d(header)[31] < 0x80:
            return header + compact(len(txs)) + b"".join(txs)
        nonce += 1


@dataclass
class Chain:
    """Blocks by height (the genesis block left out), and the coins after each of them."""

    blocks: list[bytes] = field(default_factory=list)
    coins: list[dict[bytes, Coin]] = field(default_factory=lambda: [{}])
    hashes: list[bytes] = field(default_factory=lambda: [bytes.fromhex(GENESIS)[::-1]])

    @property
    def height(self) -> int:
        return len(self.blocks)

    def time(self, height: int) -> int:
        return 1_296_688_602 + 600 * height

    def block(self, height: int) -> bytes:
        return self.blocks[height - 1]

    def balance(self, script: bytes, height: int) -> int:
        return sum(coin.amount for coin in self.coins[height].values() if coin.script == script)

    def add(self, txs: Sequence[Tx] = (), reward: Sequence[tuple[int, bytes]] = ()) -> list[Tx]:
        """Mine a block with `txs`; returns its transactions, the coinbase first."""
        height = self.height + 1
        number = bytes([0x50 + height]) if height <= 16 else _pushed(height)
        has_witness = any(spend.witness for tx in txs for spend in tx.spends)
        outputs = list(reward) or [(SUBSIDY, P2SH_ANYONE)]
        if has_witness:
            root = merkle([bytes(32), *(sha256d(tx.raw) for tx in txs)])
            outputs.append((0, b"\x6a\x24\xaa\x21\xa9\xed" + sha256d(root + bytes(32))))
        nothing = bytes(32) + b"\xff" * 4
        witness = (bytes(32),) if has_witness else ()
        all_txs = [Tx([Spend(nothing, number + b"\0", witness)], outputs), *txs]
        root = merkle([tx.txid for tx in all_txs])
        block = mined(
            self.hashes[-1], self.time(height), [tx.raw for tx in all_txs], root, EASY_BITS
        )
        after = dict(self.coins[-1])
        for place, tx in enumerate(all_txs):
            for spend in tx.spends if place else ():
                del after[spend.outpoint]
            txid = tx.txid
            for vout, (amount, script) in enumerate(tx.outputs):
                coin = Coin(txid, vout, height, place == 0, amount, script)
                if script[:1] != b"\x6a" and len(script) <= 10_000:
                    after[coin.outpoint] = coin
        self.blocks.append(block)
        self.coins.append(after)
        self.hashes.append(sha256d(block[:80]))
        return all_txs


def _pushed(height: int) -> bytes:
    number = height.to_bytes((height.bit_length() + 8) // 8, "little")
    return bytes([len(number)]) + number


def spend_anyone(tx: Tx, vout: int) -> Spend:
    outpoint = tx.txid + struct.pack("<I", vout)
    script = tx.outputs[vout][1]
    if script == P2WSH_ANYONE:
        return Spend(outpoint, witness=(ANYONE,))
    return Spend(outpoint, script_sig=b"\x01" + ANYONE)


MANY = 16_600
"""Outputs of one transaction: more than the database keeps in numeric order."""


@cache
def chain() -> Chain:
    """Return a chain of 112 blocks that pay to and spend from every kind of script."""
    built = Chain()
    rewards = [
        built.add(reward=[(SUBSIDY - 7, P2SH_ANYONE), (7, script), (0, OP_RETURN)])[0]
        for script in [*EVERY_SCRIPT.values()]
    ]
    while built.height < MATURITY + 1:
        rewards.append(built.add()[0])
    # 102: every script, thousands of outputs, some behind number 16,511 that can be spent.
    kinds = [(1_000 + n, script) for n, script in enumerate(EVERY_SCRIPT.values())]
    filler = [(546 + n, b"\x00\x14" + n.to_bytes(20, "big")) for n in range(MANY)]
    tail = [(10**8 * (n + 1), script) for n, script in enumerate((P2SH_ANYONE, P2WSH_ANYONE))]
    big = Tx([spend_anyone(rewards[0], 0)], [*kinds, *filler, *tail, *kinds])
    built.add([big])
    last = len(kinds) + MANY
    built.add()
    # 104: a witness is needed; what it pays is spent in the same block.
    first = Tx([spend_anyone(big, last + 1)], [(10**8, P2WSH_ANYONE), (5 * 10**7, P2PK_FULL)])
    second = Tx([spend_anyone(first, 0)], [(10**8 - 1_000, P2TR), (0, OP_RETURN)])
    built.add([first, second])
    built.add()
    # 106: an output behind number 16,511, and one of the first kinds.
    built.add([Tx([spend_anyone(big, last), spend_anyone(big, 1)], [(99_000_000, P2PKH)])])
    while built.height < MATURITY + 12:
        built.add()
    return built


def accepted_by_core(built: Chain) -> int:
    """Return the height that Bitcoin Core's consensus code reaches with these blocks."""
    import pbk  # noqa: PLC0415 (a real node's code: only where it is asked for)

    with TemporaryDirectory(prefix="assay-kernel-") as folder:
        chainman = pbk.load_chainman(Path(folder), pbk.ChainType.REGTEST)
        for block in built.blocks:
            chainman.process_block(pbk.Block(block))
        height: int = chainman.get_active_chain().height
        del chainman
    return height
