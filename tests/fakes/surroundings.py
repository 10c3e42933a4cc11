"""A clock that only moves when somebody sleeps."""

from __future__ import annotations

import asyncio

from chains.transport.endpoint import Surroundings


class FakeTime:
    """Sleeping takes no time, but is remembered, and moves the clock."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def surroundings(self) -> Surroundings:
        """Chance always picks the longest wait."""
        return Surroundings(clock=self.clock, sleep=self.sleep, jitter=lambda _, most: most)
