"""A simulated beacon node: the documented REST routes over loopback, with faults to switch on.

Written from the Ethereum beacon API's documents: numbers are decimal text, unknown validators are
left out, states are asked by slot or by root.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

GENESIS = 1_606_824_023
FAR = "18446744073709551615"


@dataclass
class FakeValidator:
    index: int
    balance: int
    credentials: bytes
    status: str = "active_ongoing"


@dataclass
class BeaconFaults:
    genesis: int = GENESIS
    execution_hash: str | None = None
    optimistic: bool = False
    status: dict[str, int] = field(default_factory=dict)
    """Last part of a route -> the HTTP status it answers with."""
    for_requests: int | None = None
    """The statuses hold for so many requests; None: for all."""
    body: bytes | None = None
    drops: int = 0
    """Validators left out of an answer."""
    repeats: bool = False
    retypes: bool = False
    """Balances as JSON numbers."""
    is_blinded: bool = True
    by_slot: bool = False
    """Whether states are found by their slot only; the root of the state is told."""
    root: str | None = None
    """Another root than the true one."""


def state_root(slot: int) -> str:
    return "0x" + hashlib.sha256(b"state %d" % slot).hexdigest()


@dataclass
class FakeBeacon:
    """`async with FakeBeacon({slot: block hash}) as node`."""

    blocks: dict[int, str]
    validators: dict[bytes, FakeValidator] = field(default_factory=dict)
    deposits: list[tuple[bytes, int]] = field(default_factory=list)
    withdrawals: list[tuple[int, int]] = field(default_factory=list)
    faults: BeaconFaults = field(default_factory=BeaconFaults)
    seen: Counter[str] = field(default_factory=Counter)
    largest: int = 0
    url: str = ""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=10**8)
        application.router.add_get("/{key}/eth/v1/beacon/genesis", self._genesis)
        application.router.add_get("/{key}/eth/v1/beacon/blinded_blocks/{slot}", self._block)
        application.router.add_get("/{key}/eth/v2/beacon/blocks/{slot}", self._block)
        states = "/{key}/eth/v1/beacon/states/{state}"
        application.router.add_post(f"{states}/validators", self._validators)
        application.router.add_get(f"{states}/root", self._root)
        application.router.add_get(f"{states}/pending_deposits", self._deposits)
        application.router.add_get(f"{states}/pending_partial_withdrawals", self._withdrawals)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}/SECRET"
        return self

    async def __aexit__(self, *exception: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def _fault(self, route: str) -> web.Response | None:
        self.seen[route] += 1
        faults = self.faults
        if faults.for_requests is not None:
            faults.for_requests -= 1
            if faults.for_requests < 0:
                return None
        if route in faults.status:
            return web.json_response({"code": 1, "message": "no"}, status=faults.status[route])
        if faults.body is not None:
            return web.Response(body=faults.body)
        return None

    def _answer(self, data: object) -> web.Response:
        return web.json_response(
            {
                "execution_optimistic": self.faults.optimistic,
                "finalized": True,
                "data": data,
            }
        )

    async def _genesis(self, request: web.Request) -> web.Response:
        fault = self._fault("genesis")
        return fault or web.json_response({"data": {"genesis_time": str(self.faults.genesis)}})

    async def _block(self, request: web.Request) -> web.Response:
        blinded = "blinded" in request.path
        if fault := self._fault("blinded_blocks" if blinded else "blocks"):
            return fault
        slot = int(request.match_info["slot"])
        if slot not in self.blocks or blinded != self.faults.is_blinded:
            return web.json_response({"code": 404, "message": "not found"}, status=404)
        shown = self.faults.execution_hash or self.blocks[slot]
        payload = "execution_payload_header" if blinded else "execution_payload"
        message = {
            "slot": str(slot),
            "state_root": state_root(slot),
            "body": {payload: {"block_hash": shown}},
        }
        return self._answer({"message": message, "signature": "0x"})

    def _knows(self, state: str) -> bool:
        name = str if self.faults.by_slot else state_root
        return state in {name(slot) for slot in self.blocks}

    async def _root(self, request: web.Request) -> web.Response:
        if fault := self._fault("root"):
            return fault
        if not self._knows(request.match_info["state"]):
            return web.json_response({"code": 404, "message": "not found"}, status=404)
        root = self.faults.root or state_root(int(request.match_info["state"]))
        return self._answer({"root": root})

    async def _validators(self, request: web.Request) -> web.Response:
        if fault := self._fault("validators"):
            return fault
        if not self._knows(request.match_info["state"]):
            return web.json_response({"code": 404, "message": "not found"}, status=404)
        ids = (await request.json())["ids"]
        self.largest = max(self.largest, len(ids))
        entries: list[Any] = []
        for text in ids:
            key = bytes.fromhex(text[2:])
            found = self.validators.get(key)
            if found is None:
                continue
            balance: object = found.balance if self.faults.retypes else str(found.balance)
            entries.append(
                {
                    "index": str(found.index),
                    "balance": balance,
                    "status": found.status,
                    "validator": {
                        "pubkey": text,
                        "withdrawal_credentials": "0x" + found.credentials.hex(),
                        "effective_balance": "32000000000",
                        "slashed": False,
                        "exit_epoch": FAR,
                    },
                }
            )
        entries = entries[self.faults.drops :]
        if self.faults.repeats:
            entries += entries[:1]
        return self._answer(entries)

    async def _deposits(self, request: web.Request) -> web.Response:
        return self._fault("pending_deposits") or self._answer(
            [{"pubkey": "0x" + key.hex(), "amount": str(gwei)} for key, gwei in self.deposits]
        )

    async def _withdrawals(self, request: web.Request) -> web.Response:
        return self._fault("pending_partial_withdrawals") or self._answer(
            [{"validator_index": str(index), "amount": str(g)} for index, g in self.withdrawals]
        )
