"""Esplora, Blockbook and a node with an address index, on loopback over a `Ledger`.

Honest unless told otherwise; faults are set on them at any time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from chains.utxo.address_text import address_text
from tests.fakes.http_fake import HttpFake
from tests.fakes.utxo_scene import ADDRESSES

if TYPE_CHECKING:
    from tests.fakes.utxo_ledger import Entry, Ledger

_TIME = slice(68, 72)
_PAGE = 2


def owned(ledger: Ledger, script: bytes) -> list[tuple[Entry, int]]:
    """Confirmed transactions that touch `script`, newest first."""
    touched = {txid for txid, height in ledger.history(script) if height}
    return [(one, height) for one, height in reversed(ledger.entries()) if one.txid in touched]


def output_of(ledger: Ledger, coin: tuple[str, int]) -> tuple[int, bytes]:
    txid, index = coin
    return ledger.find(txid).outputs[index]


class EsploraFake(HttpFake):
    """Pages hold two transactions here, so that there are several."""

    kind = "esplora"

    def __init__(self, ledger: Ledger, scripts: list[bytes]) -> None:
        super().__init__()
        self.ledger = ledger
        self.left_out: set[str] = set()
        self.swap_pages = False
        self._scripts = {hashlib.sha256(script).hexdigest(): script for script in scripts}

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        match path.strip("/").split("/"):
            case ["blocks", "tip", "height"]:
                return str(self.ledger.height)
            case ["block-height", height]:
                return self.ledger.blocks[int(height)].hash
            case ["block", name]:
                place = [block.hash for block in self.ledger.blocks].index(name)
                raw = self.ledger.blocks[place].header
                moment = int.from_bytes(raw[_TIME], "little")
                return {"id": name, "height": place, "timestamp": moment, "difficulty": 1.5}
            case ["scripthash", name]:
                return {"chain_stats": self._totals(self._scripts.get(name, b"-"))}
            case ["scripthash", name, "txs", "chain", *last]:
                return self._page(self._scripts.get(name, b"-"), *last)
            case _:
                raise LookupError

    def _totals(self, script: bytes) -> dict[str, int]:
        coins = {c: v for c, v in self.ledger.coins(script).items() if v[1]}
        spent = [c for c, height in self.ledger.spenders().items() if height and c in coins]
        return {
            "funded_txo_sum": sum(value for value, _ in coins.values()),
            "spent_txo_sum": sum(coins[coin][0] for coin in spent),
            "tx_count": len(owned(self.ledger, script)),
        }

    def _page(self, script: bytes, last: str = "") -> list[Any]:
        found = [one for one in owned(self.ledger, script) if one[0].txid not in self.left_out]
        if self.swap_pages:
            found.reverse()
        ids = [one.txid for one, _ in found]
        start = ids.index(last) + 1 if last else 0
        return [self._shown(*one) for one in found[start : start + _PAGE]]

    def _shown(self, one: Entry, height: int) -> dict[str, object]:
        def shown(value: int, script: bytes) -> dict[str, object]:
            return {"scriptpubkey": script.hex(), "value": value}

        coins = [{"prevout": shown(*output_of(self.ledger, coin))} for coin in one.spends]
        return {
            "txid": one.txid,
            "status": {"confirmed": True, "block_height": height},
            "vin": coins or [{"is_coinbase": True, "prevout": None}],
            "vout": [shown(*output) for output in one.outputs],
        }


class BlockbookFake(HttpFake):
    """Pages hold three transactions here, whatever is asked for."""

    kind = "blockbook"

    def __init__(self, ledger: Ledger, scripts: list[bytes]) -> None:
        super().__init__()
        self.ledger = ledger
        self.in_sync = True
        self.ignores_range = False
        self.page_size = 3
        self.address: str | None = None
        """In place of the address that was asked."""
        self.beside: list[dict[str, object]] = []
        """Further outputs and inputs of every transaction."""
        self.sent_extra = 0
        self._scripts = {address_text(script, ADDRESSES): script for script in scripts}

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        match path.strip("/").split("/"):
            case ["api", "v2"]:
                status = {"bestHeight": self.ledger.height, "inSync": self.in_sync}
                return {"blockbook": status, "backend": {}}
            case ["api", "v2", "block-index", height]:
                return {"blockHash": self.ledger.blocks[int(height)].hash}
            case ["api", "v2", "block", name]:
                place = [block.hash for block in self.ledger.blocks].index(name)
                raw = self.ledger.blocks[place].header
                return {
                    "hash": name,
                    "height": place,
                    "time": int.from_bytes(raw[_TIME], "little"),
                }
            case ["api", "v2", "address", name]:
                return self._address(name, query)
            case _:
                raise LookupError

    def _address(self, name: str, query: dict[str, str]) -> dict[str, object]:
        script = self._scripts[name]
        first, last = int(query["from"]), int(query["to"])
        coins = {c: v for c, v in self.ledger.coins(script).items() if v[1]}
        received = sum(value for value, _ in coins.values())
        spenders = self.ledger.spenders()
        sent = sum(value for coin, (value, _) in coins.items() if spenders.get(coin))
        found = [
            (one, height)
            for one, height in owned(self.ledger, script)
            if self.ignores_range or first <= height <= last
        ]
        most = max(1, -(-len(found) // self.page_size))
        page = min(int(query["page"]), most)
        some = found[(page - 1) * self.page_size : page * self.page_size]
        return {
            "page": page,
            # As Blockbook does where it has not counted.
            "totalPages": -1 if len(found) >= self.page_size else 1,
            "itemsOnPage": self.page_size,
            "address": self.address or name,
            "balance": str(received - sent),
            "totalReceived": str(received),
            "totalSent": str(sent + self.sent_extra),
            "unconfirmedBalance": "-70",
            "transactions": [self._shown(*one) for one in some],
        }

    def _shown(self, one: Entry, height: int) -> dict[str, object]:
        def shown(value: int, script: bytes) -> dict[str, object]:
            names = [address_text(script, ADDRESSES)]
            return {"value": str(value), "addresses": names, "isAddress": True}

        spent = [shown(*output_of(self.ledger, coin)) for coin in one.spends]
        return {
            "txid": one.txid,
            "blockHeight": height,
            "vin": [*spent, *self.beside[1:]] or [{"n": 0, "isAddress": False}],
            "vout": [*(shown(*output) for output in one.outputs), *self.beside],
        }


@dataclass
class _Refusal(Exception):  # noqa: N818
    code: int
    message: str


@dataclass
class Lies:
    """What a `DeltasFake` gets wrong."""

    left_out: set[str] = field(default_factory=set)
    no_index: bool = False
    foreign: bool = False
    empty: bool = False


class DeltasFake(HttpFake):
    """Dash or Zcash with an address index, as JSON-RPC."""

    kind = "deltas"

    def __init__(self, ledger: Ledger, scripts: list[bytes]) -> None:
        super().__init__()
        self.ledger = ledger
        self.lies = Lies()
        self._scripts = {address_text(script, ADDRESSES): script for script in scripts}

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        asked = msgspec.json.decode(body)
        if isinstance(asked, list):
            return [self._one(one) for one in asked]
        return self._one(asked)

    def _one(self, asked: dict[str, Any]) -> dict[str, object]:
        try:
            result = self._result(asked["method"], *asked["params"])
        except _Refusal as refusal:
            error = {"code": refusal.code, "message": refusal.message}
            return {"id": asked["id"], "result": None, "error": error}
        return {"id": asked["id"], "result": result, "error": None}

    def _result(self, method: str, *params: Any) -> object:  # noqa: ANN401 (JSON)
        if self.on_call is not None:
            self.on_call(method)
        match method:
            case "getblockcount":
                return self.ledger.height
            case "getblockhash":
                return self.ledger.blocks[params[0]].hash
            case "getblockheader":
                assert params[1] is False
                return next(b.header.hex() for b in self.ledger.blocks if b.hash == params[0])
            case "getaddressbalance" if not self.lies.no_index:
                spans = [self._changes(name, 0, 1 << 30) for name in params[0]["addresses"]]
                return {"balance": sum(c["satoshis"] for span in spans for c in span)}
            case "getaddressdeltas" if not self.lies.no_index:
                asked = params[0]
                return [
                    change
                    for name in asked["addresses"]
                    for change in self._changes(name, asked["start"], asked["end"])
                    if change["txid"] not in self.lies.left_out and not self.lies.empty
                ]
            case "getaddressbalance" | "getaddressdeltas":
                raise _Refusal(-1, "Address index not enabled")
            case _:
                raise _Refusal(-32601, "Method not found")

    def _changes(self, name: str, first: int, last: int) -> list[dict[str, Any]]:
        script = self._scripts[name]
        found = []
        for one, height in owned(self.ledger, script):
            if not first <= height <= last:
                continue
            shown = "somebody else" if self.lies.foreign else name
            part = {"txid": one.txid, "height": height, "address": shown}
            found += [part | {"satoshis": v} for v, owner in one.outputs if owner == script]
            found += [
                part | {"satoshis": -value}
                for value, owner in (output_of(self.ledger, coin) for coin in one.spends)
                if owner == script
            ]
        return found
