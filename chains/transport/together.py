"""Several things at once, of which nothing goes on behind the caller's back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Iterator, Sequence
    from typing import Any

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")


async def together(*asked: Coroutine[object, object, T]) -> list[T]:
    """Return what each of `asked` returns, in order; they run at the same time.

    When one raises, or the caller is cancelled, the others are cancelled and waited for before the
    exception goes on. `asyncio.gather` alone leaves them running: they would ask on, and connect
    anew, after their server was closed.
    """
    tasks = [asyncio.create_task(one) for one in asked]
    try:
        return await asyncio.gather(*tasks)
    finally:
        await _end(tasks)


async def both(
    one: Coroutine[object, object, A], other: Coroutine[object, object, B]
) -> tuple[A, B]:
    """Return what two things of different kinds return; otherwise as `together`."""
    first, second = asyncio.create_task(one), asyncio.create_task(other)
    try:
        await asyncio.gather(first, second)
        return first.result(), second.result()
    finally:
        await _end([first, second])


async def as_ready(
    asked: Iterator[Coroutine[object, object, T]], width: int
) -> AsyncGenerator[T, None]:
    """Yield what each of `asked` returns, as it comes; at most `width` run at the same time.

    The next ones are started when those before are done. When one raises, or the caller stops, the
    others are cancelled and waited for: close the generator (`contextlib.aclosing`) to stop early.
    """
    pending: set[asyncio.Task[T]] = set()
    try:
        while True:
            while len(pending) < width and (one := next(asked, None)) is not None:
                pending.add(asyncio.create_task(one))
            if not pending:
                return
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        await _end(list(pending))


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
