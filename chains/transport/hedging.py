"""Ask a second endpoint when the first is slow: the first good answer counts, the other is dropped.

Only questions that change nothing are asked twice, and only a small share of them: a network that
is slow as a whole must not be asked twice as much. When a call is slow is for the caller to say;
`Hedging` keeps the share.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from chains.transport.health import Latency

T = TypeVar("T")

ENOUGH_CALLS = 8
"""Durations that must be known before any call counts as slow."""

SLOW_PERCENT = 95
_MOST_SAVED = 4
"""Hedges that a long quiet time saves up."""


class Hedging:
    """How many questions may be asked twice, and after how long."""

    def __init__(self, *, one_in: int, least_s: float) -> None:
        """Ask at most one in `one_in` questions twice (0: none), and none before `least_s`."""
        self._one_in = one_in
        self._least_s = least_s
        self._saved = one_in

    def after_s(self, latency: Latency) -> float | None:
        """Return after how many seconds a question is slow, from the ones before it.

        None when nothing can be said yet, or nothing is ever asked twice. Counts the question.
        """
        if not self._one_in:
            return None
        self._saved = min(self._saved + 1, _MOST_SAVED * self._one_in)
        slow = latency.percentile(SLOW_PERCENT)
        if slow is None or len(latency) < ENOUGH_CALLS:
            return None
        return max(slow, self._least_s)

    def spend(self) -> bool:
        """Return whether one more question may be asked twice, and count it."""
        if self._saved < self._one_in:
            return False
        self._saved -= self._one_in
        return True


async def first_good(
    first: Coroutine[None, None, T],
    other: Callable[[], Coroutine[None, None, T] | None],
    *,
    after_s: float | None,
    is_good: Callable[[T], bool],
) -> list[T]:
    """Return the answers that came in, in their order; only the last may be good.

    `other` is asked for a second question once `first` has taken `after_s` (None: never); it may
    have none. Whichever gives a good answer first ends both: the one still under way is cancelled,
    and is over when this returns.
    """
    tasks = [asyncio.create_task(first)]
    answers: list[T] = []
    try:
        if after_s is not None:
            done, _ = await asyncio.wait(tasks, timeout=after_s)
            if not done and (second := other()) is not None:
                tasks.append(asyncio.create_task(second))
        pending = set(tasks)
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in sorted(done, key=tasks.index):
                answers.append(task.result())
                if is_good(answers[-1]):
                    return answers
        return answers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
