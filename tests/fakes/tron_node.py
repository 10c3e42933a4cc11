"""A java-tron node over a small ledger that keeps every state, of TRX or of one token.

Formats: developers.tron.network, "HTTP API" (`getblock`, `getaccountbalance`, `getblockbalance`,
`getaccount`, `triggerconstantcontract`, `gettransactioninfobyblocknum`) and "JSON-RPC API"
(`eth_getLogs`). The ABI is coded by eth_abi.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from eth_abi.abi import decode
from eth_abi.abi import encode as abi_encode
from eth_utils.crypto import keccak

from chains.adapter import HoldingForm
from chains.registry import Network
from chains.tron.addresses import canonical, encode
from chains.tron.balances import reader
from tests.fakes.http_fake import HttpFake
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from tests.fakes.account_history import History, Scene


def account(number: int) -> bytes:
    return b"\x41" + hashlib.sha256(b"tron account %d" % number).digest()[:20]


TOKEN, MULTICALL, OTHER, BUSY = (account(number) for number in range(900, 904))
"""The token's contract; the multicall; whoever is at the other end of transfers; an account that
every block changes, and which emits an event in each."""

OWNER = account(904)


def block_hash(height: int) -> str:
    return height.to_bytes(8, "big").hex() + hashlib.sha256(b"tron %d" % height).hexdigest()[:48]


GENESIS = block_hash(0)
NETWORK = Network(
    "tron", "Tron", "tron", "TRX", 6, finality="20", address={"version": "41"},
    options={"checkpoint_hash": GENESIS, "multicall": encode(MULTICALL)},
)  # fmt: skip
TRX = HoldingForm("TRX@tron", "TRX", "tron", None, 6, ())
USDT = HoldingForm("USDT@tron", "USDT", "tron", encode(TOKEN), 6, ("USDT",), "issued")


class Event(NamedTuple):
    """A log, and where it stands."""

    height: int
    number: int
    contract: bytes
    topics: list[bytes]
    data: bytes

    def shown(self) -> dict[str, Any]:
        place = hashlib.sha256(b"tx %d %d" % (self.height, self.number)).hexdigest()
        return {
            "address": f"0x{self.contract[1:].hex()}",
            "blockHash": f"0x{block_hash(self.height)}",
            "blockNumber": hex(self.height),
            "data": f"0x{self.data.hex()}",
            "logIndex": hex(self.number),
            "removed": False,
            "topics": [f"0x{topic.hex()}" for topic in self.topics],
            "transactionHash": f"0x{place}",
            "transactionIndex": hex(self.number),
        }


@dataclass
class Lies:
    """What the node gets wrong, and what it does not have."""

    genesis: str = GENESIS
    no_history: bool = False
    """Started without storage.balance.history.lookup: every balance is 0, at the block asked."""
    is_mute: bool = False
    """... and `getblockbalance` is answered by an empty object."""
    history_from: int = 0
    """The option was switched on at this block: accounts that did not change since are 0."""
    is_stale: bool = False
    """Gives today's balance for the block that is asked for."""
    indexed_from: int = 0
    """`eth_getLogs` finds nothing before this block."""
    receipts_from: int = 0
    unseen: tuple[int, bytes] | None = None
    """Height and account: the filter by receiver does not find that transfer."""
    twice: bool = False
    other_window: bool = False
    most_logs: int = 1 << 30
    most_calls: int = 1 << 30
    lost: int = 0
    """The range with this block is refused."""
    states_zeros: bool = False
    """A balance of 0 is written out; a java-tron node leaves it out, as all zeros (JsonFormat)."""
    ahead: int = 0
    """Multicalls are answered so many blocks after the solidified one (before it, if negative)."""


class _Refusal(Exception):  # noqa: N818 (it is an answer)
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def _topic(signature: str) -> bytes:
    return keccak(signature.encode())


def _party(one: bytes) -> bytes:
    return one[1:].rjust(32, b"\0")


class TronFake(HttpFake):
    """Honest unless told otherwise. With `token` the history is of a token; no TRX then."""

    def __init__(self, history: History, *, token: bool = False) -> None:
        super().__init__()
        self.history = history
        self.token = token
        self.contract, self.multicall = TOKEN, MULTICALL
        self.lies = Lies()
        self.members: dict[bytes, dict[str, Any]] = {}
        """What `getaccount` says of an account besides."""
        self.kinds: dict[tuple[int, bytes], str] = {}
        """Changes of the token that are no transfers from or to `OTHER`: ``issue``, ``destroyed``,
        ``destroyed-data``, or the address of the other party."""
        self.owners: dict[int, tuple[bytes, bytes]] = {}
        """Blocks in which the token's owner changed, from one to another."""
        self.symbol: object = "USDT"
        self.decimals = 6
        self.calls: list[str] = []

    def answer(  # noqa: PLR0911 (one return a method)
        self, path: str, query: dict[str, str], body: bytes
    ) -> object:
        asked = msgspec.json.decode(body)
        method = path.rpartition("/")[2]
        self.calls.append(method)
        match method:
            case "jsonrpc":
                return self._rpc(asked)
            case "getblock":
                return self._block(int(asked.get("id_or_num", self.history.tip)))
            case "getaccountbalance":
                return self._balance(asked)
            case "getblockbalance":
                return self._changes(asked)
            case "getaccount":
                return self._account(canonical(asked["address"], {}))
            case "triggerconstantcontract":
                return self._call(asked)
            case "gettransactioninfobyblocknum":
                return self._receipts(asked["num"])
            case _:
                raise LookupError(path)

    # --- blocks and TRX

    def _block(self, height: int) -> dict[str, Any]:
        if height > self.history.tip:
            return {}
        if not height:
            return {"blockID": self.lies.genesis, "block_header": {"raw_data": {}}}
        raw = {"number": height, "timestamp": self.history.time(height) * 1000}
        return {"blockID": block_hash(height), "block_header": {"raw_data": raw}}

    def _balance(self, asked: dict[str, Any]) -> dict[str, Any]:
        one = canonical(asked["account_identifier"]["address"], {})
        height = asked["block_identifier"]["number"]
        assert asked["block_identifier"]["hash"] == block_hash(height)
        at, amount = self._traced(one, height)
        stated = {"balance": amount} if amount or self.lies.states_zeros else {}
        return stated | {"block_identifier": {"hash": block_hash(at), "number": at}}

    def _traced(self, one: bytes, height: int) -> tuple[int, int]:
        if one == BUSY and not self.lies.no_history:
            return height, 7 * (self.history.tip if self.lies.is_stale else height)
        changed = self.history.changed[height - self.history.first].get(one)
        if self.lies.no_history or changed is None or changed < self.lies.history_from:
            return height, 0
        if self.lies.is_stale:
            return height, self.history.balance(one, self.history.tip)
        return changed, self.history.balance(one, height)

    def _changes(self, asked: dict[str, Any]) -> dict[str, Any]:
        height = asked["number"]
        assert asked["hash"] == block_hash(height)
        changed = self.history.changed[height - self.history.first]
        touched = [one for one, at in changed.items() if at == height]
        amounts = {
            one: self.history.balance(one, height) - self.history.balance(one, height - 1)
            for one in touched
        }
        operations = [
            {"operation_identifier": number, "address": encode(one), "amount": amount}
            for number, (one, amount) in enumerate({BUSY: 7, **amounts}.items())
        ]
        found = {"block_identifier": {"hash": block_hash(height), "number": height}}
        if self.lies.no_history:
            return {} if self.lies.is_mute else found
        trace = {"transaction_identifier": "00", "operation": operations, "status": "SUCCESS"}
        return found | {"timestamp": 1, "transaction_balance_trace": [trace]}

    def _account(self, one: bytes) -> dict[str, Any]:
        if one not in self.history.state(self.history.tip):
            return {}
        created = next(
            self.history.first + at for at, state in enumerate(self.history.states) if one in state
        )
        shown = {
            "address": encode(one),
            "balance": self.history.balance(one, self.history.tip),
            "create_time": self.history.time(created) * 1000,
            "account_resource": {},
        }
        return shown | self.members.get(one, {})

    # --- tokens

    def _call(self, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            output = self._output(asked)
        except _Refusal as refusal:
            return {"result": {"result": True, "message": str(refusal).encode().hex()}}
        return {
            "result": {"result": True},
            "energy_used": 541,
            "constant_result": [output.hex()],
            "transaction": {"ret": [{}], "visible": True},
        }

    def _output(self, asked: dict[str, Any]) -> bytes:
        contract = canonical(asked["contract_address"], {})
        match asked["function_selector"]:
            case "decimals()" if contract == self.contract:
                return bytes(abi_encode(["uint256"], [self.decimals]))
            case "symbol()" if contract == self.contract:
                return bytes(abi_encode(["string"], [self.symbol]))
            case "owner()" if contract == self.contract:
                return bytes(abi_encode(["address"], [OWNER[1:]]))
            case "aggregate((address,bytes)[])" if contract == self.multicall:
                return self._aggregate(bytes.fromhex(asked["parameter"]))
            case _:
                raise _Refusal(0, "REVERT opcode executed")

    def _aggregate(self, argument: bytes) -> bytes:
        (calls,) = decode(["(address,bytes)[]"], argument)
        if len(calls) > self.lies.most_calls:
            raise _Refusal(0, "OutOfTimeException : CPU timeout for 'SLOAD' operation executing")
        amounts = []
        for target, data in calls:
            assert bytes.fromhex(target[2:]) == self.contract[1:]
            assert data[:4] == keccak(b"balanceOf(address)")[:4]
            held = self.history.balance(b"\x41" + data[-20:], self.history.tip)
            amounts.append(abi_encode(["uint256"], [held]))
        height = self.history.tip + self.lies.ahead
        return bytes(abi_encode(["uint256", "bytes[]"], [height, amounts]))

    def events(self, height: int) -> list[Event]:
        """What the ledger's changes from the block before to `height` emitted."""
        found = [Event(height, 0, BUSY, [_topic("Busy()")], b"")]
        if not self.token or height <= self.history.first:
            return found
        before, after = self.history.state(height - 1), self.history.state(height)
        for one in sorted(before.keys() | after.keys()):
            change = after.get(one, 0) - before.get(one, 0)
            if change:
                topics, data = self._emitted(height, one, change)
                if topics:
                    found.append(Event(height, len(found), self.contract, topics, data))
        if height in self.owners:
            parties = [_party(one) for one in self.owners[height]]
            topics = [_topic("OwnershipTransferred(address,address)"), *parties]
            found.append(Event(height, len(found), self.contract, topics, b""))
        return found

    def _emitted(self, height: int, one: bytes, change: int) -> tuple[list[bytes], bytes]:
        amount = abs(change).to_bytes(32, "big")
        kind = self.kinds.get((height, one), encode(OTHER))
        match kind:
            case "issue":
                return [_topic("Issue(uint256)" if change > 0 else "Redeem(uint256)")], amount
            case "destroyed":
                return [_topic("DestroyedBlackFunds(address,uint256)"), _party(one)], amount
            case "destroyed-data":
                return [_topic("DestroyedBlackFunds(address,uint256)")], _party(one) + amount
            case "the other end":
                return [], b""
        parties = [_party(canonical(kind, {})), _party(one)]
        if change < 0:
            parties.reverse()
        return [_topic("Transfer(address,address,uint256)"), *parties], amount

    def _receipts(self, height: int) -> list[dict[str, Any]]:
        if height < self.lies.receipts_from:
            return []
        return [
            {
                "id": f"{event.number:064x}",
                "blockNumber": height,
                "log": [
                    {
                        "address": event.contract[1:].hex(),
                        "topics": [topic.hex() for topic in event.topics],
                        "data": event.data.hex(),
                    }
                ],
            }
            for event in self.events(height)
        ]

    def _rpc(self, asked: dict[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": asked["id"]}
        assert asked["method"] == "eth_getLogs"
        try:
            return reply | {"result": self._logs(*asked["params"])}
        except _Refusal as refusal:
            return reply | {"error": {"code": refusal.code, "message": str(refusal)}}

    def _logs(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        if last - first >= 5_000:
            raise _Refusal(-32600, "exceed max block range: 5000")
        if first <= self.lies.lost <= last:
            raise _Refusal(-32000, "internal error")
        found = [
            event
            for height in range(max(first, self.lies.indexed_from), last + 1)
            for event in self.events(height)
            if f"0x{event.contract[1:].hex()}" == query["address"]
            and self._fits(event, query["topics"])
        ]
        if len(found) > self.lies.most_logs:
            raise _Refusal(-32005, f"query returned more than {self.lies.most_logs} results")
        if self.lies.twice:
            found *= 2
        shown = [event.shown() for event in found]
        for one in shown if self.lies.other_window else ():
            one["blockNumber"] = hex(first - 1)
        return shown

    def _fits(self, event: Event, wanted: list[list[str] | None]) -> bool:
        shown = [f"0x{topic.hex()}" for topic in event.topics]
        assert all(len(some or ()) <= 1_000 for some in wanted)
        if self.lies.unseen is not None and len(wanted) == 3 and len(shown) == 3:
            height, one = self.lies.unseen
            if event.height == height and event.topics[2] == _party(one):
                return False
        return all(
            some is None or (at < len(shown) and shown[at] in some)
            for at, some in enumerate(wanted)
        )


def trial(scene: Scene, *, stakes: bool = True) -> Trial:
    """TRX; see `tests.fakes.ledger_trials`."""
    server = TronFake(scene.history)
    network = replace(NETWORK, options=dict(NETWORK.options) | {"stakes": stakes})

    def be_foreign() -> None:
        server.lies.genesis = bytes(8).hex() + "ab" * 24

    def prune() -> None:
        server.lies.no_history = True

    def be_stale() -> None:
        server.lies.is_stale = True

    return Trial(scene, server, network, TRX, reader, be_foreign, prune, be_stale)


def token_trial(scene: Scene) -> Trial:
    """The token."""
    server = TronFake(scene.history, token=True)

    def be_foreign() -> None:
        server.lies.genesis = bytes(8).hex() + "ab" * 24

    def prune() -> None:
        server.lies.indexed_from = scene.history.tip

    return Trial(scene, server, NETWORK, USDT, reader, be_foreign, prune)
