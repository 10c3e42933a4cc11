"""A proxy on loopback before an HTTP JSON-RPC server, which spoils a share of what passes.

One request in so many is spoiled, always in the same way: which one is drawn from a seed, one in
each block of requests to which the fault applies. So a run of many requests meets the fault often,
and no call meets it over and over.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Self

import aiohttp
import msgspec

ONE_IN = 20
"""5 %."""

HTML = b"<html><body><h1>Bad Gateway</h1></body></html>"
_LIMITED = {"code": -32005, "message": "limit exceeded"}


class Fault(StrEnum):
    """What may happen to an answer."""

    LATE = "late"
    NEVER = "never"
    CUT_BEFORE_HEAD = "cut-before-head"
    CUT_IN_HEAD = "cut-in-head"
    CUT_IN_BODY = "cut-in-body"
    EMPTY = "empty"
    CORRUPT_JSON = "corrupt-json"
    HTML_PAGE = "html-page"
    THROTTLED = "throttled"
    THROTTLED_FOR_A_TIME = "throttled-for-a-time"
    STATUS_500 = "status-500"
    STATUS_502 = "status-502"
    STATUS_503 = "status-503"
    LIMIT_EXCEEDED = "limit-exceeded"
    WRONG_ID = "wrong-id"
    MEMBER_LIMITED = "member-limited"
    MEMBERS_REORDERED = "members-reordered"
    MEMBER_DROPPED = "member-dropped"
    MEMBER_REPEATED = "member-repeated"
    STALE_STATE = "stale-state"


OF_BATCHES = frozenset({
    Fault.MEMBER_LIMITED, Fault.MEMBERS_REORDERED, Fault.MEMBER_DROPPED, Fault.MEMBER_REPEATED,
})  # fmt: skip
"""Faults that only an answer with several members can have."""

_STATUSES = {
    Fault.THROTTLED: (HTTPStatus.TOO_MANY_REQUESTS, b"slow down"),
    Fault.THROTTLED_FOR_A_TIME: (HTTPStatus.TOO_MANY_REQUESTS, b"slow down"),
    Fault.STATUS_500: (HTTPStatus.INTERNAL_SERVER_ERROR, b"oops"),
    Fault.STATUS_502: (HTTPStatus.BAD_GATEWAY, HTML),
    Fault.STATUS_503: (HTTPStatus.SERVICE_UNAVAILABLE, b""),
    Fault.EMPTY: (HTTPStatus.OK, b""),
    Fault.HTML_PAGE: (HTTPStatus.OK, HTML),
}


class FaultProxy:
    """`async with FaultProxy(node.url, Fault.NEVER) as proxy`; `proxy.url` is its endpoint."""

    def __init__(
        self, upstream: str, fault: Fault | None, *, one_in: int = ONE_IN, seed: int = 6
    ) -> None:
        """`one_in` of 1 spoils every answer; without a `fault` all pass."""
        self.url = ""
        self.seen = 0
        """Requests that passed."""
        self.spoiled = 0
        self.fault = fault
        self._upstream = upstream
        self.one_in = one_in
        self._chance = random.Random(seed)  # noqa: S311 (which request, not a secret)
        self._applicable = 0
        self._unlucky = 0
        self._over = asyncio.Event()
        self._clients: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(auto_decompress=False)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        assert self._server is not None
        assert self._session is not None
        self._over.set()
        self._server.close()
        for client in list(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await self._server.wait_closed()
        await self._session.close()

    # --- HTTP ---------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side ends it."""
        client = asyncio.current_task()
        assert client is not None
        self._clients.add(client)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._pass_on(reader, writer):
                    pass
        finally:
            self._clients.discard(client)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; return whether the connection is still of use."""
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        body = await reader.readexactly(int(fields[b"content-length"]))
        self.seen += 1
        fault = self._fault_of(body)
        if fault is Fault.NEVER:
            await self._over.wait()
            return False
        if fault is Fault.CUT_BEFORE_HEAD:
            writer.transport.abort()
            return False
        if fault in _STATUSES:
            status, page = _STATUSES[fault]
            extra = b"Retry-After: 1\r\n" if fault is Fault.THROTTLED_FOR_A_TIME else b""
            writer.write(_head(status, len(page), extra) + page)
        else:
            answer = await self._asked(_at_latest(body) if fault is Fault.STALE_STATE else body)
            if fault is Fault.LATE:
                await asyncio.sleep(0.05)
            whole = self._spoiled(fault, answer)
            writer.write(whole)
            if fault in {Fault.CUT_IN_HEAD, Fault.CUT_IN_BODY}:
                return False
        await writer.drain()
        return True

    async def _asked(self, body: bytes) -> bytes:
        assert self._session is not None
        headers = {"Content-Type": "application/json"}
        async with self._session.post(self._upstream, data=body, headers=headers) as answer:
            return await answer.read()

    # --- faults -------------------------------------------------------------------

    def _fault_of(self, body: bytes) -> Fault | None:
        """Return what happens to the answer to `body`; None: nothing."""
        if self.fault is None or (self.fault in OF_BATCHES and body[:1] != b"["):
            return None
        if self.fault is Fault.STALE_STATE and b"blockHash" not in body:
            return None
        place = self._applicable % self.one_in
        if place == 0:
            self._unlucky = self._chance.randrange(self.one_in)
        self._applicable += 1
        if place != self._unlucky:
            return None
        self.spoiled += 1
        return self.fault

    def _spoiled(self, fault: Fault | None, answer: bytes) -> bytes:
        """Return what goes over the wire in place of `answer`."""
        if fault is Fault.CORRUPT_JSON:
            middle = answer.rindex(b":")
            answer = answer[:middle] + b"\x00" + answer[middle + 1 :]
        elif fault is not None:
            answer = msgspec.json.encode(_rewritten(fault, msgspec.json.decode(answer)))
        head = _head(HTTPStatus.OK, len(answer))
        if fault is Fault.CUT_IN_HEAD:
            return head[: len(head) // 2]
        if fault is Fault.CUT_IN_BODY:
            return head + answer[: len(answer) // 2]
        return head + answer


def _rewritten(fault: Fault, answer: Any) -> Any:  # noqa: ANN401 (JSON)
    members = answer if isinstance(answer, list) else [answer]
    match fault:
        case Fault.LIMIT_EXCEEDED:
            id_ = None if isinstance(answer, list) else answer["id"]
            return {"jsonrpc": "2.0", "id": id_, "error": _LIMITED}
        case Fault.WRONG_ID:
            members[-1]["id"] += 1_000_000
        case Fault.MEMBER_LIMITED:
            members[-1] = {"jsonrpc": "2.0", "id": members[-1]["id"], "error": _LIMITED}
        case Fault.MEMBERS_REORDERED:
            members.reverse()
        case Fault.MEMBER_DROPPED:
            members.pop()
        case Fault.MEMBER_REPEATED:
            members[-1] = members[0]
        case _:
            pass
    return answer


def _at_latest(body: bytes) -> bytes:
    """Return the request with `latest` in place of every block that is named by its hash."""

    def changed(value: Any) -> Any:  # noqa: ANN401 (JSON)
        if isinstance(value, list):
            return [changed(one) for one in value]
        if isinstance(value, dict):
            if "blockHash" in value:
                return "latest"
            return {name: changed(one) for name, one in value.items()}
        return value

    return msgspec.json.encode(changed(msgspec.json.decode(body)))


def _head(status: HTTPStatus, length: int, extra: bytes = b"") -> bytes:
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {length}\r\n"
    ).encode() + extra + b"\r\n"  # fmt: skip
