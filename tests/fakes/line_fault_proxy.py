"""A proxy on loopback before an Electrum server, which spoils a share of the lines it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from tests.fakes.fault_proxy import HTML, ONE_IN, OneIn

_LIMIT = 1 << 24
_BUSY = {"code": -102, "message": "server busy - request timed out"}
_NO_BATCH = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}


class LineFault(StrEnum):
    """What may happen to a line on its way to the client."""

    LATE = "late"
    NEVER = "never"
    CUT_BEFORE = "cut-before"
    CUT_WITHIN = "cut-within"
    CUT_AFTER = "cut-after"
    EMPTY = "empty"
    CORRUPT_JSON = "corrupt-json"
    HTML_PAGE = "html-page"
    BUSY = "busy"
    WRONG_ID = "wrong-id"
    NO_BATCHES = "no-batches"
    MEMBER_DROPPED = "member-dropped"
    MEMBERS_REORDERED = "members-reordered"
    REPEATED = "repeated"


class LineFaultProxy:
    """`async with LineFaultProxy(server.url, LineFault.NEVER) as proxy`; `proxy.url` stands in."""

    def __init__(
        self, upstream: str, fault: LineFault | None, *, one_in: int = ONE_IN, seed: int = 6
    ) -> None:
        """`one_in` of 1 spoils every line; without a `fault` all pass."""
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname, parts.port)
        self.url = ""
        self.seen = 0
        """Lines that came from the server."""
        self.spoiled = 0
        self._fault = fault
        self._chance = OneIn(one_in, seed)
        self._clients: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_LIMIT)
        host, port = self._server.sockets[0].getsockname()[:2]
        self.url = f"tcp://{host}:{port}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        assert self._server is not None
        self._server.close()
        for client in list(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side, or a fault, ends it."""
        client = asyncio.current_task()
        assert client is not None
        self._clients.add(client)
        try:
            host, port = self._upstream
            answers, questions = await asyncio.open_connection(host, port, limit=_LIMIT)
            asking = asyncio.create_task(_copy(reader, questions))
            try:
                while (line := await answers.readline()) and await self._pass_on(line, writer):
                    pass
            finally:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
                await _hang_up(questions)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            await _hang_up(writer)
            self._clients.discard(client)

    async def _pass_on(self, line: bytes, writer: asyncio.StreamWriter) -> bool:
        """Answer with `line`, or with what a fault makes of it; return whether to go on."""
        self.seen += 1
        fault = self._fault if self._may_suffer(line) and self._chance.strikes() else None
        self.spoiled += fault is not None
        if fault is LineFault.LATE:
            await asyncio.sleep(0.05)
        writer.write(_spoiled(fault, line))
        await writer.drain()
        return fault not in {LineFault.CUT_BEFORE, LineFault.CUT_WITHIN, LineFault.CUT_AFTER}

    def _may_suffer(self, line: bytes) -> bool:
        """Return whether the fault can happen to a line: who refuses batches takes the others."""
        return self._fault is not LineFault.NO_BATCHES or line.startswith(b"[")


_SPOILED: dict[LineFault, Callable[[bytes], bytes]] = {
    LineFault.NEVER: lambda _line: b"",
    LineFault.CUT_BEFORE: lambda _line: b"",
    LineFault.CUT_WITHIN: lambda line: line[: len(line) // 2],
    LineFault.EMPTY: lambda _line: b"\n",
    LineFault.CORRUPT_JSON: lambda line: b"\x00".join(line.rsplit(b":", 1)),
    LineFault.HTML_PAGE: lambda _line: HTML + b"\n",
    LineFault.NO_BATCHES: lambda _line: msgspec.json.encode(_NO_BATCH) + b"\n",
    LineFault.REPEATED: lambda line: line + line,
}
_REWRITTEN = frozenset({
    LineFault.BUSY, LineFault.WRONG_ID, LineFault.MEMBER_DROPPED, LineFault.MEMBERS_REORDERED,
})  # fmt: skip


def _spoiled(fault: LineFault | None, line: bytes) -> bytes:
    """Return what goes over the wire in place of `line`."""
    if fault in _SPOILED:
        return _SPOILED[fault](line)
    if fault in _REWRITTEN:
        return msgspec.json.encode(_rewritten(fault, msgspec.json.decode(line))) + b"\n"
    return line


def _rewritten(fault: LineFault, answer: Any) -> Any:  # noqa: ANN401 (JSON)
    members = answer if isinstance(answer, list) else [answer]
    match fault:
        case LineFault.BUSY:
            members[-1].pop("result", None)
            members[-1]["error"] = _BUSY
        case LineFault.WRONG_ID:
            members[-1]["id"] += 1_000_000
        case LineFault.MEMBER_DROPPED:
            return members[1:]
        case _:
            members.reverse()
    return answer


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on everything, and the end of it."""
    with suppress(ConnectionError):
        while piece := await reader.read(1 << 16):
            writer.write(piece)
            await writer.drain()
    writer.close()


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError, asyncio.CancelledError):  # it is closed either way
        await writer.wait_closed()
