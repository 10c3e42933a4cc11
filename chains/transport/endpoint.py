"""One JSON-RPC URL over HTTP: statuses, batches and the node's own errors."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

from chains.errors import (
    ChainsError,
    Incapable,
    ProviderError,
    Throttled,
    TimedOut,
    TooLarge,
    TransportFailure,
    UnresolvedReason,
)
from chains.transport import json_rpc
from chains.transport.http import HttpClient, Reply
from chains.transport.json_rpc import RpcError, RpcRequest
from chains.transport.labels import secrets
from chains.transport.provider import Provider, Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chains.transport.settings import TransportSettings

__all__ = ["Classify", "Endpoint", "Surroundings", "bad_status", "refuse_status"]

Classify = Callable[[RpcError], ChainsError]
"""Turns a node's own error into one of `chains.errors`; each family brings its own."""

_DENIED = frozenset({401, 402, 403, 404, 405, 410})
_REFUSED = frozenset({400, 406, 411, 415, 422, 501})
_TOO_LARGE_STATUS = 413
_TIMEOUT_STATUS = frozenset({408, 504, 524})
_THROTTLED_STATUS = 429
_UNAVAILABLE_STATUS = 503
_LIMITED = frozenset({403, 503})
"""With which services say that their limit was met, in words (TronGrid: "frequency limit")."""
_WORDS = 1_000
"""Bytes of an answer that are searched for them."""
_OK_STATUS = 200


class Endpoint(Provider):
    """One JSON-RPC URL. `label` is all that is ever shown of it."""

    def __init__(
        self,
        url: str,
        label: str,
        settings: TransportSettings,
        classify: Classify,
        surroundings: Surroundings,
    ) -> None:
        """Prepare; nothing is opened or sent before `open`."""
        super().__init__(label, settings, surroundings)
        self.secrets = secrets(url)
        self._http = HttpClient(url, settings)
        self._classify = classify
        self._ids = itertools.count(1)

    async def open(self) -> None:
        """Make the HTTP session."""
        await self._http.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self._http.close()

    async def one(
        self,
        method: str,
        params: Sequence[object] = (),
        named: Mapping[str, object] | None = None,
        *,
        journal: list[str],
    ) -> object:
        """Return the result of one request; raises the node's own error, classified.

        Raises ProviderError and what `classify` returns. Failed tries are written to `journal`.
        """
        (value,) = await self.call(
            [RpcRequest(method, params, named)], batch=False, journal=journal
        )
        if isinstance(value, ProviderError):
            self._record(value, journal)
        if isinstance(value, ChainsError):
            raise value
        return value

    async def call(
        self, requests: Sequence[RpcRequest], *, batch: bool, journal: list[str]
    ) -> list[object]:
        """Return one value per request, in order: a result, or the node's error, classified.

        Bad connections, bad answers and throttles are tried again, with growing random waits; the
        last error is raised. Each failed try adds one line to `journal`. `Throttled` is always
        raised, also when only one member of a batch was refused for it.
        """

        async def exchange(timeout_s: float) -> list[object]:
            return await self._exchange(requests, timeout_s, batch=batch)

        return await self.persist(exchange, requests=len(requests), journal=journal)

    async def _exchange(
        self, requests: Sequence[RpcRequest], timeout_s: float, *, batch: bool
    ) -> list[object]:
        ids = [next(self._ids) for _ in requests]
        body = json_rpc.encode(requests, ids, batch=batch)
        self.counters.http_requests += 1
        self.counters.rpc_requests += len(requests)
        self.counters.bytes_sent += len(body)
        reply = await self._http.post(body, timeout_s=timeout_s)
        self.counters.bytes_received += len(reply.body)
        refuse_status(reply)
        try:
            answers = json_rpc.decode(
                reply.body, ids, batch=batch, decimals=self._settings.decimals
            )
        except ProviderError as error:
            if reply.status != _OK_STATUS:
                raise bad_status(reply) from error
            raise
        if isinstance(answers, RpcError):
            raise self.hide(self._classify(answers))
        values = [
            self.hide(self._classify(answer)) if isinstance(answer, RpcError) else answer
            for answer in answers
        ]
        for value in values:
            if isinstance(value, Throttled):
                raise value
        return values


def refuse_status(reply: Reply) -> None:
    """Raise ProviderError for the statuses that speak for themselves, whatever the body says."""
    if reply.status == _THROTTLED_STATUS or (
        reply.status == _UNAVAILABLE_STATUS and reply.retry_after_s is not None
    ):
        raise Throttled(f"HTTP status {reply.status}", retry_after_s=reply.retry_after_s)
    if reply.status in _LIMITED and json_rpc.asks_for_patience(
        reply.body[:_WORDS].decode("utf-8", "replace")
    ):
        raise Throttled(f"HTTP status {reply.status}, and words about a limit")
    if reply.status in _DENIED:
        raise Incapable(f"HTTP status {reply.status}", reason=UnresolvedReason.UNREACHABLE)
    if reply.status == _TOO_LARGE_STATUS:
        raise TooLarge(f"HTTP status {reply.status}")


def bad_status(reply: Reply) -> ProviderError:
    """Return the error for a status that is not 200 and a body that says nothing useful."""
    if reply.status in _TIMEOUT_STATUS:
        return TimedOut(f"HTTP status {reply.status}")
    if reply.status in _REFUSED:
        return Incapable(f"HTTP status {reply.status}", reason=UnresolvedReason.NO_METHOD)
    return TransportFailure(f"HTTP status {reply.status}")
