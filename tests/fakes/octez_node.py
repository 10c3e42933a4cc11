"""An Octez node over a small ledger.

Format: octez.tezos.com, "Shell RPCs" (chain_id, header) and the protocol's RPCs
(helpers/current_level, context/contracts/ID/balance).
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web

from chains.adapter import HoldingForm
from chains.encodings import base58check_text
from chains.registry import Network
from chains.tezos.addresses import TZ1, canonical
from chains.tezos.balances import reader
from tests.fakes.http_fake import HttpFake
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from tests.fakes.account_history import History, Scene

CHAIN_ID = "NetXdQprcVkpaWU"
NETWORK = Network("tezos", "Tezos", "tezos", "XTZ", 6, finality="3", options={"identity": CHAIN_ID})
XTZ = HoldingForm("XTZ@tezos", "XTZ", "tezos", None, 6, ())


def account(number: int) -> bytes:
    return TZ1 + hashlib.sha256(b"tezos account %d" % number).digest()[:20]


def name_of(height: int) -> str:
    return base58check_text(b"\x01\x34" + hashlib.sha256(b"tezos block %d" % height).digest())


class OctezFake(HttpFake):
    """Honest unless told otherwise."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history
        self.chain_id = CHAIN_ID
        self.oldest = 0
        """The first block whose context it has; headers are all there."""
        self.is_gone = True
        """Says 410 for a context that it does not have; otherwise 404, as for an account."""
        self.is_stale = False
        self.zero_for_nobody = False
        """Says "0" of an account that does not exist, as nodes do for implicit ones."""

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        match path.strip("/").split("/"):
            case ["chains", "main", "chain_id"]:
                return self.chain_id
            case ["chains", "main", "blocks", block, *rest]:
                return self._of_block(self._height(block), rest)
        raise LookupError(path)

    def _response(self, answer: object) -> web.Response:
        # A text is JSON here, in quotes.
        return super()._response(f'"{answer}"' if isinstance(answer, str) else answer)

    def _height(self, block: str) -> int:
        known = range(self.history.first, self.history.tip + 1)
        if block == "head":
            return self.history.tip
        if block.isdecimal():
            found = [height for height in known if height == int(block)]
        else:
            found = [height for height in known if name_of(height) == block]
        if not found:
            raise LookupError(block)
        return found[0]

    def _of_block(self, height: int, rest: list[str]) -> object:
        if rest == ["header"]:
            baked = datetime.fromtimestamp(self.history.time(height), UTC)
            return {
                "hash": name_of(height),
                "level": height,
                "timestamp": f"{baked:%Y-%m-%dT%H:%M:%SZ}",
            }
        if height < self.oldest:
            return web.json_response([], status=410 if self.is_gone else 404)
        if self.is_stale:
            height = self.history.tip
        match rest:
            case ["helpers", "current_level"]:
                return {"level": height, "cycle": 1}
            case ["context", "contracts", holder, "balance"]:
                amount = self.history.state(height).get(canonical(holder, {}))
                if amount is None and not self.zero_for_nobody:
                    raise LookupError(holder)
                return str(amount or 0)
        raise LookupError(rest)


def trial(scene: Scene) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    server = OctezFake(scene.history)

    def be_foreign() -> None:
        server.chain_id = "NetXnHfVqm9iesp"

    def prune() -> None:
        server.oldest = scene.history.tip

    def be_stale() -> None:
        server.is_stale = True

    return Trial(scene, server, NETWORK, XTZ, reader, be_foreign, prune, be_stale)
