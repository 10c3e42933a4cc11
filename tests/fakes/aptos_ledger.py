"""A small Aptos: accounts, a coin and an asset, versions and blocks; a node and an indexer of it.

The node speaks the REST API of Aptos' public OpenAPI specification (v1), the indexer the public
GraphQL schema of the Aptos indexer. Blocks hold ten versions each.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec
from aiohttp import web

from chains.adapter import HoldingForm
from chains.aptos.addresses import canonical, encode
from chains.aptos.balances import reader
from chains.registry import Network
from tests.fakes.http_fake import HttpFake
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.fakes.account_history import History, Scene

COIN = "0x1::aptos_coin::AptosCoin"
ASSET = f"0x{10:064x}"
TOKEN = "0x" + "ab" * 32
WIDTH = 10
"""Versions of a block."""

START = 1_700_000_000


def named(name: str) -> bytes:
    """32 bytes in the place of an address."""
    return hashlib.sha256(name.encode()).digest()


def block_hash(height: int) -> str:
    return encode(named(f"block {height}"))


@dataclass(frozen=True)
class Change:
    version: int
    account: bytes
    asset: str
    amount: int
    """What was added."""
    kind: str
    refund: int = 0
    signer: bytes | None = None
    """Who signed, where somebody else pays the fee."""


@dataclass
class Ledger:
    version: int = 1_000
    changes: list[Change] = field(default_factory=list)
    keys: list[tuple[int, bytes, bytes]] = field(default_factory=list)
    """Version, account, its authentication key from then on."""
    chain_id: int = 1
    decimals: int = 6
    symbol: str = "USDt"

    def deposit(self, version: int, account: bytes, amount: int, asset: str = COIN) -> None:
        self.changes.append(Change(version, account, asset, amount, "0x1::coin::DepositEvent"))

    def withdraw(self, version: int, account: bytes, amount: int, asset: str = COIN) -> None:
        kind = "0x1::fungible_asset::Withdraw"
        self.changes.append(Change(version, account, asset, -amount, kind))

    def fee(
        self,
        version: int,
        payer: bytes,
        amount: int,
        *,
        refund: int = 0,
        signer: bytes | None = None,
    ) -> None:
        kind = "0x1::aptos_coin::GasFeeEvent"
        self.changes.append(Change(version, payer, COIN, refund - amount, kind, refund, signer))

    def migrate(self, version: int, account: bytes) -> None:
        """Make the account's coin a fungible asset: only the deposit is told of."""
        amount = self.balance(account, version, (COIN,))
        self.changes.append(Change(version, account, COIN, -amount, ""))
        kind = "0x1::fungible_asset::Deposit"
        self.changes.append(Change(version, account, ASSET, amount, kind))

    def rotate(self, version: int, account: bytes, key: bytes) -> None:
        self.keys.append((version, account, key))

    def balance(self, account: bytes, version: int, assets: tuple[str, ...] = (COIN, ASSET)) -> int:
        return sum(
            one.amount
            for one in self.changes
            if one.account == account and one.version <= version and one.asset in assets
        )

    def key(self, account: bytes, version: int) -> bytes | None:
        """The authentication key; None for an account without a record."""
        if not any(one.account == account and one.version <= version for one in self.changes):
            return None
        found = [key for at, owner, key in self.keys if owner == account and at <= version]
        return found[-1] if found else account


def refused(status: int, code: str) -> web.Response:
    body = {"message": "no", "error_code": code, "vm_error_code": None}
    return web.Response(status=status, body=msgspec.json.encode(body))


class AptosNode(HttpFake):
    """A node of a `Ledger`: honest, unless told otherwise."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger
        self.oldest = 0
        """The first version whose state is kept."""
        self.oldest_block = 0
        """The first version whose block is kept."""
        self.ignores_version = False
        self.silent_about = b""
        """An account of which it says nothing useful."""
        self.absent_is_404 = False
        self.changed: dict[str, object] = {}
        """End of a path -> what is answered instead."""

    @property
    def url(self) -> str:
        return f"{super().url}/v1"

    def answer(  # noqa: PLR0911 (one return a path)
        self, path: str, query: dict[str, str], body: bytes
    ) -> object:
        for end, said in self.changed.items():
            if path.endswith(end):
                return said
        match unquote(path).strip("/").split("/"):
            case ["v1"]:
                return self._index()
            case ["v1", "blocks", "by_version", version]:
                return self._block(int(version) // WIDTH)
            case ["v1", "blocks", "by_height", height]:
                return self._block(int(height))
            case ["v1", "accounts", account, *rest]:
                at = int(query["ledger_version"])
                if at > self.ledger.version:
                    return refused(404, "version_not_found")
                if at < self.oldest:
                    return refused(410, "version_pruned")
                at = self.ledger.version if self.ignores_version else at
                return self._account(canonical(account, {}), rest, at)
            case _:
                raise LookupError(path)

    def _index(self) -> object:
        return {
            "chain_id": self.ledger.chain_id,
            "epoch": "1",
            "ledger_version": str(self.ledger.version),
            "oldest_ledger_version": str(self.oldest_block),
            "ledger_timestamp": "1",
            "node_role": "full_node",
            "oldest_block_height": "0",
            "block_height": str(self.ledger.version // WIDTH),
        }

    def _block(self, height: int) -> object:
        if height * WIDTH > self.ledger.version:
            return refused(404, "block_not_found")
        if height * WIDTH < self.oldest_block:
            return refused(410, "block_pruned")
        return {
            "block_height": str(height),
            "block_hash": block_hash(height),
            "block_timestamp": str((START + height) * 1_000_000),
            "first_version": str(height * WIDTH),
            "last_version": str(min(self.ledger.version, (height + 1) * WIDTH - 1)),
            "transactions": None,
        }

    def _account(  # noqa: PLR0911 (one return a path)
        self, account: bytes, rest: list[str], version: int
    ) -> object:
        if account == self.silent_about:
            return refused(400, "web_framework_error")
        match rest:
            case []:
                key = self.ledger.key(account, version)
                if key is None:
                    return refused(404, "account_not_found")
                return {"sequence_number": "0", "authentication_key": encode(key)}
            case ["balance", asset]:
                assets = (COIN, ASSET) if asset == COIN else (asset,)
                amount = self.ledger.balance(account, version, assets)
                if not amount and self.absent_is_404:
                    return refused(404, "account_not_found")
                return amount
            case ["resource", "0x1::block::BlockResource"]:
                fields: dict[str, object] = {"height": str(version // WIDTH)}
                return {"type": rest[1], "data": fields}
            case ["resource", "0x1::fungible_asset::Metadata"] if encode(account) == TOKEN:
                fields = {"decimals": self.ledger.decimals, "symbol": self.ledger.symbol}
                return {"type": rest[1], "data": fields}
            case _:
                return refused(404, "resource_not_found")


class AptosIndexer(HttpFake):
    """An indexer of a `Ledger`: honest, unless told otherwise."""

    kind = "graphql"

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger
        self.lag = 0
        self.dropped: set[int] = set()
        """Versions whose changes are left out of the list."""
        self.is_empty = False
        self.pages_loop = False
        self.secondary: set[bytes] = set()
        """Accounts with a secondary store."""
        self.refusal: dict[str, object] | None = None
        self.changed: dict[str, object] = {}
        """Field -> what is answered instead."""

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        asked = msgspec.json.decode(body)
        if self.refusal is not None:
            return {"errors": [self.refusal]}
        text, variables = asked["query"], asked["variables"]
        data: dict[str, object] = {}
        for name in (
            "ledger_infos", "processor_status", "block_metadata_transactions",
            "fungible_asset_metadata", "current_fungible_asset_balances",
            "fungible_asset_activities",
        ):  # fmt: skip
            if f" {name}(" in text or f" {name} " in text:
                data[name] = self.changed.get(name, getattr(self, f"_{name}")(variables))
        return {"data": data}

    @property
    def tip(self) -> int:
        return self.ledger.version - self.lag

    def _ledger_infos(self, _: object) -> list[object]:
        return [{"chain_id": self.ledger.chain_id}]

    def _processor_status(self, _: object) -> list[object]:
        return [{"last_success_version": self.tip}]

    def _block_metadata_transactions(self, asked: dict[str, int]) -> list[object]:
        height = min(asked["version"], self.tip) // WIDTH
        moment = datetime.fromtimestamp(START + height, UTC).replace(tzinfo=None)
        return [
            {
                "id": block_hash(height),
                "version": height * WIDTH,
                "timestamp": moment.isoformat(),
            }
        ]

    def _fungible_asset_metadata(self, asked: dict[str, str]) -> list[object]:
        if asked["asset"] != TOKEN:
            return []
        return [{"decimals": self.ledger.decimals, "symbol": self.ledger.symbol}]

    def _current_fungible_asset_balances(self, asked: dict[str, Any]) -> Sequence[object]:
        found: dict[tuple[bytes, str], list[Change]] = {}
        for one in self.ledger.changes:
            if encode(one.account) in asked["owners"] and one.asset in asked["assets"]:
                found.setdefault((one.account, one.asset), []).append(one)
        return [
            {
                "owner_address": encode(account),
                "amount": sum(one.amount for one in changes),
                "is_primary": account not in self.secondary,
                "last_transaction_version": max(one.version for one in changes),
            }
            for (account, _), changes in found.items()
        ][: asked["limit"]]

    def _fungible_asset_activities(self, asked: dict[str, Any]) -> Sequence[object]:
        if self.is_empty:
            return []
        owners = asked.get("owners")
        lines = [
            self._line(at, one)
            for at, one in enumerate(sorted(self.ledger.changes, key=lambda one: one.version))
            if one.version <= asked["tip"]
            and one.asset in asked["assets"]
            and one.kind
            and one.version not in self.dropped
        ]
        if owners is None:
            return lines[-1:]
        chosen = [
            line
            for line in lines
            if line["owner_address"] in owners or line["gas_fee_payer_address"] in owners
        ]
        first = 0 if self.pages_loop else asked["offset"]
        return list(chosen[first : first + asked["limit"]])

    def _line(self, at: int, one: Change) -> Mapping[str, object]:
        is_fee = "Gas" in one.kind
        return {
            "transaction_version": one.version,
            "event_index": at,
            "owner_address": encode(one.signer or one.account),
            "gas_fee_payer_address": encode(one.account) if one.signer else None,
            "amount": one.refund - one.amount if is_fee else abs(one.amount),
            "type": one.kind,
            "is_gas_fee": is_fee,
            "storage_refund_amount": one.refund,
        }


def account(number: int) -> bytes:
    return named(f"account {number}")


NETWORK = Network("aptos", "Aptos", "aptos", "APT", 8, options={"chain_id": 1})
APT = HoldingForm("APT@aptos", "APT", "aptos", None, 8, ())


def of_history(history: History) -> Ledger:
    """A ledger in which every change of a history is a deposit or a withdrawal."""
    made = Ledger(version=history.tip)
    before: dict[bytes, int] = {}
    for at, state in enumerate(history.states):
        for one in before.keys() | state.keys():
            change = state.get(one, 0) - before.get(one, 0)
            if change > 0:
                made.deposit(history.first + at, one, change)
            elif change < 0:
                made.withdraw(history.first + at, one, -change)
        before = state
    return made


def trial(scene: Scene) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    made = of_history(scene.history)
    node = AptosNode(made)

    def be_foreign() -> None:
        made.chain_id = 2

    def prune() -> None:
        node.oldest = made.version

    def be_stale() -> None:
        node.ignores_version = True

    def fall_behind() -> None:
        made.version = scene.height - 1

    return Trial(
        scene, node, NETWORK, APT, reader, be_foreign, prune, be_stale, fall_behind=fall_behind
    )


def indexer_trial(scene: Scene) -> Trial:
    """The same for an indexer, which keeps everything and is never asked for an old state."""
    made = of_history(scene.history)
    index = AptosIndexer(made)

    def be_foreign() -> None:
        made.chain_id = 2

    def fall_behind() -> None:
        made.version = scene.height - 1

    return Trial(scene, index, NETWORK, APT, reader, be_foreign, fall_behind=fall_behind)
