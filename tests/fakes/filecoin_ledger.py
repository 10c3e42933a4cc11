"""A Filecoin node over a small ledger that keeps every state.

Format: docs.filecoin.io, "JSON-RPC reference": Chain and State. A tipset's key gives the state
before it, as there; epochs can be null rounds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chains.adapter import HoldingForm
from chains.errors import AddressError
from chains.filecoin.addresses import canonical
from chains.filecoin.balances import reader
from chains.registry import Network
from tests.fakes.http_fake import RpcFake, RpcRefusal
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from tests.fakes.account_history import History, Scene

GENESIS = "bafygenesis"
NETWORK = Network(
    "filecoin", "Filecoin", "filecoin", "FIL", 18, finality="20", options={"identity": GENESIS}
)
FIL = HoldingForm("FIL@filecoin", "FIL", "filecoin", None, 18, ())


def account(number: int) -> bytes:
    """All kinds of addresses take turns: ids, keys, actors, BLS keys, delegated ones."""
    seed = hashlib.sha512(b"filecoin %d" % number).digest()
    match number % 5:
        case 0:
            return b"\0%d" % (1_000 + number)
        case 3:
            return b"\x03" + seed[:48]
        case 4:
            return b"\x04\x0a" + seed[:20]
        case kind:
            return bytes([kind]) + seed[:20]


@dataclass
class Lies:
    """What the node gets wrong, and what it does not have."""

    genesis: str = GENESIS
    first: int = 0
    is_stale: bool = False
    """Looks everything up at its head."""
    is_forest: bool = False
    """Unknown actors are null."""
    knows_nobody: bool = False
    parents: str = ""
    """What tipsets name as their parents, instead of the truth."""
    null_rounds: set[int] = field(default_factory=set)


class FilecoinFake(RpcFake):
    """Honest unless told otherwise. Two blocks to a tipset."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history
        self.lies = Lies()

    def key(self, height: int) -> list[str]:
        return [f"bafy{height}a", f"bafy{height}b"]

    def _before(self, height: int) -> int:
        while height in self.lies.null_rounds:
            height -= 1
        return height

    def _tipset(self, height: int) -> dict[str, Any]:
        parents = [self.lies.parents] if self.lies.parents else self.key(self._before(height - 1))
        block = {
            "Height": height,
            "Timestamp": self.history.time(height),
            "Parents": [{"/": one} for one in parents],
            "ElectionProof": {"WinCount": 1},
        }
        return {
            "Cids": [{"/": one} for one in self.key(height)],
            "Blocks": [block, dict(block)],
            "Height": height,
        }

    def result(self, method: str, params: Any) -> object:  # noqa: ANN401 (whatever was sent)
        match method.removeprefix("Filecoin."), params:
            case "ChainGetGenesis", _:
                first = {"Height": 0, "Timestamp": 0, "Parents": None}
                return {"Cids": [{"/": self.lies.genesis}], "Blocks": [first], "Height": 0}
            case "ChainHead", _:
                return self._tipset(self.history.tip)
            case "ChainGetTipSetByHeight", [height, None]:
                return self._tipset(self._before(height))
            case "ChainGetTipSetAfterHeight", [height, None]:
                while height in self.lies.null_rounds:
                    height += 1
                return self._tipset(height)
            case "StateGetActor", [name, key]:
                return self._actor(name, key)
            case _:
                raise RpcRefusal(-32601, "method not found")

    def _actor(self, name: str, key: Any) -> object:  # noqa: ANN401 (JSON)
        known = range(self.history.first + 1, self.history.tip + 1)
        wanted = self.key(self.history.tip) if key is None else [one["/"] for one in key]
        (of,) = (one for one in known if self.key(one) == wanted)
        if self.lies.is_stale:
            of = self.history.tip
        if of < self.lies.first:
            raise RpcRefusal(1, "load state tree: failed to load state root: ipld: could not find")
        height = self._before(of - 1)
        actor = {"Code": {"/": "bafk"}, "Head": {"/": "bafy"}, "Nonce": 1}
        if name == "f02":
            return actor | {"Balance": str(10**27 - height)}
        state = {} if self.lies.knows_nobody else self.history.state(height)
        try:
            return actor | {"Balance": str(state[canonical(name, {})])}
        except AddressError:
            raise RpcRefusal(-32602, "invalid address") from None
        except LookupError:
            if self.lies.is_forest:
                return None
            raise RpcRefusal(1, f"resolve address {name}: actor not found") from None


def server_of(one: Trial) -> FilecoinFake:
    assert isinstance(one.server, FilecoinFake)
    return one.server


def trial(scene: Scene) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    server = FilecoinFake(scene.history)

    def be_foreign() -> None:
        server.lies.genesis = "bafyother"

    def prune() -> None:
        server.lies.first = scene.history.tip

    def be_stale() -> None:
        server.lies.is_stale = True

    return Trial(scene, server, NETWORK, FIL, reader, be_foreign, prune, be_stale)
