"""One Electrum server: JSON-RPC lines over TCP or TLS, in batches, several under way at once.

Servers hold small replies back to hide their size (ElectrumX waits for 1,024 bytes or a second).
So everything here is asked in numbers, few questions are made more with one whose answer is long,
and the greeting's answer is not waited for.

URLs are ``tcp://host:port`` and ``ssl://host:port``. Certificates are verified; a server that
signed its own is named with its SHA-256, ``ssl://host:port?certificate=<64 hex digits>``.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import ssl
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from chains.errors import (
    Incapable,
    MalformedAnswer,
    ProviderError,
    Throttled,
    TimedOut,
    TooLarge,
    TransportFailure,
    UnresolvedReason,
)
from chains.transport import json_rpc
from chains.transport.json_rpc import RpcError, RpcRequest
from chains.transport.provider import Provider
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.transport.provider import Surroundings
    from chains.transport.settings import TransportSettings

SCHEMES = ("tcp", "ssl")
PROTOCOL = "1.4"
"""Every server of the last years speaks this version; what is newer is not needed."""
FILLER = RpcRequest("blockchain.block.headers", (0, 8))
"""Its answer is longer than what servers hold back; nobody looks at it."""
_FEW = 16
"""Answers that may be shorter together than what is held back."""
_DEFAULT_PORTS = {"tcp": 50001, "ssl": 50002}
_NO_METHOD = -32601
_BAD_REQUEST = -32600
_BUSY = frozenset({-101, -102})
"""ElectrumX: excessive resource usage, server busy."""
_TOO_LARGE = re.compile(r"too (large|big|long|many (history|utxo|tx))|exceeds", re.IGNORECASE)
_BUSY_TEXT = re.compile(r"busy|excessive|too many requests|rate limit|throttl", re.IGNORECASE)
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def classify(error: RpcError) -> ProviderError:
    """Return what a server's own error means."""
    said = f"the server says: {error.message} (code {error.code})"
    if error.code in _BUSY or _BUSY_TEXT.search(error.message):
        return Throttled(said)
    if _TOO_LARGE.search(error.message):
        return TooLarge(said)
    if error.code == _NO_METHOD:
        return Incapable(said, reason=UnresolvedReason.NO_METHOD)
    return ProviderError(said, reason=UnresolvedReason.CALL_FAILED)


class ElectrumServer(Provider):
    """One URL. Connects when it is first asked, and again when the line was dropped."""

    def __init__(
        self, url: str, label: str, settings: TransportSettings, surroundings: Surroundings
    ) -> None:
        """Raise ValueError, without repeating the URL, for an unusable certificate hash."""
        super().__init__(label, settings, surroundings)
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._tls = parts.scheme == "ssl"
        self._port = parts.port or _DEFAULT_PORTS[parts.scheme]
        self._certificate = parse_qs(parts.query).get("certificate", [""])[0].lower()
        if self._certificate and not _FINGERPRINT.fullmatch(self._certificate):
            raise ValueError("the certificate's SHA-256 is 64 hex digits")
        self._line: _Line | None = None
        self._connecting = asyncio.Lock()
        self._batches = True
        self._ids = itertools.count(1)

    async def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            await self._drop(self._line)

    async def one(self, method: str, *params: object, journal: list[str]) -> object:
        """Return the result of one request. Raises ProviderError, also for the server's own."""
        (value,) = await self.many([RpcRequest(method, params)], journal=journal)
        if isinstance(value, ProviderError):
            self._record(value, journal)
            raise value
        return value

    async def many(
        self, requests: Sequence[RpcRequest], *, journal: list[str], batch: int = 200
    ) -> list[object]:
        """Return one value per request, in order: a result, or the server's error, classified.

        Batches of `batch` requests go out without waiting for one another. Raises ProviderError
        when one of them could not be asked, after the tries that the settings allow.
        """
        chunks = [requests[at : at + batch] for at in range(0, len(requests), batch)]
        answers = await together(*(self._chunk(chunk, journal) for chunk in chunks))
        values = [value for answer in answers for value in answer]
        if len(values) != len(requests):
            raise AssertionError(f"{len(values)} of {len(requests)} requests were answered")
        return values

    async def _chunk(self, requests: Sequence[RpcRequest], journal: list[str]) -> list[object]:
        async def exchange(timeout_s: float) -> list[object]:
            try:
                async with asyncio.timeout(timeout_s):
                    return await self._exchange(requests)
            except TimeoutError:
                raise TimedOut(f"no complete answer within {timeout_s:.3g} s") from None

        return await self.persist(exchange, requests=len(requests), journal=journal)

    async def _exchange(self, requests: Sequence[RpcRequest]) -> list[object]:
        line = await self._connected()
        self.counters.rpc_requests += len(requests)
        if not self._batches:
            return await line.ask(requests, self._fresh_ids(requests), batch=False)
        filled = [*requests, FILLER] if len(requests) < _FEW else requests
        try:
            answers = await line.ask(filled, self._fresh_ids(filled), batch=True)
            return answers[: len(requests)]
        except _BatchRefused:
            self._batches = False
            await self._drop(line)
        line = await self._connected()
        return await line.ask(requests, self._fresh_ids(requests), batch=False)

    def _fresh_ids(self, requests: Sequence[RpcRequest]) -> list[int]:
        return [next(self._ids) for _ in requests]

    async def _connected(self) -> _Line:
        async with self._connecting:
            if self._line is not None and self._line.broken is not None:
                await self._drop(self._line)
            if self._line is None:
                self._line = await self._connect()
            return self._line

    async def _drop(self, line: _Line) -> None:
        """Close `line`, and only it: somebody may have connected anew in the meantime."""
        if self._line is line:
            self._line = None
        await line.close()

    async def _connect(self) -> _Line:
        context = None
        if self._tls:
            context = ssl.create_default_context()
            if self._certificate:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
        try:
            async with asyncio.timeout(self._settings.connect_timeout_s):
                reader, writer = await asyncio.open_connection(
                    self._host, self._port, ssl=context, limit=self._settings.body_limit
                )
        except TimeoutError:
            raise TransportFailure("cannot connect: no answer") from None
        except ssl.SSLError as error:
            raise TransportFailure(f"the TLS connection failed: {error.reason}") from None
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise TransportFailure(f"cannot connect: {why}") from None
        line = _Line(reader, writer)
        if self._certificate:
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True) or b""
            if hashlib.sha256(shown).hexdigest() != self._certificate:
                await line.close()
                raise TransportFailure("the server shows another certificate than the agreed one")
        line.greet(next(self._ids))
        return line


class _BatchRefused(Exception):  # noqa: N818 (says what happened; never leaves this module)
    """The server does not take JSON-RPC batches."""


class _Line:
    """An open connection: what was asked, and who waits for which answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin to listen."""
        self.broken: ProviderError | None = None
        self._reader = reader
        self._writer = writer
        self._waiting: dict[int, asyncio.Future[object]] = {}
        self._given_up: set[int] = set()
        self._greeting = 0
        self._listening = asyncio.create_task(self._listen())

    def greet(self, id_: int) -> None:
        """Agree on the protocol; a server that refuses it breaks the line."""
        request = RpcRequest("server.version", ("assay", PROTOCOL))
        self._greeting = id_
        self._writer.write(json_rpc.encode([request], [id_], batch=False) + b"\n")

    async def close(self) -> None:
        """Hang up; whoever still waits gets an error."""
        self._break(TransportFailure("the connection was closed"))
        self._writer.close()  # before anything is waited for: a cancelled close has closed it
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        try:
            await self._writer.wait_closed()
        except OSError:
            return  # it was lost before: nothing is left to close

    async def ask(
        self, requests: Sequence[RpcRequest], ids: Sequence[int], *, batch: bool
    ) -> list[object]:
        """Return one value per request, in order. Raises ProviderError and _BatchRefused."""
        if self.broken is not None:
            raise _copy(self.broken)
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in ids]
        self._waiting.update(zip(ids, futures, strict=True))
        try:
            if batch:
                self._writer.write(json_rpc.encode(requests, ids, batch=True) + b"\n")
            else:
                for request, id_ in zip(requests, ids, strict=True):
                    self._writer.write(json_rpc.encode([request], [id_], batch=False) + b"\n")
            try:
                await self._writer.drain()
            except OSError:
                raise TransportFailure("the connection was lost") from None
            values = await asyncio.gather(*futures)
        finally:
            for id_, future in zip(ids, futures, strict=True):
                if self._waiting.pop(id_, None) is not None:
                    self._given_up.add(id_)
                future.cancel()
                if future.done() and not future.cancelled():
                    future.exception()  # seen: gather reports only the first
        answers = [classify(value) if isinstance(value, RpcError) else value for value in values]
        for answer in answers:
            if isinstance(answer, Throttled):
                raise answer
        return answers

    async def _listen(self) -> None:
        while self.broken is None:
            try:
                self._route(await self._reader.readuntil(b"\n"))
            except asyncio.LimitOverrunError:
                self._break(TooLarge("an answer is larger than the limit"))
            except (asyncio.IncompleteReadError, OSError):
                self._break(TransportFailure("the connection was lost"))
            except ProviderError as error:
                self._break(error)

    def _route(self, line: bytes) -> None:
        for id_, value in json_rpc.routed(line):
            if id_ is None:
                # What it refuses is not said: nobody's request is safe.
                refusal = value if isinstance(value, RpcError) else RpcError(0, "")
                if refusal.code == _BAD_REQUEST:
                    self._break(classify(refusal), _BatchRefused())
                    return
                raise classify(refusal)
            if id_ == self._greeting:
                if isinstance(value, RpcError):
                    said = str(classify(value))
                    raise Incapable(said, reason=UnresolvedReason.NO_METHOD)
                continue
            future = self._waiting.pop(id_, None)
            if future is not None:
                if not future.done():
                    future.set_result(value)
            elif id_ in self._given_up:
                self._given_up.discard(id_)
            else:
                raise MalformedAnswer(f"an answer carries the id {id_}, which was not asked")

    def _break(self, error: ProviderError, told: Exception | None = None) -> None:
        if self.broken is None:
            self.broken = error
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(told or _copy(error))


def _copy(error: ProviderError) -> ProviderError:
    """Return an error of the same kind: each of several waiting ones needs its own."""
    if isinstance(error, Throttled):
        return Throttled(str(error), retry_after_s=error.retry_after_s)
    return type(error)(str(error), reason=error.reason)
