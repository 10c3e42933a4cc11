"""A Substrate chain in memory, with real headers and a real state trie, and a node that serves it.

Wire format: the JSON-RPC methods ``chain_*`` and ``state_*`` of the Polkadot SDK (sc-rpc-api);
errors and hex texts are those of its nodes. Layouts of storage: pallets `system`, `timestamp` and
`assets`. Keys are written here with their hashes as text, apart from the ones in `chains`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from tests.fakes.http_fake import RpcFake, RpcRefusal
from tests.fakes.substrate_trie import StateTrie, blake, length

SYSTEM_ACCOUNT = "26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"
SYSTEM_NUMBER = "26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac"
TIMESTAMP_NOW = "f0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb"
ASSETS_ACCOUNT = "682a59d51ab9e48a8c8cc418ff9708d2b99d880ec681799c0cf30e8886371da9"
ASSETS_METADATA = "682a59d51ab9e48a8c8cc418ff9708d2b5f3822e35ca2f31ce3526eab1363fd2"
DIGEST = ["0x0642414245341234567890abcdef0011223344", "0x05424142450101" + "ab" * 64]
START_S = 1_700_000_000
BLOCK_S = 6


def concat(key: bytes) -> bytes:
    return blake2b(key, digest_size=16).digest() + key


def account_key(account: bytes) -> bytes:
    return bytes.fromhex(SYSTEM_ACCOUNT) + concat(account)


def account_value(free: int, reserved: int = 0, frozen: int = 0) -> bytes:
    counters = (3, 1, 1, 0)
    amounts = (free, reserved, frozen, 1 << 127)
    return b"".join(one.to_bytes(4, "little") for one in counters) + b"".join(
        one.to_bytes(16, "little") for one in amounts
    )


def asset_key(asset: int, account: bytes) -> bytes:
    return bytes.fromhex(ASSETS_ACCOUNT) + concat(asset.to_bytes(4, "little")) + concat(account)


@dataclass
class Made:
    """One block and the state after it."""

    header: dict[str, Any]
    hash: str
    trie: StateTrie
    values: dict[bytes, bytes]


def header_hash(header: dict[str, Any]) -> str:
    logs = [bytes.fromhex(log[2:]) for log in header["digest"]["logs"]]
    covered = (
        bytes.fromhex(header["parentHash"][2:])
        + length(int(header["number"], 16))
        + bytes.fromhex(header["stateRoot"][2:])
        + bytes.fromhex(header["extrinsicsRoot"][2:])
        + length(len(logs))
        + b"".join(logs)
    )
    return f"0x{blake(covered).hex()}"


class SubstrateChain:
    """Blocks one after another; `values` is what the next one will hold."""

    def __init__(self, *, version: int = 1, first: int = 0) -> None:
        """Begin with a genesis; the block after it has the number `first` or 1."""
        self.version = version
        self.values: dict[bytes, bytes] = {}
        self.blocks: dict[int, Made] = {}
        self.mine(0)
        if first > 1:
            self.mine(first - 1)

    @property
    def genesis(self) -> str:
        return self.blocks[0].hash[2:]

    @property
    def height(self) -> int:
        return max(self.blocks)

    def pay(self, account: bytes, free: int, reserved: int = 0, frozen: int = 0) -> None:
        self.values[account_key(account)] = account_value(free, reserved, frozen)

    def reap(self, account: bytes) -> None:
        """Take the account out of the state, as below the existential deposit."""
        del self.values[account_key(account)]

    def hold(self, asset: int, account: bytes, amount: int, tail: str = "0001") -> None:
        """Give the account an amount of an asset; `tail` is its status and the reason it exists."""
        value = amount.to_bytes(16, "little") + bytes.fromhex(tail)
        self.values[asset_key(asset, account)] = value

    def describe(self, asset: int, symbol: str, decimals: int) -> None:
        written = b"".join(length(len(one)) + one for one in (b"Token", symbol.encode()))
        key = bytes.fromhex(ASSETS_METADATA) + concat(asset.to_bytes(4, "little"))
        self.values[key] = bytes(16) + written + bytes([decimals, 0])

    def mine(self, number: int | None = None) -> int:
        """Make a block with what `values` holds now, and return its number."""
        number = self.height + 1 if number is None else number
        moment = (START_S + number * BLOCK_S) * 1000
        self.values[bytes.fromhex(SYSTEM_NUMBER)] = number.to_bytes(4, "little")
        self.values[bytes.fromhex(TIMESTAMP_NOW)] = moment.to_bytes(8, "little")
        trie = StateTrie(self.values, self.version)
        parent = self.blocks[self.height].hash if self.blocks else f"0x{bytes(32).hex()}"
        header = {
            "parentHash": parent,
            "number": hex(number),
            "stateRoot": f"0x{trie.root.hex()}",
            "extrinsicsRoot": f"0x{blake(bytes([number % 256])).hex()}",
            "digest": {"logs": DIGEST if number else []},
        }
        self.blocks[number] = Made(header, header_hash(header), trie, dict(self.values))
        return number


@dataclass
class Quirks:
    """What a `SubstrateFake` lacks, or gets wrong."""

    no_proofs: bool = False
    pruned_below: int = 0
    """States before this height are discarded."""
    unfinalized: int = 0
    """So many of the newest blocks are not final."""
    at_latest: bool = False
    """State methods answer from the newest state, whatever block is named."""
    largest: int = 10_000
    """Keys in one request."""
    left_out: set[str] = field(default_factory=set)
    """Keys that the node forgets to answer."""
    twice: bool = False
    renamed: str = ""
    """The block that answers name, in place of the one asked for."""
    proof_without: int | None = None
    """Which node of each proof is missing."""
    flipped: int | None = None
    """Which byte of each proof is wrong."""
    wrong_header: bool = False
    results: dict[str, object] = field(default_factory=dict)
    """Method -> what it returns in place of the truth."""


class SubstrateFake(RpcFake):
    """A node of a `SubstrateChain`."""

    def __init__(self, chain: SubstrateChain) -> None:
        super().__init__()
        self.chain = chain
        self.quirks = Quirks()

    def result(self, method: str, params: Any) -> object:  # noqa: ANN401 (JSON)
        if method in self.quirks.results:
            return self.quirks.results[method]
        return (
            self._chain(method, params)
            if method.startswith("chain_")
            else self._of_state(method, params)
        )

    def _chain(self, method: str, params: Any) -> object:  # noqa: ANN401 (JSON)
        match method, params:
            case "chain_getBlockHash", [number]:
                if number >= 1 << 32:
                    raise RpcRefusal(3001, f"`Number({number})` > u32::MAX, the max ... is u32.")
                block = self.chain.blocks.get(number)
                return None if block is None else block.hash
            case "chain_getFinalizedHead", []:
                return self.chain.blocks[self.chain.height - self.quirks.unfinalized].hash
            case "chain_getHeader", []:
                return self.chain.blocks[self.chain.height].header
            case "chain_getHeader", [name]:
                found = self._block(name).header
                return found | {"extrinsicsRoot": name} if self.quirks.wrong_header else found
        raise RpcRefusal(-32601, "Method not found")

    def _of_state(self, method: str, params: Any) -> object:  # noqa: ANN401 (JSON)
        match method, params:
            case "state_getStorage", [key, name]:
                return self._text(self._state(name).values.get(bytes.fromhex(key[2:])))
            case "state_queryStorageAt", [keys, name]:
                return self._query(keys, name)
            case "state_getReadProof", [keys, name] if not self.quirks.no_proofs:
                return self._proof(keys, name)
        raise RpcRefusal(-32601, "Method not found")

    def _block(self, name: str) -> Made:
        for block in self.chain.blocks.values():
            if block.hash == name:
                return block
        raise RpcRefusal(4003, f"Client error: UnknownBlock: Header was not found: {name}")

    def _state(self, name: str) -> Made:
        block = self._block(name)
        if int(block.header["number"], 16) < self.quirks.pruned_below:
            raise RpcRefusal(
                4003, f"Client error: UnknownBlock: State already discarded for {name}"
            )
        return self.chain.blocks[self.chain.height] if self.quirks.at_latest else block

    def _sized(self, keys: list[str]) -> list[str]:
        if len(keys) > self.quirks.largest:
            raise RpcRefusal(-32008, "Response is too big")
        return [key for key in keys if key not in self.quirks.left_out]

    def _query(self, keys: list[str], name: str) -> object:
        values = self._state(name).values
        changes = [
            [key, self._text(values.get(bytes.fromhex(key[2:])))] for key in self._sized(keys)
        ]
        if self.quirks.twice:
            changes.append(changes[0])
        return [{"block": self.quirks.renamed or name, "changes": changes}]

    def _proof(self, keys: list[str], name: str) -> object:
        nodes = self._state(name).trie.proof(bytes.fromhex(key[2:]) for key in self._sized(keys))
        if self.quirks.proof_without is not None:
            del nodes[self.quirks.proof_without]
        if self.quirks.flipped is not None:
            at = self.quirks.flipped % sum(map(len, nodes))
            for index, node in enumerate(nodes):
                if at < len(node):
                    nodes[index] = node[:at] + bytes([node[at] ^ 1]) + node[at + 1 :]
                    break
                at -= len(node)
        return {"at": self.quirks.renamed or name, "proof": [f"0x{one.hex()}" for one in nodes]}

    @staticmethod
    def _text(value: bytes | None) -> str | None:
        return None if value is None else f"0x{value.hex()}"
