"""A mirror node over a small ledger, with a step of balances every third block.

Format: docs.hedera.com, "Mirror Node REST API": blocks, accounts, transactions.
"""

from __future__ import annotations

import hashlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from aiohttp import web

from chains.adapter import HoldingForm
from chains.hedera.answers import nanoseconds, written
from chains.hedera.balances import reader
from chains.registry import Network
from tests.fakes.http_fake import HttpFake
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from tests.fakes.account_history import History, Scene

BEGINNING = "1568411631.396440000"
NETWORK = Network(
    "hedera",
    "Hedera",
    "hedera",
    "HBAR",
    8,
    finality="finalized",
    options={"identity": BEGINNING},
)
HBAR = HoldingForm("HBAR@hedera", "HBAR", "hedera", None, 8, ())
SECOND = 1_000_000_000
_TIMES: ContextVar[list[str]] = ContextVar("times of the request")


def account(number: int) -> bytes:
    return b"0.0.%d" % (1_000 + number)


def name_of(height: int) -> str:
    return "0x" + hashlib.sha384(b"hedera block %d" % height).hexdigest()


class MirrorFake(HttpFake):
    """Honest unless told otherwise. A page holds two transactions here."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history
        self.beginning = BEGINNING
        self.step = 3
        """Blocks between two snapshots of balances."""
        self.is_stale = False
        self.circle = False
        """The pages of transactions go round."""
        self.keys: dict[bytes, dict[str, str]] = {}
        self.without_steps = False
        """Balances are null, as of an account that no step knows yet."""
        self.deleted: set[bytes] = set()

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        match path.removeprefix("/api/v1/").split("/"):
            case ["blocks"]:
                return {"blocks": [self._block(self.history.tip)]}
            case ["blocks", height]:
                return self._block(int(height))
            case ["accounts", holder]:
                end = nanoseconds(query["timestamp"].removeprefix("lte:"))
                return self._account(holder.encode(), self._height(end))
            case ["transactions"]:
                return self._transactions(query)
        raise LookupError(path)

    async def _serve(self, request: web.Request) -> web.Response:
        # Two parameters of one name: a dictionary holds one of them.
        _TIMES.set(request.query.getall("timestamp", []))
        return await super()._serve(request)

    def _moment(self, height: int) -> int:
        return self.history.time(height) * SECOND

    def _height(self, moment: int) -> int:
        return (
            self.history.tip
            if self.is_stale
            else max(
                height
                for height in range(self.history.first, self.history.tip + 1)
                if self._moment(height) <= moment
            )
        )

    def _block(self, height: int) -> dict[str, Any]:
        if height:
            self.history.state(height)
        begin = self.beginning if not height else written(self._moment(height) - SECOND)
        end = self.beginning if not height else written(self._moment(height))
        return {
            "number": height,
            "hash": name_of(height),
            "timestamp": {"from": begin, "to": end},
        }

    def _born(self, holder: bytes) -> int | None:
        known = range(self.history.first, self.history.tip + 1)
        return next((at for at in known if holder in self.history.state(at)), None)

    def _account(self, holder: bytes, height: int) -> object:
        born = self._born(holder)
        if born is None or born > height:
            message = {"_status": {"messages": [{"message": "Not found"}]}}
            return web.json_response(message, status=404)
        # Steps begin with the ledger; an account that is younger than the last one has none yet.
        step = height - (height - self.history.first) % self.step
        held: dict[str, Any] = {"balance": None, "timestamp": None}
        if step >= born and not self.without_steps:
            held = {
                "balance": self.history.balance(holder, step),
                "timestamp": written(self._moment(step)),
            }
        return {
            "account": holder.decode(),
            "created_timestamp": written(self._moment(born)),
            "balance": held,
            "key": self.keys.get(holder),
            "deleted": holder in self.deleted,
        }

    def _transactions(self, query: dict[str, str]) -> object:
        holder = query["account.id"].encode()
        (since, begin), (_, end) = (one.split(":") for one in _TIMES.get())
        known = [
            height
            for height in range(self.history.first + 1, self.history.tip + 1)
            if nanoseconds(begin) - (since == "gte") < self._moment(height) <= nanoseconds(end)
            and self.history.balance(holder, height) != self.history.balance(holder, height - 1)
        ]
        found = [self._transaction(holder, height) for height in known[:2]]
        following = None
        if known[2:] or (self.circle and known):
            after = begin if self.circle else written(self._moment(known[1]))
            following = (
                f"/api/v1/transactions?account.id={holder.decode()}&limit=2&order=asc"
                f"&timestamp={'gt' if not self.circle else since}:{after}&timestamp=lte:{end}"
            )
        return {"transactions": found, "links": {"next": following}}

    def _transaction(self, holder: bytes, height: int) -> dict[str, Any]:
        amount = self.history.balance(holder, height) - self.history.balance(holder, height - 1)
        return {
            "consensus_timestamp": written(self._moment(height)),
            "result": "SUCCESS",
            "transfers": [
                {"account": holder.decode(), "amount": amount + 3, "is_approval": False},
                {"account": holder.decode(), "amount": -3, "is_approval": False},
                {"account": "0.0.98", "amount": -amount, "is_approval": False},
            ],
        }


def trial(scene: Scene) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    server = MirrorFake(scene.history)

    def be_foreign() -> None:
        server.beginning = "1706800000.000000000"

    def be_stale() -> None:
        server.is_stale = True

    return Trial(scene, server, NETWORK, HBAR, reader, be_foreign, None, be_stale)
