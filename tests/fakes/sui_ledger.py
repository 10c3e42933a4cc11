"""A small Sui: accounts, coins, staked objects and transactions in checkpoints; a service of it.

It answers the questions of `chains.sui.queries` as Sui's public GraphQL schema has it
(``sui-indexer-alt-graphql/schema.graphql``); it does not parse GraphQL.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from chains.adapter import HoldingForm
from chains.registry import Network
from chains.sui import queries
from chains.sui.addresses import encode
from chains.sui.answers import coin_type
from chains.sui.balances import reader
from chains.sui.source import SUI
from tests.fakes.http_fake import HttpFake
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.fakes.account_history import Scene

TOKEN = "0x" + "cd" * 32 + "::usdc::USDC"
IDENTIFIER = "35834a8a"
START = 1_700_000_000


def named(name: str) -> bytes:
    """32 bytes in the place of an address."""
    return hashlib.sha256(name.encode()).digest()


def digest(name: str) -> str:
    return named(name).hex()[:44]


@dataclass(frozen=True)
class Transaction:
    checkpoint: int
    digest: str
    changes: tuple[tuple[bytes, str, int], ...]
    """Account, coin, what was added."""


@dataclass
class Ledger:
    tip: int = 1_000
    transactions: list[Transaction] = field(default_factory=list)
    staked: dict[bytes, list[int]] = field(default_factory=dict)
    decimals: int = 6
    symbol: str = "USDC"

    def send(self, checkpoint: int, *changes: tuple[bytes, str, int]) -> Transaction:
        made = Transaction(checkpoint, digest(f"transaction {len(self.transactions)}"), changes)
        self.transactions.append(made)
        return made

    def balance(self, account: bytes, checkpoint: int, coin: str = SUI) -> int:
        return sum(
            amount
            for one in self.transactions
            for owner, kind, amount in one.changes
            if one.checkpoint <= checkpoint and (owner, kind) == (account, coin)
        )


class Refused(Exception):  # noqa: N818 (it is an answer)
    """An error that the service gives."""


class SuiService(HttpFake):
    """A service of a `Ledger`: honest, unless told otherwise."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger
        self.identifier = IDENTIFIER
        self.first_balance = 950
        """Beginning of the consistent range, which ends with the tip."""
        self.has_balances = True
        self.first_transaction = 0
        self.answers_at_latest = False
        self.says_latest = False
        """Besides answering at latest, it admits it."""
        self.most_accounts = 100
        self.pages_loop = False
        self.dropped: set[str] = set()
        self.page = 50
        self.changes_page = 50
        self.changed: dict[str, object] = {}
        """Member of the answer -> what is there instead."""

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        asked = msgspec.json.decode(body)
        assert len(body) <= 5_000
        known: dict[str, Callable[[Any], dict[str, object]]] = {
            queries.STATUS: self._status,
            queries.CHECKPOINT: self._checkpoint,
            queries.BALANCES: self._balances,
            queries.STAKED: self._staked,
            queries.COIN: self._coin,
            queries.MORE_CHANGES: self._more,
        }
        try:
            if asked["query"] in known:
                data = known[asked["query"]](asked["variables"])
            else:
                data = self._transactions(asked["variables"], "startCursor" in asked["query"])
        except Refused as refusal:
            return {"data": None, "errors": [{"message": str(refusal)}]}
        return {"data": data | {key: self.changed[key] for key in data if key in self.changed}}

    def _range(self, first: int) -> object:
        return {"first": {"sequenceNumber": first}, "last": {"sequenceNumber": self.ledger.tip}}

    def _status(self, _: object) -> dict[str, object]:
        return {
            "chainIdentifier": self.identifier,
            "checkpoint": {"sequenceNumber": self.ledger.tip},
            "serviceConfig": {
                "balances": self._range(self.first_balance) if self.has_balances else None,
                "transactions": self._range(self.first_transaction),
            },
        }

    def _head(self, at: int) -> dict[str, object]:
        moment = datetime.fromtimestamp(START + at, UTC).isoformat().replace("+00:00", ".5Z")
        return {"sequenceNumber": at, "digest": digest(f"checkpoint {at}"), "timestamp": moment}

    def _checkpoint(self, asked: dict[str, int]) -> dict[str, object]:
        there = asked["at"] <= self.ledger.tip
        return {"checkpoint": self._head(asked["at"]) if there else None}

    def _scoped(self, asked: dict[str, Any], members: list[dict[str, object]]) -> dict[str, object]:
        at = self.ledger.tip if self.says_latest else asked["at"]
        return {"checkpoint": self._head(at) | {"query": {"multiGetAddresses": members}}}

    def _accounts(self, asked: dict[str, Any]) -> list[bytes]:
        if len(asked["keys"]) > self.most_accounts:
            raise Refused("Query is estimated to produce too many output nodes")
        if not self.first_balance <= asked["at"] <= self.ledger.tip:
            raise Refused("Request is outside consistent range")
        return [bytes.fromhex(key["address"][2:]) for key in asked["keys"]]

    def _balances(self, asked: dict[str, Any]) -> dict[str, object]:
        at = self.ledger.tip if self.answers_at_latest else asked["at"]
        coin = {coin_type(one): one for one in (SUI, TOKEN)}.get(asked["coin"], asked["coin"])
        return self._scoped(
            asked,
            [
                {
                    "address": encode(account),
                    "balance": {
                        "coinType": {"repr": asked["coin"]},
                        "totalBalance": str(self.ledger.balance(account, at, coin)),
                    },
                }
                for account in self._accounts(asked)
            ],
        )

    def _staked(self, asked: dict[str, Any]) -> dict[str, object]:
        return self._scoped(
            asked,
            [
                {
                    "address": encode(account),
                    "objects": {
                        "pageInfo": {"hasNextPage": False, "endCursor": None},
                        "nodes": [
                            {"contents": {"json": {"principal": {"value": str(amount)}}}}
                            for amount in self.ledger.staked.get(account, [])
                        ],
                    },
                }
                for account in self._accounts(asked)
            ],
        )

    def _coin(self, asked: dict[str, str]) -> dict[str, object]:
        known = asked["coin"] == TOKEN
        told = {"decimals": self.ledger.decimals, "symbol": self.ledger.symbol}
        return {"coinMetadata": told if known else None}

    def _changes(self, one: Transaction, first: int) -> dict[str, object]:
        nodes: list[object] = [
            {
                "owner": {"address": encode(account)},
                "coinType": {"repr": coin_type(coin)},
                "amount": str(amount),
            }
            for account, coin, amount in one.changes
        ]
        nodes.append({"owner": None, "coinType": {"repr": coin_type(SUI)}, "amount": "-1"})
        return _page(nodes, first, self.changes_page)

    def _more(self, asked: dict[str, str]) -> dict[str, object]:
        one = next(one for one in self.ledger.transactions if one.digest == asked["digest"])
        return {"transactionEffects": {"balanceChanges": self._changes(one, int(asked["cursor"]))}}

    def _transactions(self, asked: dict[str, Any], backward: bool) -> dict[str, object]:
        found: dict[str, object] = {}
        for at in range(sum(key[0] == "c" for key in asked)):
            account = bytes.fromhex(asked[f"a{at}"][2:])
            nodes = [
                {
                    "digest": one.digest,
                    "effects": {
                        "checkpoint": {"sequenceNumber": one.checkpoint},
                        "balanceChanges": self._changes(one, 0),
                    },
                }
                for one in sorted(self.ledger.transactions, key=lambda one: one.checkpoint)
                if asked["after"] < one.checkpoint < asked["before"]
                and account in {owner for owner, _, _ in one.changes}
                and one.digest not in self.dropped
            ]
            cursor = None if self.pages_loop else asked[f"c{at}"]
            if backward:
                found[f"t{at}"] = _page_back(nodes, cursor, self.page)
            else:
                found[f"t{at}"] = _page(nodes, int(cursor or 0), self.page)
        return found


def _page(nodes: Sequence[object], first: int, size: int) -> dict[str, object]:
    more = first + size < len(nodes)
    return {
        "pageInfo": {"hasNextPage": more, "endCursor": str(first + size) if more else None},
        "nodes": nodes[first : first + size],
    }


def _page_back(nodes: Sequence[object], cursor: str | None, size: int) -> dict[str, object]:
    end = len(nodes) if cursor is None else int(cursor)
    first = max(0, end - size)
    return {
        "pageInfo": {"hasPreviousPage": first > 0, "startCursor": str(first) if first else None},
        "nodes": nodes[first:end],
    }


def account(number: int) -> bytes:
    return named(f"account {number}")


NETWORK = Network(
    "sui", "Sui", "sui", "SUI", 9,
    finality="finalized", options={"genesis_identifier": IDENTIFIER},
)  # fmt: skip
COIN = HoldingForm("SUI@sui", "SUI", "sui", None, 9, ())


def trial(scene: Scene, recent: int = 5) -> Trial:
    """See `tests.fakes.ledger_trials`. Balances of the last `recent` checkpoints are known."""
    history = scene.history
    made = Ledger(tip=history.tip)
    before: dict[bytes, int] = {}
    for at, state in enumerate(history.states):
        for one in before.keys() | state.keys():
            if change := state.get(one, 0) - before.get(one, 0):
                made.send(history.first + at, (one, SUI, change))
        before = state
    service = SuiService(made)
    service.first_balance = history.tip - recent

    def be_foreign() -> None:
        service.identifier = "4c78adac"

    def prune() -> None:
        service.first_balance = service.first_transaction = history.tip

    def be_stale() -> None:
        service.answers_at_latest = service.says_latest = True

    def fall_behind() -> None:
        made.tip = scene.height - 1

    return Trial(
        scene, service, NETWORK, COIN, reader, be_foreign, prune, be_stale, fall_behind=fall_behind
    )
