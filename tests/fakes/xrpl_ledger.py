"""A rippled server over a small ledger that keeps every state.

Format: xrpl.org, "HTTP / WebSocket APIs": `server_info`, `ledger`, `account_info`,
`account_objects`, "Error Formatting", and "Ledger Data Formats". As a Clio server it says nothing
of the ledger in an error.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from chains.adapter import HoldingForm
from chains.registry import Network
from chains.xrpl.addresses import canonical, encode
from chains.xrpl.answers import EPOCH
from chains.xrpl.balances import reader
from chains.xrpl.rippled import CANARY
from tests.fakes.http_fake import HttpFake
from tests.fakes.ledger_trials import Trial

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.account_history import History, Scene

XRP = HoldingForm("XRP@xrpl", "XRP", "xrpl", None, 6, ())


def account(number: int) -> bytes:
    return hashlib.sha256(b"xrpl account %d" % number).digest()[:20]


@dataclass
class Lies:
    """What the server gets wrong, and what it does not have."""

    network_id: int | None = 0
    """None: the server does not say."""
    first: int = 0
    """The first ledger that it has."""
    is_stale: bool = False
    """Answers from the newest ledger, and says so."""
    is_silent: bool = False
    """... and names the ledger that was asked for."""
    is_clio: bool = False
    knows_nobody: bool = False
    validated: bool = True
    busy: int = 0
    circle: bool = False
    """The pages of an account's objects never end."""


@dataclass
class Extras:
    """What an account has besides its balance."""

    members: dict[str, Any] = field(default_factory=dict)
    objects: list[dict[str, Any]] = field(default_factory=list)
    signer_lists: list[dict[str, Any]] = field(default_factory=list)


@cache
def name_of(height: int) -> str:
    return hashlib.sha256(b"xrpl ledger %d" % height).hexdigest().upper()


FIRST = 100
NETWORK = Network(
    "xrpl", "XRP Ledger", "xrpl", "XRP", 6, finality="finalized",
    options={
        "network_id": 0, "checkpoint_height": FIRST, "checkpoint_hash": name_of(FIRST).lower()
    },
)  # fmt: skip


class _Refusal(Exception):  # noqa: N818 (it is an answer)
    pass


class RippledFake(HttpFake):
    """Honest unless told otherwise. A page holds two objects here, so that there are several."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history
        self.lies = Lies()
        self.extras: dict[bytes, Extras] = {}
        self.methods: list[str] = []
        for state in history.states:
            state.setdefault(CANARY, 1_000)
        for changed in history.changed:
            changed.setdefault(CANARY, history.first)

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        asked = msgspec.json.decode(body)
        (params,) = asked["params"]
        self.methods.append(asked["method"])
        if self.lies.busy > 0:
            self.lies.busy -= 1
            return {"result": {"status": "error", "error": "slowDown", "error_code": 10}}
        about: dict[str, Any] = {}
        try:
            found = self._result(asked["method"], params, about)
        except _Refusal as refusal:
            token = str(refusal)
            if self.lies.is_clio:
                about = {}
            found = about | {"status": "error", "error": token, "error_message": "It is not there."}
            return {"result": found}
        return {"result": about | found | {"status": "success"}}

    def _result(
        self, method: str, params: Mapping[str, Any], about: dict[str, Any]
    ) -> dict[str, Any]:
        if method == "server_info":
            named = {} if self.lies.network_id is None else {"network_id": self.lies.network_id}
            return {"info": named | {"load_factor": 1.5}}
        height = self._height(params)
        told = self._asked(params) if self.lies.is_silent else height
        if self.lies.is_stale:
            height = self.history.tip
            told = told if self.lies.is_silent else height
        about |= {
            "ledger_hash": name_of(told), "ledger_index": told, "validated": self.lies.validated
        }  # fmt: skip
        match method:
            case "ledger":
                moment = self.history.time(height) - EPOCH
                inner = {"ledger_hash": name_of(told), "ledger_index": str(told)}
                return {"ledger": inner | {"close_time": moment}}
            case "account_info":
                return self._account(canonical(params["account"], {}), height, params)
            case "account_objects":
                return self._objects(canonical(params["account"], {}), params)
            case _:
                raise _Refusal("unknownCmd")

    def _asked(self, params: Mapping[str, Any]) -> int:
        known = range(self.history.first, self.history.tip + 1)
        if "ledger_hash" in params:
            found = [one for one in known if name_of(one) == params["ledger_hash"]]
            if not found:
                raise _Refusal("lgrNotFound")
            return found[0]
        index = params["ledger_index"]
        return self.history.tip if index == "validated" else int(index)

    def _height(self, params: Mapping[str, Any]) -> int:
        height = self._asked(params)
        if not max(self.history.first, self.lies.first) <= height <= self.history.tip:
            raise _Refusal("lgrNotFound")
        return height

    def _account(self, asked: bytes, height: int, params: Mapping[str, Any]) -> dict[str, Any]:
        state = self.history.state(height)
        if asked not in state or self.lies.knows_nobody:
            raise _Refusal("actNotFound")
        extras = self.extras.get(asked, Extras())
        data = {
            "LedgerEntryType": "AccountRoot",
            "Account": encode(asked),
            "Balance": str(state[asked]),
            "Flags": 0,
            "OwnerCount": len(extras.objects),
            "PreviousTxnLgrSeq": self.history.changed_at(asked, height),
            "Sequence": 7,
        } | extras.members
        if params.get("signer_lists"):
            data["signer_lists"] = extras.signer_lists
        return {"account_data": data}

    def _objects(self, asked: bytes, params: Mapping[str, Any]) -> dict[str, Any]:
        objects = self.extras[asked].objects
        at = int(params.get("marker", 0))
        page: dict[str, Any] = {"account": encode(asked), "account_objects": objects[at : at + 2]}
        if at + 2 < len(objects):
            page["marker"] = str(at + 2)
        elif self.lies.circle:
            page |= {"marker": "2", "account_objects": []}
        return page


class OverloadedFake(RippledFake):
    """Says in plain text that it has too much to do, as rippled does above its limits."""

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        return web.Response(status=503, text="Server is overloaded", headers={"Retry-After": "1"})


def trial(scene: Scene) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    server = RippledFake(scene.history)

    def be_foreign() -> None:
        server.lies.network_id = 1

    def prune() -> None:
        server.lies.first = scene.history.tip

    def be_stale() -> None:
        server.lies.is_stale = True

    return Trial(scene, server, NETWORK, XRP, reader, be_foreign, prune, be_stale)
