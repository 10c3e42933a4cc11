"""A small HTTP server on loopback that speaks some ledger's wire format; base of the simulators.

Honest unless told otherwise. Every request is counted, faults are set at any time, and it can be
slowed down. Subclasses answer; what their answers look like comes from public documentation that
they name.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass
class Faults:
    """What is wrong with a server besides what it says."""

    statuses: dict[str, int] = field(default_factory=dict)
    """Beginning of a path -> the HTTP status it gets."""
    throttle: int = 0
    """So many of the next requests get status 429."""
    garbage: int = 0
    """So many of the next answers are cut in the middle."""
    latency_s: float = 0.0


class HttpFake(ABC):
    """`async with` one of its kinds as server; `url` is what a configuration would name."""

    kind = ""
    """What stands before ``+http://`` in the URL, if anything."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        """Every request's path and query, in order."""
        self.headers: Mapping[str, str] = {}
        """Of the request that is being answered."""
        self.on_call: Callable[[str], None] | None = None
        self.faults = Faults()
        self.spoil: Callable[[str, Any], object] | None = None
        """Given the path and a JSON answer, returns what is sent in its place."""
        self._server: TestServer | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        plain = str(self._server.make_url("")).rstrip("/")
        return f"{self.kind}+{plain}" if self.kind else plain

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._server = TestServer(application)
        await self._server.start_server()
        return self

    async def __aexit__(self, *exception: object) -> None:
        assert self._server is not None
        await self._server.close()

    async def _serve(self, request: web.Request) -> web.Response:
        path = request.path_qs
        self.paths.append(path)
        self.headers = request.headers
        if self.on_call is not None:
            self.on_call(path)
        if self.faults.latency_s:
            await asyncio.sleep(self.faults.latency_s)
        if self.faults.throttle > 0:
            self.faults.throttle -= 1
            return web.Response(status=429, text="slow down")
        for begin, status in self.faults.statuses.items():
            if path.startswith(begin):
                return web.Response(status=status, text="refused")
        try:
            answer = self.answer(request.path, dict(request.query), await request.read())
        except LookupError:
            return web.Response(status=404, text="not found")
        if self.spoil is not None and not isinstance(answer, str | web.Response):
            answer = self.spoil(request.path, answer)
        return self._response(answer)

    def _response(self, answer: object) -> web.Response:
        if isinstance(answer, web.Response):
            return answer
        body = answer.encode() if isinstance(answer, str) else msgspec.json.encode(answer)
        if self.faults.garbage > 0:
            self.faults.garbage -= 1
            body = body[: len(body) // 2]
        return web.Response(body=body)

    @abstractmethod
    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        """Return text, JSON values, or a whole response; LookupError for what is not there."""


@dataclass
class RpcRefusal(Exception):  # noqa: N818 (it is an answer, not a fault of the test)
    """A node's own error."""

    code: int
    message: str
    data: object = None
    cause: object = None


class RpcFake(HttpFake):
    """A server of JSON-RPC 2.0, batches included."""

    batches = True

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, object]] = []
        """Every method with its parameters, in order."""

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        asked = msgspec.json.decode(body)
        if isinstance(asked, list):
            if not self.batches:
                return {
                    "jsonrpc": "2.0",
                    "id": None,
                    "error": {"code": -32600, "message": "batches are not supported"},
                }
            return [self._one(one) for one in asked]
        return self._one(asked)

    def _one(self, asked: dict[str, Any]) -> dict[str, object]:
        reply: dict[str, object] = {"jsonrpc": "2.0", "id": asked["id"]}
        params = asked.get("params", [])
        self.calls.append((asked["method"], params))
        try:
            reply["result"] = self.result(asked["method"], params)
        except RpcRefusal as refusal:
            error: dict[str, object] = {"code": refusal.code, "message": refusal.message}
            more = {"data": refusal.data, "cause": refusal.cause}
            reply["error"] = error | {key: said for key, said in more.items() if said is not None}
        return reply

    @abstractmethod
    def result(self, method: str, params: Any) -> object:  # noqa: ANN401 (whatever was sent)
        """Return the result of one request. Raises RpcRefusal."""
