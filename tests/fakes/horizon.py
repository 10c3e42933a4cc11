"""A Horizon server over a small ledger.

Format: developers.stellar.org, "Horizon API reference": `/`, `ledgers`, `accounts`, the pages of
an account's transactions and operations, and its problems (RFC 7807). The meta of fees is XDR as in
Stellar-ledger.x: LedgerEntryChanges, the entry before first.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from chains.adapter import HoldingForm
from chains.registry import Network
from chains.stellar.addresses import canonical, encode
from chains.stellar.balances import reader
from tests.fakes.http_fake import HttpFake
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from tests.fakes.account_history import History, Scene

PUBLIC = "Public Global Stellar Network ; September 2015"
NETWORK = Network(
    "stellar",
    "Stellar",
    "stellar",
    "XLM",
    7,
    finality="finalized",
    options={"identity": PUBLIC},
)
XLM = HoldingForm("XLM@stellar", "XLM", "stellar", None, 7, ())
PAYER = b"\x30" + hashlib.sha256(b"stellar payer").digest()
"""Somebody else, who pays for what is done to the others."""


def account(number: int) -> bytes:
    return b"\x30" + hashlib.sha256(b"stellar account %d" % number).digest()


def name_of(height: int) -> str:
    return hashlib.sha256(b"stellar ledger %d" % height).hexdigest()


def lumens(amount: int) -> str:
    return f"{amount // 10_000_000}.{amount % 10_000_000:07d}"


def fee_meta(payer: bytes, amount: int, changed_at: int, now: int) -> str:
    """The entry before and after a fee; what follows an entry's balance is left short here."""

    def change(kind: int, at: int, balance: int) -> bytes:
        numbers = b"".join(one.to_bytes(4, "big") for one in (kind, at, 0, 0))
        return numbers + payer[1:] + balance.to_bytes(8, "big")

    return b64encode(
        (2).to_bytes(4, "big") + change(3, changed_at, amount) + change(1, now, amount - 100)
    ).decode()


class HorizonFake(HttpFake):
    """Honest unless told otherwise. Accounts pay for their own changes, but those in `passive`."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history
        self.network = PUBLIC
        self.oldest = 1
        self.passive: set[bytes] = set()
        """Accounts that only receive."""
        self.accounts_of: int | None = None
        """The ledger whose accounts are shown, if that is not the newest; the header says so."""

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        match path.strip("/").split("/"):
            case [""]:
                return {
                    "network_passphrase": self.network,
                    "history_elder_ledger": self.oldest,
                    "history_latest_ledger": self.history.tip,
                }
            case ["ledgers", height]:
                return self._ledger(int(height))
            case ["accounts", holder]:
                return self._account(canonical(holder, {}))
            case ["accounts", holder, kind]:
                return self._page(canonical(holder, {}), kind, query)
        raise LookupError(path)

    def _ledger(self, height: int) -> object:
        if height < self.oldest:
            return problem(410, "before_history")
        if height > self.history.tip:
            return problem(404, "not_found")
        closed = datetime.fromtimestamp(self.history.time(height), UTC)
        return {
            "hash": name_of(height),
            "sequence": height,
            "closed_at": f"{closed:%Y-%m-%dT%H:%M:%SZ}",
        }

    def _account(self, holder: bytes) -> object:
        tip = self.accounts_of or self.history.tip
        amount = self.history.state(tip).get(holder)
        if amount is None:
            return problem(404, "not_found")
        shown = {
            "account_id": encode(holder),
            "last_modified_ledger": self.history.changed_at(holder, tip),
            "balances": [
                {"balance": "1.0000000", "asset_type": "credit_alphanum4", "asset_code": "USDC"},
                {"balance": lumens(amount), "asset_type": "native"},
            ],
        }
        if self.accounts_of is None:
            return shown
        return web.json_response(shown, headers={"Latest-Ledger": str(tip)})

    def _page(self, holder: bytes, kind: str, query: dict[str, str]) -> object:
        after = int(query["cursor"]) >> 32
        assert query["order"] == "asc"
        changes = [
            height
            for height in range(max(after + 1, self.history.first + 1), self.history.tip + 1)
            if height >= self.oldest
            and self.history.state(height).get(holder) != self.history.state(height - 1).get(holder)
        ]
        make = self._transaction if kind == "transactions" else self._operation
        found = [make(holder, height) for height in changes[: int(query["limit"])]]
        return {"_embedded": {"records": found}}

    def _transaction(self, holder: bytes, height: int) -> dict[str, Any]:
        before = self.history.state(height - 1).get(holder)
        if before is None or holder in self.passive:
            meta = fee_meta(PAYER, 5_000, height - 1, height)
        else:
            changed = self.history.changed_at(holder, height - 1)
            meta = fee_meta(holder, before, changed, height)
        return {"ledger": height, "fee_meta_xdr": meta, "successful": True}

    def _operation(self, holder: bytes, height: int) -> dict[str, Any]:
        if self.history.state(height - 1).get(holder) is None:
            return {
                "type": "create_account",
                "account": encode(holder),
                "transaction_successful": True,
            }
        return {"type": "payment", "transaction_successful": True}


def problem(status: int, kind: str) -> web.Response:
    return web.json_response(
        {"type": f"https://stellar.org/horizon-errors/{kind}", "status": status}, status=status
    )


def trial(scene: Scene) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    server = HorizonFake(scene.history)

    def be_foreign() -> None:
        server.network = "Test SDF Network ; September 2015"

    def prune() -> None:
        server.oldest = scene.history.tip

    return Trial(scene, server, NETWORK, XLM, reader, be_foreign, prune)
