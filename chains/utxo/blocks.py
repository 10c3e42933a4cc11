"""Raw blocks of a Bitcoin-like ledger: read, checked, and applied to the coins of some accounts.

What must hold of the blocks after a snapshot, in this order, or there is no balance at all:

1. each header names the one before it, beginning with the snapshot's own block;
2. each block's hash is below the target that its header states (network options `pow`, `retarget`);
3. the stated target follows the rule: it changes only at every 2016th block, and there exactly as
   the times of the headers demand; where the first header of that period is not among those read,
   by no more than a factor of four;
4. the merkle root is that of the block's transactions, none of which is there twice.

Pure. Source: Bitcoin Core, src/pow.cpp, src/consensus/merkle.cpp; BIP-141, BIP-144.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chains.errors import MalformedAnswer, WrongState
from chains.signatures import sha256d
from chains.utxo.transactions import Cursor

HEADER_SIZE = 80
RETARGET_BLOCKS = 2016
RETARGET_SECONDS = 14 * 24 * 60 * 60
LIMIT_BITS = 0x1D00FFFF
"""The easiest target of the main network."""


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """One header, 80 bytes."""

    raw: bytes
    hash: bytes
    """In the byte order of headers; nodes write it the other way round."""
    previous: bytes
    merkle_root: bytes
    time: int
    """Seconds since 1970, UTC."""
    bits: int

    @property
    def hash_hex(self) -> str:
        """The hash as nodes write it."""
        return self.hash[::-1].hex()


def parse_block_header(raw: bytes) -> BlockHeader:
    """Return the header in the first 80 bytes of `raw`; MalformedAnswer if there are fewer."""
    if len(raw) < HEADER_SIZE:
        raise MalformedAnswer("a block header has 80 bytes")
    raw = bytes(raw[:HEADER_SIZE])
    return BlockHeader(
        raw,
        sha256d(raw),
        raw[4:36],
        raw[36:68],
        int.from_bytes(raw[68:72], "little"),
        int.from_bytes(raw[72:76], "little"),
    )


def target_of(bits: int) -> int:
    """Return the number that a block's hash may not exceed; MalformedAnswer if `bits` states none.

    >>> hex(target_of(0x1D00FFFF))[:8]
    '0xffff00'
    """
    exponent, mantissa = bits >> 24, bits & 0x7FFFFF
    target = mantissa << 8 * (exponent - 3) if exponent >= 3 else mantissa >> 8 * (3 - exponent)  # noqa: PLR2004
    if bits & 0x800000 or target == 0 or target >> 256:
        raise MalformedAnswer("a block header states no usable target")
    return target


def bits_of(target: int) -> int:
    """Return the compact form of a target."""
    size = (target.bit_length() + 7) // 8
    mantissa = target << 8 * (3 - size) if size <= 3 else target >> 8 * (size - 3)  # noqa: PLR2004
    if mantissa & 0x800000:
        mantissa >>= 8
        size += 1
    return size << 24 | mantissa


def require_work(header: BlockHeader) -> None:
    """Raise WrongState unless the header's hash is below the target it states."""
    if int.from_bytes(header.hash, "little") > target_of(header.bits):
        raise WrongState(f"block {header.hash_hex} has no proof of work")


@dataclass(slots=True)
class HeaderChain:
    """Headers one after the other, from a trusted block on. `append` checks rules 1 to 3."""

    height: int
    """Of the last header."""
    last: BlockHeader
    pow: str
    """Network option: ``sha256d``; with anything else no work is checked."""
    retarget: str
    """Network option: ``bitcoin``, or ``fixed`` where the target never changes; else rule 3 is not
    checked."""
    _period: dict[int, int] = field(default_factory=dict)
    """Height of a period's first block -> its time."""

    def __post_init__(self) -> None:
        """Note the trusted header itself, if it begins a period."""
        self._note()

    @property
    def is_proof(self) -> bool:
        """Whether the chain costs as much work to forge as the ledger's rules demand."""
        return self.pow == "sha256d" and bool(self.retarget)

    def append(self, header: BlockHeader) -> None:
        """Take in the next header. Raises WrongState when a rule does not hold."""
        height = self.height + 1
        if header.previous != self.last.hash:
            raise WrongState(f"block {height:,} does not follow block {self.height:,}")
        if self.pow == "sha256d":
            require_work(header)
            if self.retarget:
                self._require_target(height, header)
        self.height, self.last = height, header
        self._note()

    def _require_target(self, height: int, header: BlockHeader) -> None:
        if self.retarget == "fixed" or height % RETARGET_BLOCKS:
            expected = [self.last.bits]
        else:
            old, limit = target_of(self.last.bits), target_of(LIMIT_BITS)
            began = self._period.get(height - RETARGET_BLOCKS)
            if began is None:
                lowest, highest = old // 4, min(limit, old * 4)
                if lowest <= target_of(header.bits) <= highest:
                    return
                raise WrongState(f"the target of block {height:,} changes by more than four times")
            span = min(max(self.last.time - began, RETARGET_SECONDS // 4), RETARGET_SECONDS * 4)
            expected = [bits_of(min(limit, old * span // RETARGET_SECONDS))]
        if header.bits not in expected:
            raise WrongState(f"the target of block {height:,} is not the one the rule demands")

    def _note(self) -> None:
        if self.height % RETARGET_BLOCKS == 0:
            self._period[self.height] = self.last.time


@dataclass(frozen=True, slots=True)
class Transaction:
    """What a transaction does to coins."""

    txid: bytes
    spent: tuple[bytes, ...]
    """Outpoints, 36 bytes each."""
    outputs: tuple[tuple[int, bytes], ...]
    """Amount in base units, and script."""


def transactions(block: bytes) -> Iterator[Transaction]:
    """Yield the transactions of a whole block. Raises MalformedAnswer for damaged bytes."""
    cursor = Cursor(block, HEADER_SIZE)
    for _ in range(cursor.compact()):
        yield _transaction(cursor)
    if cursor.at != len(block):
        raise MalformedAnswer("there are bytes after the last transaction of a block")


def _transaction(cursor: Cursor) -> Transaction:
    version = cursor.take(4)
    flags = cursor.data[cursor.at : cursor.at + 2]
    has_witness = flags == b"\0\1"
    if has_witness:
        cursor.take(2)
    elif flags[:1] == b"\0":  # no transaction in a block has no inputs
        raise MalformedAnswer("a transaction has parts that are not read here, as of MWEB")
    start = cursor.at
    spent = []
    for _ in range(cursor.compact()):
        spent.append(cursor.take(36))
        cursor.take(cursor.compact())
        cursor.take(4)
    outputs = []
    for _ in range(cursor.compact()):
        amount = cursor.number(8)
        outputs.append((amount, cursor.take(cursor.compact())))
    body = cursor.data[start : cursor.at]
    if has_witness:
        for _ in spent:
            for _ in range(cursor.compact()):
                cursor.take(cursor.compact())
    return Transaction(sha256d(version + body + cursor.take(4)), tuple(spent), tuple(outputs))


def merkle_root(txids: Sequence[bytes]) -> bytes:
    """Return the merkle root; MalformedAnswer where two equal neighbours make it ambiguous.

    A list that repeats its end has the same root (CVE-2012-2459), so a repetition is refused.
    """
    level = list(txids)
    if not level:
        raise MalformedAnswer("a block has no transactions")
    while len(level) > 1:
        if any(level[n] == level[n + 1] for n in range(0, len(level) - 1, 2)):
            raise MalformedAnswer("a block holds a transaction twice")
        if len(level) % 2:
            level.append(level[-1])
        level = [sha256d(level[n] + level[n + 1]) for n in range(0, len(level), 2)]
    return level[0]


class TargetCoins:
    """The coins of some accounts, changed block by block."""

    def __init__(
        self, places: dict[bytes, int], amounts: Sequence[int], coins: dict[bytes, tuple[int, int]]
    ) -> None:
        """`places` maps output scripts to positions in `amounts`; `coins` maps outpoints to both.

        A coin is (position, amount). All of them are copied.
        """
        self._places = dict(places)
        self.amounts = list(amounts)
        self._coins = dict(coins)

    def apply(self, block: bytes, header: BlockHeader) -> None:
        """Spend and create coins as `block` says, after checking its merkle root (rule 4).

        Raises WrongState or MalformedAnswer, and then has changed nothing.
        """
        found = list(transactions(block))
        if merkle_root([one.txid for one in found]) != header.merkle_root:
            raise WrongState(f"the transactions are not those of block {header.hash_hex}")
        for one in found:
            for outpoint in one.spent:
                coin = self._coins.pop(outpoint, None)
                if coin is not None:
                    self.amounts[coin[0]] -= coin[1]
            for vout, (amount, script) in enumerate(one.outputs):
                place = self._places.get(script)
                if place is not None:
                    outpoint = one.txid + vout.to_bytes(4, "little")
                    if outpoint in self._coins:  # BIP-30: the later one takes its place
                        self.amounts[place] -= amount
                    self.amounts[place] += amount
                    self._coins[outpoint] = (place, amount)
