"""A clock that only moves when somebody sleeps."""

from __future__ import annotations

import asyncio

from chains.transport.endpoint import Surroundings


class FakeTime:
    """Sleeping takes no time, but is remembered, and moves the clock."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []
        self.wall = 1_800_000_000.0
        """Seconds since 1970; in January 2027, after every block of the tests."""

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def surroundings(self) -> Surroundings:
        """Chance always picks the longest wait."""
        return Surroundings(
            clock=self.clock,
            sleep=self.sleep,
            jitter=lambda _, most: most,
            wall=lambda: self.wall,
        )
