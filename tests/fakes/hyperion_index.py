"""A Hyperion index with its node, over a small ledger.

Format: the chain API of Antelope (``/v1/chain``), and github.com/eosrio/hyperion-history-api
(``/v2/health``, ``get_deltas``, ``get_actions``), whose amounts are JSON numbers.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from chains.adapter import HoldingForm
from chains.eos.answers import milliseconds
from chains.eos.balances import reader
from chains.registry import Network
from tests.fakes.http_fake import HttpFake
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from tests.fakes.account_history import History, Scene

CHAIN_ID = "aca376f206b8fc25a6ed44dbdc66547c36c6c33e3a119ffbeaef943642f0e906"
CONTRACT, SYMBOL, DECIMALS = "core.vaulta", "A", 4
NETWORK = Network(
    "vaulta",
    "Vaulta (formerly EOS)",
    "eos",
    "A",
    DECIMALS,
    finality="finalized",
    options={"identity": CHAIN_ID, "native_contract": CONTRACT, "native_symbol": SYMBOL},
)
COIN = HoldingForm("A@vaulta", "A", "vaulta", None, DECIMALS, ())
LETTERS = "abcdefghij"


def account(number: int) -> bytes:
    return b"okb" + "".join(LETTERS[int(digit)] for digit in f"{number:06d}").encode()


def id_of(height: int) -> str:
    return f"{height:08x}" + hashlib.sha256(b"eos block %d" % height).hexdigest()[8:]


def asset(units: int) -> str:
    return f"{Decimal(units).scaleb(-DECIMALS):f} {SYMBOL}"


def error(status: int, message: str) -> web.Response:
    told = {
        "code": 0,
        "name": "exception",
        "what": "unspecified",
        "details": [{"message": message}],
    }
    return web.json_response({"code": status, "error": told}, status=status)


class HyperionFake(HttpFake):
    """Honest unless told otherwise."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history
        self.chain_id = CHAIN_ID
        self.first, self.missing, self.features = 2, 0, {"index_deltas": True}
        self.lag = 0
        """Blocks that the index is behind the node."""
        self.oldest = 0
        """The index lost the changes before this block, whatever it says of itself."""
        self.is_newest_only = False
        """The index has no more than the last change of every account."""
        self.is_deaf = False
        """The index does not understand ``before``."""
        self.page = 1_000
        """The most that a page holds."""
        self.others = 0
        """So many changes of another token stand before every other one."""
        self.older: set[bytes] = set()
        """Accounts that were created long before they held anything."""
        self.permissions: dict[bytes, list[dict[str, Any]]] = {}
        self.updates: dict[bytes, list[tuple[int, str]]] = {}
        """Blocks in which permissions were changed, and which ones."""
        self.members: dict[str, Any] = {}
        """Members of every account that are otherwise than elsewhere."""

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        match path.strip("/").split("/"):
            case ["v1", "chain", method]:
                return self._node(method, msgspec.json.decode(body))
            case ["v2", "health"]:
                return self._health()
            case ["v2", "history", "get_deltas"]:
                return self._deltas(query)
            case ["v2", "history", "get_actions"]:
                return self._actions(query)
        raise LookupError(path)

    def _node(self, method: str, asked: dict[str, Any]) -> object:
        match method:
            case "get_info":
                return {
                    "chain_id": self.chain_id,
                    "head_block_num": self.history.tip,
                    "last_irreversible_block_num": self.history.tip - 2,
                }
            case "get_block_info":
                return self._block(asked["block_num"])
            case "get_account":
                return self._account(asked["account_name"])
            case "get_currency_balance":
                assert (asked["code"], asked["symbol"]) == (CONTRACT, SYMBOL)
                held = self.history.state(self.history.tip).get(asked["account"].encode())
                return [] if held is None else [asset(held)]
        raise LookupError(method)

    def _moment(self, height: int) -> str:
        return f"{datetime.fromtimestamp(self.history.time(height), UTC):%Y-%m-%dT%H:%M:%S}.500"

    def _block(self, height: int) -> object:
        try:
            self.history.state(height)
        except LookupError:
            return error(400, f"Could not find block: {height}")
        return {"block_num": height, "id": id_of(height), "timestamp": self._moment(height)}

    def _changes(self, holder: bytes) -> list[tuple[int, int | None]]:
        """Blocks that changed what an account holds, and what it held then; None: removed."""
        found: list[tuple[int, int | None]] = []
        before = None
        for height in range(self.history.first, self.history.tip - self.lag + 1):
            held = self.history.state(height).get(holder)
            if held != before:
                found.append((height, held))
            before = held
        return found

    def _account(self, name: str) -> object:
        holder = name.encode()
        changes = self._changes(holder)
        if not changes and holder not in self.older:
            return error(500, f"unknown key (boost::tuples::tuple<bool, name>): (0 {name})")
        born = self.history.first if holder in self.older else changes[0][0]
        return {
            "account_name": name,
            "head_block_num": self.history.tip,
            "created": self._moment(born),
            "permissions": self.permissions.get(holder, []),
            "self_delegated_bandwidth": {"cpu_weight": "2.0000 EOS", "net_weight": "1.0000 EOS"},
            "refund_request": None,
        } | self.members

    def _health(self) -> object:
        data = {
            "first_indexed_block": self.first,
            "last_indexed_block": self.history.tip - self.lag,
            "missing_blocks": self.missing,
        }
        return {
            "health": [
                {"service": "RabbitMq", "status": "OK"},
                {"service": "Elasticsearch", "status": "OK", "service_data": data},
            ],
            "features": self.features,
        }

    def _deltas(self, query: dict[str, str]) -> object:
        assert (query["code"], query["table"], query["sort"]) == (CONTRACT, "accounts", "desc")
        known = [one for one in self._changes(query["scope"].encode()) if one[0] >= self.oldest]
        known = known[-1:] if self.is_newest_only else known
        if "before" in query and not self.is_deaf:
            until = milliseconds(query["before"])
            known = [one for one in known if milliseconds(self._moment(one[0])) <= until]
        found = [self._delta(query["scope"], height, held) for height, held in reversed(known)]
        other = [one | {"primary_key": "5459781"} for one in found[:1] * self.others]
        found, skip = other + found, int(query.get("skip", "0"))
        limit = min(int(query["limit"]), self.page)
        return {
            "total": {"value": len(found), "relation": "eq"},
            "deltas": found[skip : skip + limit],
        }

    def _delta(self, name: str, height: int, held: int | None) -> dict[str, Any]:
        amount = float(Decimal(held or 0).scaleb(-DECIMALS))
        return {
            "timestamp": self._moment(height),
            "code": CONTRACT,
            "scope": name,
            "table": "accounts",
            "primary_key": str(int.from_bytes(SYMBOL.encode(), "little")),
            "payer": name,
            "present": int(held is not None),
            "block_num": height,
            "data": {"amount": amount, "symbol": SYMBOL},
        }

    def _actions(self, query: dict[str, str]) -> object:
        assert query["filter"] == "eosio:updateauth,eosio:deleteauth"
        after = milliseconds(query["after"])
        found = [
            {"block_num": height, "act": {"name": "updateauth", "data": {"permission": name}}}
            for height, name in self.updates.get(query["account"].encode(), [])
            if milliseconds(self._moment(height)) >= after
        ]
        total = {"value": len(found), "relation": "eq"}
        return {"total": total, "actions": found[: min(int(query["limit"]), self.page)]}


def trial(scene: Scene) -> Trial:
    """See `tests.fakes.ledger_trials`. Amounts are numbers: only the node's own can be spoilt."""
    server = HyperionFake(scene.history)

    def be_foreign() -> None:
        server.chain_id = "00" * 32

    def prune() -> None:
        server.first = scene.history.tip

    def be_stale() -> None:
        server.is_newest_only = True

    return Trial(
        scene, server, NETWORK, COIN, reader, be_foreign, prune, be_stale, spoilt=[scene.still]
    )
