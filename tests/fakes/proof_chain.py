"""A chain of one block with real tries, and nodes that prove it, or fail to: all in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from chains.errors import ChainsError, Incapable, ProviderError, TimedOut, UnresolvedReason
from chains.evm.blocks import Block
from tests.fakes.tries import Rlp, Trie, account_leaf, keccak, number, rlp

if TYPE_CHECKING:
    from chains.evm.node import Node
    from chains.evm.panel import Panel
    from chains.transport.json_rpc import RpcRequest

TOKEN = bytes.fromhex("da" * 20)
Slot = Callable[[bytes], bytes]


def solidity(place: int) -> Slot:
    return lambda holder: keccak(holder.rjust(32, b"\0") + place.to_bytes(32, "big"))


@dataclass
class ProofChain:
    """Native balances, and one token whose words lie where `slot` says."""

    native: dict[bytes, int] = field(default_factory=dict)
    words: dict[bytes, int] = field(default_factory=dict)
    slot: Slot = field(default_factory=lambda: solidity(9))
    mask: int = (1 << 256) - 1
    """What balanceOf takes of a word."""

    def __post_init__(self) -> None:
        self.storage = Trie(
            {self.slot(h): rlp(number(word)) for h, word in self.words.items() if word}
        )
        leaves = {account: account_leaf(wei) for account, wei in self.native.items()}
        leaves[TOKEN] = account_leaf(0, storage_root=self.storage.root, code_hash=keccak(b"code"))
        self.state = Trie(leaves)
        fields: dict[str, int | bytes] = {
            "parentHash": bytes(32), "sha3Uncles": bytes(32), "miner": bytes(20),
            "stateRoot": self.state.root, "transactionsRoot": bytes(32),
            "receiptsRoot": bytes(32), "logsBloom": bytes(256), "difficulty": 0, "number": 100,
            "gasLimit": 30_000_000, "gasUsed": 0, "timestamp": 1_700_000_000, "extraData": b"",
            "mixHash": bytes(32), "nonce": bytes(8),
        }  # fmt: skip
        self.header = {
            name: hex(value) if isinstance(value, int) else f"0x{value.hex()}"
            for name, value in fields.items()
        }
        encoded: list[Rlp] = [number(v) if isinstance(v, int) else v for v in fields.values()]
        self.block = Block(100, keccak(rlp(encoded)), bytes(32), 1_700_000_000)

    def balance(self, holder: bytes) -> int:
        return self.words.get(holder, 0) & self.mask

    def proof(self, account: str, slots: Sequence[str]) -> dict[str, Any]:
        return {
            "address": account,
            "accountProof": [_hex(raw) for raw in self.state.proof(_octets(account))],
            "storageProof": [
                {"key": slot, "proof": [_hex(raw) for raw in self.storage.proof(_octets(slot))]}
                for slot in slots
            ],
        }


def _hex(octets: bytes) -> str:
    return f"0x{octets.hex()}"


def _octets(text: str) -> bytes:
    return bytes.fromhex(text[2:])


@dataclass
class ProofNode:
    """Stands in for `chains.evm.node.Node`. `change(method, result)` is what it answers."""

    chain: ProofChain
    label: str = "http://node"
    change: Callable[[str, Any], Any] = lambda _, result: result
    errors: dict[str, ChainsError] = field(default_factory=dict)
    """Method -> what is raised in place of an answer."""
    most_slots: int = 10_000
    most_requests: int = 10_000
    """More in one question take too long."""
    out: ProviderError | None = None
    asked: list[RpcRequest] = field(default_factory=list)

    @property
    def endpoint(self) -> ProofNode:
        return self

    async def one(
        self, method: str, params: Sequence[object] = (), *, journal: list[str]
    ) -> object:
        assert method == "eth_getBlockByHash"
        if method in self.errors:
            raise self.errors[method]
        return self.change(method, dict(self.chain.header))

    async def ask(
        self, block: Block, requests: Sequence[RpcRequest], journal: list[str]
    ) -> list[object]:
        assert block == self.chain.block
        if len(requests) > self.most_requests:
            raise TimedOut("too slow")
        self.asked += requests
        return [self._answer(request.method, request.params) for request in requests]

    def _answer(self, method: str, params: Sequence[Any]) -> object:
        if method in self.errors:
            return self.errors[method]
        if method == "eth_getProof":
            account, slots = params
            if len(slots) > self.most_slots:
                from chains.errors import TooLarge  # noqa: PLC0415

                return TooLarge("too many slots")
            return self.change(method, self.chain.proof(account, slots))
        (call,) = params
        holder = _octets(call["data"])[-20:]
        if method == "eth_createAccessList":
            slot = _hex(self.chain.slot(holder))
            entry = {"address": _hex(TOKEN), "storageKeys": [slot]}
            return self.change(method, {"accessList": [entry], "gasUsed": "0x1"})
        assert method == "eth_call"
        return self.change(method, f"0x{self.chain.balance(holder):064x}")


@dataclass
class ProofPanel:
    """Stands in for `chains.evm.panel.Panel`."""

    nodes: list[ProofNode]
    noted: list[str] = field(default_factory=list)

    def usable(self, block: Block | None = None) -> list[Node]:
        return [cast("Node", node) for node in self.nodes]

    def note(self, node: Node, error: ChainsError, block: Block | None = None) -> ProviderError:
        self.noted.append(node.label)
        return ProviderError(str(error), source=node.label)


def panel(*nodes: ProofNode) -> Panel:
    return cast("Panel", ProofPanel(list(nodes)))


def no_method(text: str = "the method does not exist") -> Incapable:
    return Incapable(text, reason=UnresolvedReason.NO_METHOD)
