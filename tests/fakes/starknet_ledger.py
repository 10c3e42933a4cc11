"""A Starknet node over a small ledger that keeps every state.

Format: the Starknet JSON-RPC specification (starknet-specs 0.9): `starknet_chainId`,
`starknet_getBlockWithTxHashes`, `starknet_call`, `starknet_getStorageAt`,
`starknet_getClassHashAt` and the codes of its errors; contract 0x1 as in the Starknet book.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from chains.adapter import HoldingForm
from chains.registry import Network
from chains.starknet.balances import reader
from chains.starknet.ownership import truncated_keccak
from tests.fakes.http_fake import RpcFake, RpcRefusal
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from tests.fakes.account_history import History, Scene

STRK_CONTRACT = "0x4718f5a0fc34cc1af16a1cdee98ffb20c31f5cd61d6ab07201858f4287c938d"
NETWORK = Network(
    "starknet", "Starknet", "starknet", "STRK", 18, finality="finalized",
    options={"identity": "SN_MAIN", "native_contract": STRK_CONTRACT},
)  # fmt: skip
STRK = HoldingForm("STRK@starknet", "STRK", "starknet", None, 18, ())
ETH_CONTRACT = "0x049d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7"
ETH = HoldingForm("ETH@starknet", "ETH", "starknet", ETH_CONTRACT, 18, ("ETH",))
TOKENS = {STRK_CONTRACT: "STRK", f"{int(ETH_CONTRACT, 16):#x}": "ETH"}
BUFFER = 10
UNPROVEN = 3
"""Blocks that Ethereum has not accepted yet."""


def account(number: int) -> bytes:
    return (int.from_bytes(hashlib.sha256(b"starknet %d" % number).digest(), "big") >> 6).to_bytes(
        32, "big"
    )


@cache
def name_of(height: int) -> str:
    return (
        f"{int.from_bytes(hashlib.sha256(b'starknet block %d' % height).digest(), 'big') >> 6:#x}"
    )


@dataclass
class Lies:
    """What the node gets wrong, and what it does not have."""

    chain: str = "SN_MAIN"
    first: int = 0
    is_stale: bool = False
    """Answers calls from the newest state, whatever is asked."""
    decimals: int = 18
    reverts: bool = False
    knows_tag: bool = True
    """False: of a version before 0.9, without the tag `l1_accepted`."""
    most_members: int = 1 << 30
    """Larger batches are refused."""
    owners: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """Contract -> function -> what it returns."""


class StarknetFake(RpcFake):
    """Honest unless told otherwise."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history
        self.lies = Lies()
        self.functions = {
            f"{truncated_keccak(name):#x}": name
            for name in ("balanceOf", "decimals", "symbol", "get_owner", "get_public_key",
                         "getPublicKey", "getSigner", "get_signer", "get_guardian", "getGuardian",
                         "get_signers", "get_threshold", "get_multisig_threshold")
        }  # fmt: skip

    def result(self, method: str, params: Any) -> object:  # noqa: ANN401 (whatever was sent)
        match method, params:
            case "starknet_chainId", _:
                return f"0x{self.lies.chain.encode().hex()}"
            case "starknet_getBlockWithTxHashes", [reference]:
                height = self._height(reference)
                return {
                    "status": f"ACCEPTED_ON_L{1 if height <= self._final else 2}",
                    "block_hash": name_of(height),
                    "block_number": height,
                    "timestamp": self.history.time(height),
                    "transactions": ["0x1", "0x2"],
                }
            case "starknet_getStorageAt", ["0x1", key, reference]:
                height, entry = self._state(reference), int(key, 16)
                known = self.history.first - BUFFER <= entry <= height - BUFFER
                return name_of(entry) if known else "0x0"
            case "starknet_getClassHashAt", [reference, contract]:
                self._state(reference)
                if contract not in self.lies.owners:
                    raise RpcRefusal(20, "Contract not found")
                return "0xabc"
            case "starknet_call", [asked, reference]:
                return self._called(asked, self._state(reference))
            case _:
                raise RpcRefusal(-32601, "Method not found")

    @property
    def _final(self) -> int:
        return self.history.tip - UNPROVEN

    def _height(self, reference: Any) -> int:  # noqa: ANN401 (JSON)
        known = range(max(self.history.first, self.lies.first), self.history.tip + 1)
        match reference:
            case "latest":
                return self.history.tip
            case "l1_accepted" if self.lies.knows_tag:
                return self._final
            case "l1_accepted":
                raise RpcRefusal(-32602, "Invalid params")
            case {"block_number": height} if height in range(self.history.first, known.stop):
                return int(height)
            case {"block_hash": named}:
                for height in known:
                    if name_of(height) == named:
                        return height
        raise RpcRefusal(24, "Block not found")

    def _state(self, reference: object) -> int:
        height = self._height(reference)
        return self.history.tip if self.lies.is_stale else height

    def _called(self, asked: dict[str, Any], height: int) -> list[str]:
        contract, name = asked["contract_address"], self.functions[asked["entry_point_selector"]]
        if contract in self.lies.owners:
            if name not in self.lies.owners[contract]:
                raise RpcRefusal(21, "Requested entrypoint does not exist in the contract")
            return self.lies.owners[contract][name]
        if contract not in TOKENS:
            raise RpcRefusal(20, "Contract not found")
        match name:
            case "decimals":
                return [f"{self.lies.decimals:#x}"]
            case "symbol":
                return [f"0x{TOKENS[contract].encode().hex()}"]
        if self.lies.reverts:
            raise RpcRefusal(40, "Contract error", {"revert_error": "paused"})
        held = self.history.balance(int(asked["calldata"][0], 16).to_bytes(32, "big"), height)
        return [f"{held & (1 << 128) - 1:#x}", f"{held >> 128:#x}"]


def server_of(one: Trial) -> StarknetFake:
    assert isinstance(one.server, StarknetFake)
    return one.server


def trial(scene: Scene, form: HoldingForm = STRK) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    server = StarknetFake(scene.history)

    def be_foreign() -> None:
        server.lies.chain = "SN_SEPOLIA"

    def prune() -> None:
        server.lies.first = scene.history.tip

    def be_stale() -> None:
        server.lies.is_stale = True

    return Trial(scene, server, NETWORK, form, reader, be_foreign, prune, be_stale)
