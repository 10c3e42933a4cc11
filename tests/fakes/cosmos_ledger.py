"""A CometBFT node of a Cosmos SDK ledger that keeps every state, with real proofs.

Format: docs.cometbft.com, "RPC": `status`, `commit`, `abci_query`; the store of the SDK's bank
module; proofs as in `tests.fakes.cosmos_tree`.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from chains.adapter import HoldingForm
from chains.cosmos.balances import reader
from chains.registry import Network
from tests.fakes.cosmos_tree import iavl, part, simple
from tests.fakes.http_fake import RpcFake, RpcRefusal
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from tests.fakes.account_history import History, Scene
    from tests.fakes.cosmos_tree import Tree

NETWORK = Network(
    "cosmos", "Cosmos Hub", "cosmos", "ATOM", 6, finality="1",
    options={"identity": "cosmoshub-4", "denom": "uatom"}, address={"bech32_hrp": "cosmos"},
)  # fmt: skip
ATOM = HoldingForm("ATOM@cosmos", "ATOM", "cosmos", None, 6, ())


def account(number: int) -> bytes:
    return hashlib.sha256(b"cosmos %d" % number).digest()[:20]


def name_of(height: int) -> str:
    return hashlib.sha256(b"cosmos block %d" % height).hexdigest().upper()


@dataclass
class Lies:
    """What the node gets wrong, and what it does not have."""

    chain: str = "cosmoshub-4"
    first: int = 0
    is_stale: bool = False
    """Answers from its newest state."""
    is_silent: bool = False
    """... and names the height that was asked for."""
    before: str = ""
    """What blocks name as the one before, instead of the truth."""
    proves: bool = True
    amount: str = ""
    """What every balance is said to be, under the true proof."""
    as_coin: bool = False


class CosmosFake(RpcFake):
    """Honest unless told otherwise."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history
        self.lies = Lies()
        self.trees = cache(self._trees)

    def _trees(self, height: int) -> tuple[Tree, Tree]:
        """The bank's tree and that of the stores, after `height`."""
        bank = {b"\0params": b"{}", b"\x09last": b"1"}
        for one, amount in self.history.state(height).items():
            digits = str(amount).encode()
            value = part(1, b"uatom") + part(2, digits) if self.lies.as_coin else digits
            bank[b"\x02" + bytes([len(one)]) + one + b"uatom"] = value
        inner = iavl(bank)
        stores = {b"acc": b"a" * 32, b"bank": inner.root, b"staking": b"s" * 32}
        return inner, simple(stores)

    def result(self, method: str, params: Any) -> object:  # noqa: ANN401 (whatever was sent)
        match method:
            case "status":
                sync = {"latest_block_height": str(self.history.tip), "catching_up": False}
                return {"node_info": {"network": self.lies.chain}, "sync_info": sync}
            case "commit":
                return self._commit(int(params["height"]))
            case "abci_query":
                return {"response": self._query(params)}
            case _:
                raise RpcRefusal(-32601, "Method not found")

    def _commit(self, height: int) -> object:
        lowest = max(self.history.first, self.lies.first)
        if height < lowest:
            said = f"height {height} is not available, lowest height is {lowest}"
            raise RpcRefusal(-32603, "Internal error", said)
        root = self.trees(height - 1)[1].root if height > self.history.first else b"\0" * 32
        header = {
            "chain_id": self.lies.chain,
            "height": str(height),
            "time": f"2023-11-14T22:{13 + height // 60 % 40}:{height % 60:02}.123456789Z",
            "last_block_id": {"hash": self.lies.before or name_of(height - 1)},
            "app_hash": root.hex().upper(),
        }
        commit = {"height": str(height), "round": 0, "block_id": {"hash": name_of(height)}}
        return {"signed_header": {"header": header, "commit": commit}, "canonical": True}

    def _query(self, params: dict[str, Any]) -> dict[str, Any]:
        assert params["path"] == "/store/bank/key"
        assert params["prove"] is True
        asked, key = int(params["height"]), bytes.fromhex(params["data"])
        if asked < self.lies.first:
            return {"code": 1, "log": f"failed to load state at height {asked}", "height": "0"}
        if asked > self.history.tip:
            said = f"height {asked} must be less than or equal to the current blockchain height"
            return {"code": 18, "log": said, "height": "0"}
        height = self.history.tip if self.lies.is_stale else asked
        bank, stores = self.trees(height)
        value = bank.content.get(key, b"")
        proof = bank.present(key) if value else bank.absent(key)
        if self.lies.amount:
            value = self.lies.amount.encode()
        steps = [("ics23:iavl", key, proof), ("ics23:simple", b"bank", stores.present(b"bank"))]
        ops = [
            {"type": kind, "key": b64encode(of).decode(), "data": b64encode(data).decode()}
            for kind, of, data in steps
        ]
        return {
            "code": 0,
            "log": "",
            "index": "0",
            "key": b64encode(key).decode(),
            "value": b64encode(value).decode() or None,
            "proofOps": {"ops": ops} if self.lies.proves else None,
            "height": str(asked if self.lies.is_silent else height),
        }


def server_of(one: Trial) -> CosmosFake:
    assert isinstance(one.server, CosmosFake)
    return one.server


def trial(scene: Scene) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    server = CosmosFake(scene.history)

    def be_foreign() -> None:
        server.lies.chain = "theta-testnet-001"

    def prune() -> None:
        server.lies.first = scene.history.tip

    def be_stale() -> None:
        server.lies.is_stale = True

    return Trial(scene, server, NETWORK, ATOM, reader, be_foreign, prune, be_stale)
