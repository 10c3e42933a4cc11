"""A node of Toyland, a ledger that exists in docs/adding-a-chain.md only."""

from __future__ import annotations

import hashlib

from aiohttp import web
from nacl.signing import SigningKey

from chains.adapter import HoldingForm
from chains.registry import Network
from tests.fakes.account_history import History, Scene
from tests.fakes.http_fake import HttpFake
from tests.fakes.ledger_trials import Trial
from tests.fakes.toy_family.addresses import canonical
from tests.fakes.toy_family.balances import reader

NETWORK = Network(
    "toyland", "Toyland", "toy", "TOY", 6, finality="finalized", options={"identity": "toyland-1"}
)
TOY = HoldingForm("TOY@toyland", "TOY", "toyland", None, 6, ())


def key(number: int) -> SigningKey:
    return SigningKey(hashlib.sha256(b"toy account %d" % number).digest())


def account(number: int) -> bytes:
    return bytes(key(number).verify_key)


def name_of(height: int) -> str:
    return hashlib.sha256(b"toy block %d" % height).hexdigest()


class ToyFake(HttpFake):
    """Honest unless told otherwise."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history
        self.chain = "toyland-1"
        self.first = 0
        """The first state that it still has."""
        self.is_stale = False

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        match path.strip("/").split("/"):
            case ["head"]:
                return {"chain": self.chain, "height": self.history.tip}
            case ["block", height]:
                at = int(height)
                return {"height": at, "hash": name_of(at), "time": self.history.time(at)}
            case ["state", block, holder]:
                return self._state(block, holder)
        raise LookupError(path)

    def _state(self, block: str, holder: str) -> object:
        known = range(self.history.first, self.history.tip + 1)
        height = next(one for one in known if name_of(one) == block)
        if self.is_stale:
            height = self.history.tip
        if height < self.first:
            return web.Response(status=410, text="gone")
        state = self.history.state(height)
        about = {"block": name_of(height), "account": holder}
        amount = state.get(canonical(holder, {}))
        return about | ({"exists": False} if amount is None else {"amount": amount})


def trial(scene: Scene) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    server = ToyFake(scene.history)

    def be_foreign() -> None:
        server.chain = "toyland-2"

    def prune() -> None:
        server.first = scene.history.tip

    def be_stale() -> None:
        server.is_stale = True

    return Trial(scene, server, NETWORK, TOY, reader, be_foreign, prune, be_stale)
