"""The HTTP API of TON, version 2, on loopback, over a history of accounts or of jetton owners.

Wire format: the public documentation of TON Center's API version 2 (methods, members, errors), with
`seqno` on getAddressInformation as its archive servers take it. The height is a masterchain seqno.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from chains.adapter import HoldingForm
from chains.registry import Network
from chains.ton.balances import reader
from tests.fakes import ton_cells
from tests.fakes.http_fake import HttpFake
from tests.fakes.ledger_trials import Trial
from tests.fakes.ton_cells import Bits

if TYPE_CHECKING:
    from tests.fakes.account_history import History, Scene

SETTINGS = b"\xff" + b"\x55" * 32
MASTER = b"\0" + b"\x4a" * 32
ZERO_STATE = sha256(b"first state").digest()
CODE = Bits("1011" * 20, (Bits("1"),))
LIBRARY = Bits("00000010" + "10" * 128, exotic=True)
TON = HoldingForm("TON@ton", "TON", "ton", None, 9, ())
TOKEN = HoldingForm("USDT@ton", "USDT", "ton", f"0:{'4a' * 32}", 6, ("USDT",), "issued")
NETWORK = Network(
    "ton", "TON", "ton", "TON", 9, finality="finalized", options={"genesis": ZERO_STATE.hex()}
)


def account(number: int) -> bytes:
    return b"\0" + sha256(b"account %d" % number).digest()


def shown(data: bytes) -> str:
    return b64encode(data).decode()


def root_hash(seqno: int) -> bytes:
    return sha256(b"block %d" % seqno).digest()


@dataclass
class Jetton:
    """How the wallets of the only jetton keep their data."""

    status: str = "0000"
    """Bits before the balance; none in the form of TEP-74."""
    code: Bits = LIBRARY
    keeps_code: bool = False
    content: dict[str, object] = field(
        default_factory=lambda: {
            "type": "onchain",
            "data": {"uri": "https://issuer.example/usdt.json", "decimals": "6"},
        }
    )
    contract_type: str = "jetton_master"
    salt: str = ""
    """Bits at the end of the data, which nobody can foresee."""

    def data(self, owner: bytes, amount: int, status: str | None = None) -> Bits:
        written = self.status if status is None else status
        written += ton_cells.coins(amount) + ton_cells.address(owner) + ton_cells.address(MASTER)
        return Bits(written + self.salt, (self.code,) if self.keeps_code else ())

    def wallet(self, owner: bytes) -> bytes:
        first = self.data(owner, 0, "0" * len(self.status))
        return b"\0" + Bits("00110", (self.code, first)).hash()


@dataclass
class Slips:
    """What a `TonFake` gets wrong."""

    is_stale: bool = False
    """Answers from the newest block, as servers without `seqno` do."""
    is_empty: bool = False
    """Knows no account at all."""
    first: int = 0
    """Has no states before this block."""
    zero_state: bytes = ZERO_STATE
    other_block: bool = False
    frozen: set[bytes] = field(default_factory=set)
    absent: str = "0"
    """The balance of an account that is not there; tonlib itself says -1."""
    swap: dict[bytes, bytes] = field(default_factory=dict)
    """Account -> whose state is given in its place."""
    exit_code: int = 0
    no_master: bool = False
    results: dict[str, object] = field(default_factory=dict)


class TonFake(HttpFake):
    """`history` is of tons, or of the owners of `jetton`."""

    def __init__(self, history: History, jetton: Jetton | None = None) -> None:
        super().__init__()
        self.history = history
        self.jetton = jetton
        self.slips = Slips()
        self._known: set[bytes] = set()
        self._owners: dict[bytes, bytes] = {}
        """Wallet -> owner."""

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        method = path.strip("/")
        if method in self.slips.results:
            return self._ok(self.slips.results[method])
        if self.jetton is not None and method in {"getTokenData", "runGetMethod"}:
            return self._of_jetton(method, body, self.jetton)
        return self._of_ledger(method, query)

    def _of_ledger(self, method: str, query: dict[str, str]) -> object:
        match method:
            case "getMasterchainInfo":
                first = {"workchain": -1, "seqno": 0, "root_hash": shown(self.slips.zero_state)}
                return self._ok({"last": self._block(self.history.tip), "init": first})
            case "lookupBlock":
                return self._ok(self._block(int(query["seqno"])))
            case "getBlockHeader":
                seqno = int(query["seqno"])
                return self._ok({"id": self._block(seqno), "gen_utime": self.history.time(seqno)})
            case "getAddressInformation":
                seqno = self.history.tip if self.slips.is_stale else int(query["seqno"])
                known = max(self.slips.first, self.history.first) <= seqno <= self.history.tip
                if known:
                    return self._ok(self._account(query["address"], seqno))
                return self._refusal(f"LITE_SERVER_NOTREADY: cannot find block {seqno}")
        raise LookupError

    def _of_jetton(self, method: str, body: bytes, jetton: Jetton) -> dict[str, object]:
        if method == "runGetMethod":
            return self._ok(self._get_method(msgspec.json.decode(body), jetton))
        return self._ok(
            {
                "total_supply": 2**70,
                "jetton_content": jetton.content,
                "jetton_wallet_code": shown(ton_cells.bag(jetton.code, checksum=True)),
                "contract_type": jetton.contract_type,
            }
        )

    @staticmethod
    def _ok(result: object) -> dict[str, object]:
        return {"ok": True, "result": result}

    @staticmethod
    def _refusal(error: str) -> web.Response:
        body = msgspec.json.encode({"ok": False, "error": error, "code": 500})
        return web.Response(status=500, body=body)

    def _block(self, seqno: int) -> dict[str, object]:
        named = root_hash(seqno + 1000 if self.slips.other_block else seqno)
        return {
            "@type": "ton.blockIdExt",
            "workchain": -1,
            "shard": "-9223372036854775808",
            "seqno": seqno,
            "root_hash": shown(named),
            "file_hash": shown(bytes(32)),
        }

    def _account(self, address: str, seqno: int) -> dict[str, object]:
        chain, _, digits = address.partition(":")
        asked = (b"\xff" if chain == "-1" else b"\0") + bytes.fromhex(digits)
        asked = self.slips.swap.get(asked, asked)
        state = self.history.state(seqno)
        amount: int | None = state.get(asked)
        data = ""
        if self.jetton is not None:
            for one in state.keys() - self._known:
                self._known.add(one)
                self._owners[self.jetton.wallet(one)] = one
            owner = self._owners.get(asked)
            amount = None if owner not in state else 50_000_000
            if owner is not None and owner in state:
                cell = self.jetton.data(owner, state[owner])
                data = shown(ton_cells.bag(cell, index=True))
        if asked == SETTINGS or (asked == MASTER and not self.slips.no_master):
            amount = 10**9
        if self.slips.is_empty:
            amount, data = None, ""
        word = "uninitialized" if amount is None else "active"
        if asked in self.slips.frozen:
            word, data = "frozen", ""
        return {
            "@type": "raw.fullAccountState",
            "balance": self.slips.absent if amount is None else str(amount),
            "code": "",
            "data": data,
            "last_transaction_id": {"lt": "0" if amount is None else "7", "hash": ""},
            "block_id": self._block(seqno),
            "sync_utime": 1,
            "state": word,
        }

    def _get_method(self, asked: dict[str, Any], jetton: Jetton) -> dict[str, object]:
        assert asked["method"] == "get_wallet_address"
        ((kind, bag),) = asked["stack"]
        assert kind == "tvm.Slice"
        # The last 34 bytes of the bag hold the address behind three bits, and one bit of padding.
        written = int.from_bytes(b64decode(bag)[-34:], "big") >> 5
        owner = (written & ((1 << 264) - 1)).to_bytes(33, "big")
        told = Bits(ton_cells.address(jetton.wallet(owner)))
        stack = [["cell", {"bytes": shown(ton_cells.bag(told, checksum=True))}]]
        return {"gas_used": 1, "stack": stack, "exit_code": self.slips.exit_code}


def trial(told: Scene, jetton: Jetton | None = None) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    server = TonFake(told.history, jetton)

    def be_foreign() -> None:
        server.slips.zero_state = bytes(32)

    def prune() -> None:
        server.slips.first = told.history.tip

    def be_stale() -> None:
        server.slips.is_stale = True

    form = TON if jetton is None else TOKEN
    return Trial(told, server, NETWORK, form, reader, be_foreign, prune, be_stale)
