"""An Algorand indexer over a small ledger, of which it only knows the newest state.

Format: dev.algorand.co, "Indexer REST API", version 2. Transactions are made from the changes of
the history: payments, payments within application calls, and one that closes the account.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from chains.adapter import HoldingForm
from chains.algorand.addresses import encode
from chains.algorand.balances import reader
from chains.registry import Network
from tests.fakes.http_fake import HttpFake
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from tests.fakes.account_history import History, Scene

GENESIS = b64encode(hashlib.sha256(b"algorand").digest()).decode()
NETWORK = Network(
    "algorand", "Algorand", "algorand", "ALGO", 6, finality="1", options={"identity": GENESIS}
)
ALGO = HoldingForm("ALGO@algorand", "ALGO", "algorand", None, 6, ())
USDT = HoldingForm("USDT@algorand", "USDT", "algorand", "312769", 6, ("USDt",))
USDT_ID = 312_769
BANK = encode(b"\7" * 32)
FEE = 1_000
_ADDRESS = re.compile(r"[A-Z2-7]{58}")


def account(number: int) -> bytes:
    return hashlib.sha256(b"algorand %d" % number).digest()


def hash_of(height: int) -> str:
    return b64encode(hashlib.sha256(b"algorand block %d" % height).digest()).decode()


@dataclass
class Lies:
    """What the indexer gets wrong, and what it does not have."""

    genesis: str = GENESIS
    first: int = 0
    """Transactions before this round were thrown away."""
    lag: int = 0
    """Rounds by which its list of transactions is behind."""
    level_since: int = 1 << 60
    """The level of rewards rises at this round."""
    circle: bool = False
    page: int = 2
    decimals: int = 6
    payouts: dict[int, str] = field(default_factory=dict)
    """Round -> proposer, who got a payout of `FEE`, which the history contains."""
    more: list[dict[str, Any]] = field(default_factory=list)
    online: set[str] = field(default_factory=set)


class AlgorandFake(HttpFake):
    """Honest unless told otherwise. A page holds two items here, so that there are several."""

    def __init__(self, history: History, asset: int | None) -> None:
        super().__init__()
        self.history = history
        self.lies = Lies()
        self.records: dict[str, dict[str, Any]] = {}
        """What an account's record says besides: ``auth-addr``, ``closed-at-round`` and so on."""
        self._asset = asset
        self._made: dict[str, list[dict[str, Any]]] | None = None
        """The transactions, once they were asked for: the history has happened by then."""
        self._held: dict[str, int] = {}

    def transactions(self) -> list[dict[str, Any]]:
        return self._moves()[""]

    def _moves(self) -> dict[str, list[dict[str, Any]]]:
        """All transactions under "", and those of every account under its address."""
        if self._made is None:
            self._made = {"": self._all()}
            for one in self._made[""]:
                for address in set(_ADDRESS.findall(repr(one))):
                    self._made.setdefault(address, []).append(one)
        return self._made

    def _all(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for height in range(self.history.first, self.history.tip + 1):
            found.append(self._payment(height, BANK, BANK, 1) | {"id": f"BANK{height}"})
            if height == self.history.first:
                continue
            old, new = self.history.state(height - 1), self.history.state(height)
            changed = [
                one for one in sorted(old.keys() | new.keys()) if old.get(one) != new.get(one)
            ]
            for place, one in enumerate(changed):
                moved = new.get(one, 0) - old.get(one, 0)
                if self.lies.payouts.get(height) == encode(one):
                    moved -= FEE
                if moved:
                    made = self._transaction(height, encode(one), moved, closed=one not in new)
                    found.append(made | {"id": f"TX{height}-{place}"})
        return [*found, *self.lies.more]

    def _transaction(
        self, height: int, address: str, moved: int, *, closed: bool
    ) -> dict[str, Any]:
        cost = 0 if self._asset else FEE
        if closed:
            return self._payment(height, address, BANK, 0, rest=-moved - cost)
        if moved > 0:
            inner = self._payment(height, BANK, address, moved)
            return inner | {
                "tx-type": "appl", "payment-transaction": None, "inner-txns": [inner]
            }  # fmt: skip
        if -moved <= cost:
            return self._payment(height, address, BANK, 0) | {"fee": -moved}
        return self._payment(height, address, BANK, -moved - cost)

    def _payment(
        self, height: int, sender: str, receiver: str, amount: int, rest: int = 0
    ) -> dict[str, Any]:
        made: dict[str, Any] = {"confirmed-round": height, "sender": sender, "fee": FEE}
        part: dict[str, Any] = {"receiver": receiver, "amount": amount, "close-amount": rest}
        if self._asset:
            part |= {"asset-id": self._asset} | ({"close-to": BANK} if rest else {})
            return made | {"tx-type": "axfer", "asset-transfer-transaction": part}
        part |= {"close-remainder-to": BANK} if rest else {}
        return made | {"tx-type": "pay", "payment-transaction": part}

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:  # noqa: PLR0911 (a path a line)
        match path.strip("/").split("/"):
            case ["health"]:
                return {"round": self.history.tip, "db-available": True, "version": "3.9.0"}
            case ["v2", "blocks", height]:
                return self._block(int(height))
            case ["v2", "accounts", address]:
                return self._account(address)
            case ["v2", "accounts", address, "assets"]:
                return self._assets(address, int(query["asset-id"]))
            case ["v2", "accounts", address, "transactions"]:
                touched = self._moves().get(address, [])
                return self._list(touched, "transactions", query)
            case ["v2", "transactions"]:
                return self._list(self.transactions(), "transactions", query)
            case ["v2", "block-headers"]:
                blocks = [self._proposed(at, who) for at, who in self.lies.payouts.items()]
                asked = [one for one in blocks if one["proposer"] == query["proposers"]]
                return self._list(asked, "blocks", query)
            case ["v2", "assets", number] if int(number) == USDT_ID:
                params = {"decimals": self.lies.decimals, "unit-name": "USDt"}
                return {"asset": {"index": USDT_ID, "params": params}}
            case _:
                raise LookupError

    def _block(self, height: int) -> dict[str, Any]:
        if not self.history.first <= height <= self.history.tip:
            raise LookupError
        return {
            "round": height,
            "genesis-hash": self.lies.genesis,
            "previous-block-hash": hash_of(height - 1),
            "timestamp": self.history.time(height),
            "rewards": {"rewards-level": 218_288 + (height >= self.lies.level_since)},
        }

    def _proposed(self, height: int, who: str) -> dict[str, Any]:
        return self._block(height) | {"proposer": who, "proposer-payout": FEE}

    def _ever(self) -> dict[str, int]:
        """What everybody holds who was ever there; closed accounts hold 0."""
        if self._held:
            return self._held
        ever = dict.fromkeys((one for state in self.history.states for one in state), 0)
        self._held = {encode(one): sum_ for one, sum_ in (ever | self.history.states[-1]).items()}
        return self._held

    def _account(self, address: str) -> object:
        ever = self._ever()
        if address not in ever:
            said = f'{{"message": "no accounts found for address: {address}"}}'
            return web.Response(status=404, text=said)
        proposed = [at for at, who in self.lies.payouts.items() if who == address]
        inner = {
            "address": address,
            "amount": ever[address],
            "round": self.history.tip,
            "status": "Online" if address in self.lies.online else "Offline",
            "deleted": not ever[address],
        }
        if proposed:
            inner["last-proposed"] = max(proposed)
        inner |= self.records.get(address, {})
        return {"account": inner, "current-round": self.history.tip}

    def rekey(self, height: int, address: str, auth: str) -> None:
        """From `height` on the account obeys `auth`."""
        made = self._payment(height, address, address, 0) | {"rekey-to": auth, "id": f"RE{height}"}
        self.lies.more.append(made)
        self.records[address] = {"auth-addr": auth}

    def _assets(self, address: str, asset: int) -> object:
        ever = self._ever()
        held = {"asset-id": asset, "amount": ever.get(address, 0), "is-frozen": False}
        found = [held] if address in ever else []
        return {"assets": found, "current-round": self.history.tip}

    def _list(
        self, items: list[dict[str, Any]], member: str, query: dict[str, str]
    ) -> dict[str, Any]:
        place = "confirmed-round" if member == "transactions" else "round"
        low = max(int(query.get("min-round", 0)), self.lies.first)
        newest = self.history.tip - self.lies.lag
        high = min(int(query.get("max-round", newest)), newest)
        found = [one for one in items if low <= one[place] <= high]
        if query.get("rekey-to") == "true":
            found = [one for one in found if "rekey-to" in repr(one)]
        at = int(query.get("next", "0").removeprefix("p"))
        size = min(self.lies.page, int(query["limit"]))
        page: dict[str, Any] = {member: found[at : at + size], "current-round": newest}
        if page[member]:
            page["next-token"] = "p0" if self.lies.circle else f"p{at + size}"
        return page


def server_of(one: Trial) -> AlgorandFake:
    assert isinstance(one.server, AlgorandFake)
    return one.server


def trial(scene: Scene, form: HoldingForm = ALGO) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    server = AlgorandFake(scene.history, USDT_ID if form.contract else None)

    def be_foreign() -> None:
        server.lies.genesis = b64encode(b"t" * 32).decode()

    def prune() -> None:
        server.lies.first = scene.history.tip

    # A transaction that an indexer leaves out is missed by nobody but another indexer.
    spoilt = [scene.still]
    return Trial(scene, server, NETWORK, form, reader, be_foreign, prune, spoilt=spoilt)
