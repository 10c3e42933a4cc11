"""One provider: its controls, its health, and the only place where a call is tried again."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from chains.errors import (
    ChainsError,
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
from chains.transport.controls import Rate, Window
from chains.transport.http import HttpClient, Reply
from chains.transport.json_rpc import RpcError, RpcRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.transport.settings import TransportSettings

Classify = Callable[[RpcError], ChainsError]
"""Turns a node's own error into one of `chains.errors`; each family brings its own."""

_TIMEOUT_TRIES = 2
_DENIED = frozenset({401, 402, 403, 404, 405, 410})
_REFUSED = frozenset({400, 406, 411, 415, 422, 501})
_TOO_LARGE_STATUS = 413
_TIMEOUT_STATUS = frozenset({408, 504, 524})
_THROTTLED_STATUS = 429
_UNAVAILABLE_STATUS = 503
_OK_STATUS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Clock, sleep and chance: handed in, so that tests need none of them."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[float, float], float] = random.uniform
    wall: Callable[[], float] = time.time
    """Seconds since 1970, UTC: how old a block is."""


@dataclass(slots=True)
class Counters:
    """What has passed through an endpoint so far."""

    http_requests: int = 0
    rpc_requests: int = 0
    failures: int = 0
    throttled: int = 0


class Endpoint:
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
        self.label = label
        self.counters = Counters()
        self.rate = Rate(
            settings.requests_per_s, clock=surroundings.clock, sleep=surroundings.sleep
        )
        self.window = Window(start=settings.concurrency, maximum=settings.most_concurrency)
        self.out: ProviderError | None = None
        """Why this endpoint is not asked any more in this run; None while it is."""
        self._http = HttpClient(url, settings)
        self._settings = settings
        self._classify = classify
        self._surroundings = surroundings
        self._strikes = 0
        self._ids = itertools.count(1)
        self._deadline = (
            None if settings.deadline_s is None else surroundings.clock() + settings.deadline_s
        )

    async def open(self) -> None:
        """Make the HTTP session."""
        await self._http.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self._http.close()

    def leave(self, error: ProviderError) -> None:
        """Do not ask this endpoint again in this run, because of `error`."""
        if self.out is None:
            self.out = error

    async def one(
        self, method: str, params: Sequence[object] = (), *, journal: list[str]
    ) -> object:
        """Return the result of one request; raises the node's own error, classified.

        Raises ProviderError and what `classify` returns. Failed tries are written to `journal`.
        """
        (value,) = await self.call([RpcRequest(method, params)], batch=False, journal=journal)
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
        retrying = AsyncRetrying(
            sleep=self._surroundings.sleep,
            wait=self._wait,
            stop=self._is_enough,
            retry=retry_if_exception_type((TransportFailure, MalformedAnswer, Throttled)),
            reraise=True,
        )
        try:
            values: list[object] = await retrying(self._try, requests, batch=batch, journal=journal)
        except (TransportFailure, MalformedAnswer, Throttled) as error:
            self._strikes += 1
            if self._strikes >= self._settings.strikes:
                self.leave(error)
            raise
        self._strikes = 0
        return values

    async def _try(
        self, requests: Sequence[RpcRequest], *, batch: bool, journal: list[str]
    ) -> list[object]:
        """Ask once, within rate, window and deadline."""
        try:
            await self.rate.take(len(requests))
            async with self.window:
                values = await self._exchange(requests, batch=batch)
        except ProviderError as error:
            self._record(error, journal)
            raise
        self.window.widen()
        return values

    async def _exchange(self, requests: Sequence[RpcRequest], *, batch: bool) -> list[object]:
        ids = [next(self._ids) for _ in requests]
        body = json_rpc.encode(requests, ids, batch=batch)
        timeout_s = self._time_left()
        self.counters.http_requests += 1
        self.counters.rpc_requests += len(requests)
        reply = await self._http.post(body, timeout_s=timeout_s)
        _refuse_status(reply)
        try:
            answers = json_rpc.decode(reply.body, ids, batch=batch)
        except ProviderError as error:
            if reply.status != _OK_STATUS:
                raise _bad_status(reply) from error
            raise
        if isinstance(answers, RpcError):
            raise self._classify(answers)
        values = [
            self._classify(answer) if isinstance(answer, RpcError) else answer for answer in answers
        ]
        for value in values:
            if isinstance(value, Throttled):
                raise value
        return values

    def _time_left(self) -> float:
        """Return the seconds this call may take; raises when the run's deadline has passed."""
        if self._deadline is None:
            return self._settings.call_timeout_s
        left = self._deadline - self._surroundings.clock()
        if left <= 0:
            raise ProviderError(
                "the deadline of the run has passed", reason=UnresolvedReason.DEADLINE
            )
        return min(left, self._settings.call_timeout_s)

    def _record(self, error: ProviderError, journal: list[str]) -> None:
        """Write down a failure, and let the controls react: only to what is their business."""
        error.source = error.source or self.label
        journal.append(f"{self.label}: {error}")
        self.counters.failures += 1
        if isinstance(error, Throttled):
            self.counters.throttled += 1
            self.window.narrow()
            if error.retry_after_s is not None:
                self.rate.pause(min(error.retry_after_s, self._settings.longest_wait_s))
        elif isinstance(error, TimedOut):
            self.window.narrow()

    def _wait(self, state: RetryCallState) -> float:
        """Full jitter; a provider's own figure is waited for by the rate control instead."""
        error = _raised(state)
        if isinstance(error, Throttled) and error.retry_after_s is not None:
            return 0.0
        bound = self._settings.first_wait_s * 2 ** (state.attempt_number - 1)
        return self._surroundings.jitter(0.0, min(bound, self._settings.longest_wait_s))

    def _is_enough(self, state: RetryCallState) -> bool:
        """Return whether a failed try was the last one."""
        error = _raised(state)
        if isinstance(error, Throttled):
            too_long = (error.retry_after_s or 0.0) > self._settings.longest_wait_s
            return too_long or state.attempt_number >= self._settings.throttle_tries
        limit = self._settings.tries
        if isinstance(error, TimedOut):
            limit = min(limit, _TIMEOUT_TRIES)
        return state.attempt_number >= limit


def _raised(state: RetryCallState) -> BaseException | None:
    return None if state.outcome is None else state.outcome.exception()


def _refuse_status(reply: Reply) -> None:
    """Raise for the statuses that speak for themselves, whatever the body says."""
    if reply.status == _THROTTLED_STATUS or (
        reply.status == _UNAVAILABLE_STATUS and reply.retry_after_s is not None
    ):
        raise Throttled(f"HTTP status {reply.status}", retry_after_s=reply.retry_after_s)
    if reply.status in _DENIED:
        raise Incapable(f"HTTP status {reply.status}", reason=UnresolvedReason.UNREACHABLE)
    if reply.status == _TOO_LARGE_STATUS:
        raise TooLarge(f"HTTP status {reply.status}")


def _bad_status(reply: Reply) -> ProviderError:
    """Return the error for a status that is not 200 and a body that is no JSON-RPC."""
    if reply.status in _TIMEOUT_STATUS:
        return TimedOut(f"HTTP status {reply.status}")
    if reply.status in _REFUSED:
        return Incapable(f"HTTP status {reply.status}", reason=UnresolvedReason.NO_METHOD)
    return TransportFailure(f"HTTP status {reply.status}")
