"""One provider: its controls, its health, and the only place where a call is tried again.

What is asked, and over which protocol, is for the subclasses: `endpoint` (JSON-RPC over HTTP),
`rest` (GET over HTTP), and what families add of their own.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from chains.errors import (
    CallReverted,
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
from chains.transport.controls import Rate, Window
from chains.transport.health import Counters, EndpointHealth, Latency
from chains.transport.labels import hidden
from chains.transport.quarantine import Quarantine

if TYPE_CHECKING:
    from chains.transport.settings import TransportSettings

T = TypeVar("T")
Failure = TypeVar("Failure", bound=ChainsError)

_TIMEOUT_TRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Clock, sleep and chance: handed in, so that tests need none of them."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[float, float], float] = random.uniform
    wall: Callable[[], float] = time.time
    """Seconds since 1970, UTC: how old a block is."""


class Provider:
    """One server. `label` is all that is ever shown of its URL."""

    def __init__(self, label: str, settings: TransportSettings, surroundings: Surroundings) -> None:
        """Prepare; nothing is opened or sent."""
        self.label = label
        self.secrets: tuple[str, ...] = ()
        """What of its URL a server may repeat in an answer; it is hidden in every error."""
        self.counters = Counters()
        self.rate = Rate(
            settings.requests_per_s, clock=surroundings.clock, sleep=surroundings.sleep
        )
        self.window = Window(start=settings.concurrency, maximum=settings.most_concurrency)
        self.latency = Latency()
        """Of single exchanges, without what they waited for before they were sent."""
        self._settings = settings
        self._surroundings = surroundings
        self._quarantine = Quarantine(
            strikes=settings.strikes, cool_off_s=settings.cool_off_s, clock=surroundings.clock
        )
        self._deadline = (
            None if settings.deadline_s is None else surroundings.clock() + settings.deadline_s
        )

    @property
    def out(self) -> ProviderError | None:
        """Why this provider is not to be asked, for good or for a while; None while it may be."""
        return self._quarantine.why

    def leave(self, error: ProviderError) -> None:
        """Do not ask this provider again in this run, because of `error`."""
        self._quarantine.leave(error)

    def health(self) -> EndpointHealth:
        """Return what there is to be said of this provider now."""
        counters, why = self.counters, self._quarantine.reason
        return EndpointHealth(
            label=self.label,
            standing=self._quarantine.standing,
            why="" if why is None else str(why),
            requests=counters.http_requests or counters.rpc_requests,
            calls=counters.rpc_requests,
            retries=counters.retries,
            hedged=counters.hedged,
            throttled=counters.throttled,
            failures=tuple(sorted(counters.by_class.items())),
            p50_s=self.latency.percentile(50),
            p95_s=self.latency.percentile(95),
            bytes_sent=counters.bytes_sent,
            bytes_received=counters.bytes_received,
        )

    def hide(self, error: Failure) -> Failure:
        """Return `error`, whose text no longer repeats anything of the URL."""
        error.args = (hidden(str(error), self.secrets),)
        return error

    async def persist(
        self, exchange: Callable[[float], Awaitable[T]], *, requests: int, journal: list[str]
    ) -> T:
        """Return what `exchange` returns, which is handed the seconds it may take.

        Bad connections, bad answers and throttles are tried again, with growing random waits; the
        last error is raised. Each failed try adds one line to `journal`. `requests` is what the
        exchange costs in the provider's rate.
        """
        retrying = AsyncRetrying(
            sleep=self._surroundings.sleep,
            wait=self._wait,
            stop=self._is_enough,
            retry=retry_if_exception_type((TransportFailure, MalformedAnswer, Throttled)),
            before_sleep=self._count_retry,
            reraise=True,
        )
        is_trial = self._quarantine.begin()
        try:
            values: T = await retrying(self._try, exchange, requests=requests, journal=journal)
        except (TransportFailure, MalformedAnswer, Throttled) as error:
            self._quarantine.failed(error, is_trial=is_trial)
            raise
        except (Incapable, TooLarge, CallReverted):
            self._quarantine.answered()  # it said no, but it said it
            raise
        finally:
            if is_trial:
                self._quarantine.end_trial()
        self._quarantine.answered()
        return values

    async def _try(
        self, exchange: Callable[[float], Awaitable[T]], *, requests: int, journal: list[str]
    ) -> T:
        """Ask once, within rate, window and deadline."""
        try:
            await self.rate.take(requests)
            async with self.window:
                values = await self._timed(exchange)
        except ProviderError as error:
            self._record(error, journal)
            raise
        self.window.widen()
        return values

    async def _timed(self, exchange: Callable[[float], Awaitable[T]]) -> T:
        """Ask, and note how long it took; what was given up took at least so long."""
        time_left, began = self._time_left(), self._surroundings.clock()
        try:
            values = await exchange(time_left)
        except (TimedOut, asyncio.CancelledError):
            self.latency.add(self._surroundings.clock() - began)
            raise
        self.latency.add(self._surroundings.clock() - began)
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
        self.hide(error)
        error.source = error.source or self.label
        journal.append(f"{self.label}: {error}")
        self.counters.failures += 1
        self.counters.by_class[type(error).__name__] += 1
        if isinstance(error, Throttled):
            self.counters.throttled += 1
            self.window.narrow()
            if error.retry_after_s is not None:
                self.rate.pause(min(error.retry_after_s, self._settings.longest_wait_s))
        elif isinstance(error, TimedOut):
            self.window.narrow()

    def _count_retry(self, _: RetryCallState) -> None:
        self.counters.retries += 1

    def _wait(self, state: RetryCallState) -> float:
        """Full jitter; a provider's own figure is waited for by the rate control instead.

        Its "now" is not taken at its word: a date that lies in the past by our clock, and tries
        without any wait would be used up at once.
        """
        error = _raised(state)
        if isinstance(error, Throttled) and error.retry_after_s:
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
