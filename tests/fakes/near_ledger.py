"""A NEAR node over a small ledger that keeps every state.

Format: docs.near.org, "RPC API": `status`, `block`, `query` (view_account, call_function,
view_access_key) and its structured errors; NEP-141 and NEP-148 for tokens.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from chains.adapter import HoldingForm
from chains.encodings import base58_text
from chains.near.addresses import canonical
from chains.near.balances import reader
from chains.registry import Network
from tests.fakes.http_fake import RpcFake, RpcRefusal
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from tests.fakes.account_history import History, Scene

NETWORK = Network(
    "near", "NEAR", "near", "NEAR", 24, finality="finalized", options={"identity": "mainnet"}
)
NEAR = HoldingForm("NEAR@near", "NEAR", "near", None, 24, ())
USDT = HoldingForm("USDT@near", "USDT", "near", "usdt.tether-token.near", 6, ("USDt",))


def account(number: int) -> bytes:
    """Named accounts and implicit ones take turns."""
    name = b"wallet-%d.near" % number
    return b"@" + name if number % 2 else b"#" + hashlib.sha256(name).digest()


@cache
def name_of(height: int) -> str:
    return base58_text(hashlib.sha256(b"near block %d" % height).digest())


@dataclass
class Lies:
    """What the node gets wrong, and what it does not have."""

    chain: str = "mainnet"
    first: int = 0
    is_stale: bool = False
    """Answers from the newest block, and says so."""
    empty: set[int] = field(default_factory=set)
    """Heights without a block."""
    is_terse: bool = False
    """Errors come without their structure, as of old."""
    is_structured: bool = False
    """A missing key is an error with a cause, as in EXPERIMENTAL_view_access_key; `query` answers
    with a result that holds the error's text instead (nearcore, process_query_response)."""
    tells_account: bool = False
    """... which is the missing account's, as of nearcore 2.14; before, it is always the key's."""
    no_contract: bool = False
    locked: int = 0
    decimals: int = 6


class NearFake(RpcFake):
    """Honest unless told otherwise."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history
        self.lies = Lies()
        self.keys: dict[tuple[str, str], object] = {}
        """Account and key -> permission."""

    def result(self, method: str, params: Any) -> object:  # noqa: ANN401 (whatever was sent)
        match method:
            case "status":
                sync = {"latest_block_height": self.history.tip, "syncing": False}
                return {"chain_id": self.lies.chain, "sync_info": sync}
            case "block":
                return self._block(params)
            case "query":
                return self._query(params)
            case _:
                raise RpcRefusal(-32601, "Method not found")

    def _block(self, params: dict[str, Any]) -> object:
        height = (
            self.history.tip - 2
            if params.get("finality") == "final"
            else self._height(params["block_id"])
        )
        before = height - 1
        while before in self.lies.empty:
            before -= 1
        return {
            "author": "node.near",
            "header": {
                "height": height,
                "hash": name_of(height),
                "prev_hash": name_of(before),
                "prev_height": before,
                "timestamp": self.history.time(height) * 1_000_000_000 + 7,
            },
            "chunks": [],
        }

    def _height(self, named: str | int) -> int:
        known = range(max(self.history.first, self.lies.first), self.history.tip + 1)
        for height in known:
            if named in (height, name_of(height)) and height not in self.lies.empty:
                return height
        raise self._error("UNKNOWN_BLOCK", "DB Not Found Error", {})

    def _error(self, cause: str, said: str, info: dict[str, object]) -> RpcRefusal:
        structure = None if self.lies.is_terse else {"name": cause, "info": info}
        return RpcRefusal(-32000, "Server error", said, structure)

    def _query(self, params: dict[str, Any]) -> object:
        height = self._height(params["block_id"])
        if self.lies.is_stale:
            height = self.history.tip
        state, name = self.history.state(height), params["account_id"]
        at: dict[str, object] = {"block_height": height, "block_hash": name_of(height)}
        if params["request_type"] == "call_function":
            arguments = msgspec.json.decode(b64decode(params["args_base64"]))
            return at | {"result": list(self._called(name, params, arguments, height)), "logs": []}
        held = state.get(canonical(name, {}))
        is_key = params["request_type"] == "view_access_key"
        if is_key and not self.lies.is_structured and (name, params["public_key"]) not in self.keys:
            said = f"access key {params['public_key']} does not exist while viewing"
            if held is None and self.lies.tells_account:
                said = f"account {name} does not exist while viewing"
            return at | {"error": said, "logs": []}
        if held is None:
            info = at | {"requested_account_id": name}
            raise self._error("UNKNOWN_ACCOUNT", f"account {name} does not exist", info)
        if is_key:
            key = (name, params["public_key"])
            if key not in self.keys:
                info = at | {"public_key": params["public_key"]}
                raise self._error("UNKNOWN_ACCESS_KEY", "access key does not exist", info)
            return at | {"nonce": 1, "permission": self.keys[key]}
        return at | {
            "amount": str(held),
            "locked": str(self.lies.locked),
            "code_hash": "1" * 32,
            "storage_usage": 642,
        }

    def _called(
        self, contract: str, params: dict[str, Any], arguments: dict[str, str], height: int
    ) -> bytes:
        if contract != USDT.contract or self.lies.no_contract:
            info = {"block_hash": name_of(height), "block_height": height}
            raise self._error("NO_CONTRACT_CODE", "no contract", info)
        if params["method_name"] == "ft_metadata":
            return msgspec.json.encode({"symbol": "USDt", "decimals": self.lies.decimals})
        owner = canonical(arguments["account_id"], {})
        return msgspec.json.encode(str(self.history.balance(owner, height)))


def server_of(one: Trial) -> NearFake:
    assert isinstance(one.server, NearFake)
    return one.server


def trial(scene: Scene, form: HoldingForm = NEAR) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    server = NearFake(scene.history)

    def be_foreign() -> None:
        server.lies.chain = "testnet"

    def prune() -> None:
        server.lies.first = scene.history.tip

    def be_stale() -> None:
        server.lies.is_stale = True

    return Trial(scene, server, NETWORK, form, reader, be_foreign, prune, be_stale)
