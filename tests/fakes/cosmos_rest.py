"""A REST server of a Cosmos SDK ledger that keeps every state.

Format: the Cosmos SDK's gRPC gateway (``/cosmos/bank/v1beta1``, ``/cosmos/base/tendermint``), with
the headers for heights as its documentation of queries at a height has them.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from chains.cosmos.addresses import canonical
from chains.cosmos.balances import reader
from tests.fakes.cosmos_ledger import ATOM, NETWORK, Lies, name_of
from tests.fakes.http_fake import HttpFake
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.account_history import History, Scene

ANSWERED = "Grpc-Metadata-X-Cosmos-Block-Height"


class CosmosRestFake(HttpFake):
    """Honest unless told otherwise."""

    kind = "rest"

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history
        self.lies = Lies()
        self.names_height = True
        self.header = ANSWERED
        """The header that names the height; some gateways pass it on without its prefix."""
        self.has_by_denom = True
        """False: the server is of a version that gives all balances only, page by page."""
        self.circle = False
        self.others = ["ibc/AB", "ibc/CD", "uother", "zcoin"]
        """Denominations of which every account that is there holds one."""

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        match path.strip("/").split("/"):
            case ["cosmos", "base", "tendermint", "v1beta1", "blocks", which]:
                height = self.history.tip if which == "latest" else int(which)
                return self._lost(height) or self._block(height)
            case ["cosmos", "bank", "v1beta1", "balances", address, "by_denom"]:
                if not self.has_by_denom:
                    said = {"code": 12, "message": "Not Implemented", "details": []}
                    return web.Response(status=501, body=msgspec.json.encode(said))
                denom = query["denom"]
                return self._at_height(
                    canonical(address, NETWORK.address),
                    lambda held: {"balance": {"denom": denom, "amount": str(held)}},
                )
            case ["cosmos", "bank", "v1beta1", "balances", address]:
                return self._at_height(
                    canonical(address, NETWORK.address), lambda held: self._page(held, query)
                )
            case _:
                raise LookupError

    def _lost(self, height: int) -> web.Response | None:
        if height >= max(self.lies.first, self.history.first):
            return None
        said = {"code": 2, "message": f"failed to load state at height {height}", "details": []}
        return web.Response(status=500, body=msgspec.json.encode(said))

    def _block(self, height: int) -> object:
        def named(at: int) -> dict[str, str]:
            return {"hash": b64encode(bytes.fromhex(name_of(at))).decode()}

        header = {
            "chain_id": self.lies.chain,
            "height": str(height),
            "time": "2023-11-14T22:13:20.5Z",
            "last_block_id": named(height - 1),
            "app_hash": b64encode(b"a" * 32).decode(),
        }
        return {"block_id": named(height), "block": {"header": header}}

    def _page(self, held: int, query: dict[str, str]) -> object:
        """All coins of an account, two on a page; none with an amount of 0."""
        amounts = dict.fromkeys(self.others, 1) | {"uatom": held}
        coins = sorted(amounts.items()) if held else []
        at = int(b64decode(query.get("pagination.key", "")) or b"0")
        following = b"0" if self.circle else b"%d" % (at + 2)
        more = b64encode(following).decode() if at + 2 < len(coins) or self.circle else None
        return {
            "balances": [{"denom": name, "amount": str(one)} for name, one in coins[at : at + 2]],
            "pagination": {"next_key": more, "total": "0"},
        }

    def _at_height(self, account: bytes, made: Callable[[int], object]) -> object:
        asked = int(self.headers.get("x-cosmos-block-height", self.history.tip))
        lost = self._lost(asked)
        if lost is not None:
            return lost
        height = self.history.tip if self.lies.is_stale else asked
        held = self.history.balance(account, height)
        told = {self.header: str(height)} if self.names_height else {}
        answer = made(held)
        if self.spoil is not None:
            answer = self.spoil("balance", answer)
        body = msgspec.json.encode(answer)
        if self.faults.garbage > 0:
            body = body[: len(body) // 2]
        return web.Response(body=body, headers=told)


def trial(scene: Scene, *, has_by_denom: bool = True) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    server = CosmosRestFake(scene.history)
    server.has_by_denom = has_by_denom

    def be_foreign() -> None:
        server.lies.chain = "theta-testnet-001"

    def prune() -> None:
        server.lies.first = scene.history.tip

    def be_stale() -> None:
        server.lies.is_stale = True

    return Trial(scene, server, NETWORK, ATOM, reader, be_foreign, prune, be_stale)
