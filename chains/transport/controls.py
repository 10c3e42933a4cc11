"""Three separate controls for one endpoint: how often, how many at once, how much at a time.

They answer to different complaints and are never mixed: "too many requests" slows the rate and
narrows the window but leaves the chunk size alone; "out of gas" shrinks the chunk and nothing else.
Clock and sleep are handed in, so that tests need not wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CHUNK_SUCCESSES = 10
"""After so many successes in a row at its limit, a chunk size grows by a tenth."""


class Rate:
    """A token bucket, with pauses that the provider itself asks for (Retry-After)."""

    def __init__(
        self,
        per_s: float | None,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Allow `per_s` requests a second, in bursts of as many; None means no limit."""
        self._per_s = per_s
        self._clock = clock
        self._sleep = sleep
        self._capacity = max(1.0, per_s) if per_s is not None else 0.0
        self._tokens = self._capacity
        self._filled_at = clock()
        self._paused_until = self._filled_at
        self._turn = asyncio.Lock()

    @property
    def paused_for_s(self) -> float:
        """How long the endpoint still wants to be left alone, in seconds; 0 if it does not."""
        return max(0.0, self._paused_until - self._clock())

    def pause(self, seconds: float) -> None:
        """Send nothing for `seconds` from now; a longer pause that is under way stays."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    async def take(self, requests: int) -> None:
        """Return when `requests` more may be sent; first come, first served.

        More requests at once than the bucket holds are let through when it is full, and leave a
        debt behind that the next ones wait for.
        """
        async with self._turn:
            while (pause := self.paused_for_s) > 0:
                await self._sleep(pause)
            if self._per_s is None:
                return
            lacking = min(requests, self._capacity) - self._refilled()
            if lacking > 0:
                # Once: a rest that is too small to move the clock would never be slept off.
                await self._sleep(lacking / self._per_s)
                self._refilled()
            self._tokens -= requests

    def _refilled(self) -> float:
        now = self._clock()
        gained = (now - self._filled_at) * (self._per_s or 0.0)
        self._tokens = min(self._capacity, self._tokens + gained)
        self._filled_at = now
        return self._tokens


class Window:
    """How many calls may be under way at once: grows by one per round trip, halves on trouble."""

    def __init__(self, *, start: int, maximum: int) -> None:
        """Begin with `start` calls at once and never allow more than `maximum`."""
        self._limit = float(min(start, maximum))
        self._maximum = maximum
        self._waiting: deque[asyncio.Future[None]] = deque()
        self.under_way = 0

    @property
    def limit(self) -> int:
        """Return how many calls may be under way now; at least 1."""
        return int(self._limit)

    async def __aenter__(self) -> None:
        """Wait for a free slot and take it."""
        while self.under_way >= self.limit:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                else:
                    self._wake()  # the turn was ours already: pass it on
                raise
        self.under_way += 1

    async def __aexit__(self, *_: object) -> None:
        """Give the slot back."""
        self.under_way -= 1
        self._wake()

    def widen(self) -> None:
        """Note a success: one more slot after a whole window of them."""
        self._limit = min(float(self._maximum), self._limit + 1 / self._limit)
        self._wake()

    def narrow(self) -> None:
        """Note a throttle or a time-out: half the slots, at least one."""
        self._limit = max(1.0, self._limit / 2)

    def _wake(self) -> None:
        free = self.limit - self.under_way
        while free > 0 and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1


class ChunkSize:
    """How many items go into one request: falls when a node says "too large", creeps up again."""

    def __init__(self, *, start: int, maximum: int) -> None:
        """Begin with `start` items and never ask for more than `maximum`."""
        self.limit = min(start, maximum)
        self._maximum = maximum
        self._successes = 0

    def shrink(self, to: int) -> None:
        """Ask for at most `to` items from now on (at least one)."""
        self.limit = max(1, min(self.limit, to))
        self._successes = 0

    def succeeded(self, items: int) -> None:
        """Note that `items` were answered at once."""
        if items < self.limit:
            return
        self._successes += 1
        if self._successes >= CHUNK_SUCCESSES:
            self.limit = min(self._maximum, self.limit + max(1, self.limit // 10))
            self._successes = 0
