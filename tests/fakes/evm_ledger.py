"""An EVM ledger in memory: blocks, balances and tokens with their history. No I/O."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum

from tests.fakes.tries import Rlp, Trie, account_leaf, keccak, number, rlp

RING = 8191
HISTORY_CONTRACT = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
BEACON_ROOTS_CONTRACT = bytes.fromhex("000f3df6d732807ef1319fb7b8bb8522d0beac02")


class Quirk(Enum):
    """What a token does instead of answering balanceOf for a holder."""

    REVERT = "revert"
    BURN_GAS = "burn gas"
    SHORT = "31 bytes"
    LONG = "64 bytes"
    LARGEST = "2**256 - 1"


@dataclass
class History:
    """A number that changes at heights."""

    changes: list[tuple[int, int]] = field(default_factory=list)

    def set(self, height: int, amount: int) -> None:
        self.changes.append((height, amount))
        self.changes.sort()

    def at(self, height: int) -> int:
        place = bisect_right(self.changes, (height, 1 << 300))
        return self.changes[place - 1][1] if place else 0


@dataclass
class FakeToken:
    """An ERC-20 with history; `symbol` and `decimals` are the raw outputs of the calls."""

    symbol: bytes
    decimals: bytes
    created_at: int = 0
    slot: int | None = None
    """The mapping of balances, as Solidity numbers it; None: a holder's slot is its own number."""
    flags: dict[bytes, int] = field(default_factory=dict)
    """Holder -> what its word holds beside the balance."""
    holders: dict[bytes, History] = field(default_factory=dict)
    quirks: dict[bytes, Quirk] = field(default_factory=dict)

    def words(self, state: int) -> dict[int, bytes]:
        """What the slots of the holders hold after block `state`."""
        return {
            self._place(holder): word(history.at(state) | self.flags.get(holder, 0))
            for holder, history in self.holders.items()
        }

    def _place(self, holder: bytes) -> int:
        if self.slot is None:
            return int.from_bytes(holder, "big")
        return int.from_bytes(keccak(holder.rjust(32, b"\0") + word(self.slot)), "big")

    def give(self, holder: bytes, height: int, amount: int) -> None:
        self.holders.setdefault(holder, History()).set(height, amount)


def abi_string(text: str) -> bytes:
    octets = text.encode()
    padded = octets.ljust((len(octets) + 31) // 32 * 32, b"\0")
    return (32).to_bytes(32, "big") + len(octets).to_bytes(32, "big") + padded


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@dataclass
class FakeLedger:
    """The truth of a network. Block hashes depend on `seed`: another seed is another fork."""

    chain_id: int = 1
    tip: int = 20_000_100
    seed: str = "canonical"
    accounts: dict[bytes, History] = field(default_factory=dict)
    tokens: dict[bytes, FakeToken] = field(default_factory=dict)
    has_history_contract: bool = True
    sent: list[tuple[int, bytes, int]] = field(default_factory=list)
    """(height, sender, nonce) of the transactions."""
    has_beacon_roots: bool = False
    has_header_at: int | None = None
    """The height whose block has a header: it hashes to the block's hash and names the state."""

    def fund(self, account: bytes, height: int, wei: int) -> None:
        self.accounts.setdefault(account, History()).set(height, wei)

    def hash_of(self, height: int) -> bytes:
        if height < 0:
            return bytes(32)
        if height == self.has_header_at:
            fields = self.header(height).values()
            listed: list[Rlp] = [number(v) if isinstance(v, int) else v for v in fields]
            return keccak(rlp(listed))
        return hashlib.sha256(f"{self.seed} {self.chain_id} {height}".encode()).digest()

    def header(self, height: int) -> dict[str, int | bytes]:
        """The fields of a header of Paris, in the order of hashing."""
        return {
            "parentHash": self.hash_of(height - 1), "sha3Uncles": bytes(32), "miner": bytes(20),
            "stateRoot": self.trie(height).root, "transactionsRoot": bytes(32),
            "receiptsRoot": bytes(32), "logsBloom": bytes(256), "difficulty": 0,
            "number": height, "gasLimit": 30_000_000, "gasUsed": 0,
            "timestamp": self.time_of(height), "extraData": b"", "mixHash": bytes(32),
            "nonce": bytes(8), "baseFeePerGas": 7,
        }  # fmt: skip

    def trie(self, state: int) -> Trie:
        """The native balances after block `state`, as a state trie."""
        held = {account: self.wei(account, state) for account in self.accounts}
        return Trie({account: account_leaf(wei) for account, wei in held.items() if wei})

    def time_of(self, height: int) -> int:
        return 1_500_000_000 + 12 * height

    def height_of(self, block_hash: bytes) -> int | None:
        """The height of a hash, if it is within 1,000 blocks of the tip."""
        if not hasattr(self, "_heights"):
            self._heights: dict[bytes, int] = {}
        if block_hash not in self._heights:
            for height in range(max(0, self.tip - 1_000), self.tip + 1):
                self._heights[self.hash_of(height)] = height
        return self._heights.get(block_hash)

    def ring(self, slot: int, state: int) -> bytes:
        """What slot `slot` of the EIP-2935 ring holds after block `state`."""
        if not self.has_history_contract:
            return bytes(32)
        newest = state - 1
        height = newest - (newest - slot) % RING
        return bytes(32) if height < 0 else self.hash_of(height)

    def beacon_time(self, slot: int, state: int) -> int:
        """What slot `slot` of the EIP-4788 ring of times holds after block `state`."""
        if not self.has_beacon_roots:
            return 0
        times = (self.time_of(state - back) for back in range(RING))
        return next(time for time in times if time % RING == slot)

    def history_call(self, asked: int, number: int, state: int) -> bytes:
        """What the history contract answers when a call in block `number` asks for `asked`."""
        if not max(0, number - RING) <= asked < number:
            return bytes(32)
        return self.ring(asked % RING, state)

    def nonce(self, account: bytes, state: int) -> int:
        """How many transactions `account` has sent up to block `state`."""
        return sum(1 for height, sender, _ in self.sent if sender == account and height <= state)

    def wei(self, account: bytes, state: int) -> int:
        return self.accounts.get(account, History()).at(state)
