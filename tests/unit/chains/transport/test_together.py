from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from chains.transport.together import as_ready, both, together


async def test_answers_come_in_order() -> None:
    async def answer(number: int) -> int:
        for _ in range(5 - number):
            await asyncio.sleep(0)
        return number

    assert await together(*(answer(number) for number in range(5))) == [0, 1, 2, 3, 4]
    assert await together() == []


async def test_nothing_goes_on_after_a_failure() -> None:
    ended: list[str] = []

    async def patient() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)  # closing takes its time, too
            ended.append("patient")

    async def failing() -> None:
        await asyncio.sleep(0)
        raise OSError("cut")

    with pytest.raises(OSError, match="cut"):
        await together(patient(), failing(), patient())
    assert ended == ["patient", "patient"]


async def test_nothing_goes_on_after_the_caller_was_cancelled() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def patient() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    caller = asyncio.create_task(together(patient()))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert ended.is_set()


async def test_two_of_different_kinds() -> None:
    async def number() -> int:
        return 1

    async def text() -> str:
        await asyncio.sleep(0)
        return "a"

    assert await both(number(), text()) == (1, "a")


async def test_a_few_at_a_time_as_they_come() -> None:
    running = most = 0

    async def answer(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(1 + number % 3):
            await asyncio.sleep(0)
        running -= 1
        return number

    found = [value async for value in as_ready((answer(number) for number in range(10)), 3)]
    assert sorted(found) == list(range(10))
    assert most == 3
    assert not [value async for value in as_ready((answer(number) for number in range(0)), 3)]


async def test_stopping_early_ends_what_runs() -> None:
    ended: list[int] = []

    async def answer(number: int) -> int:
        try:
            if number:
                await asyncio.Event().wait()
        finally:
            ended.append(number)
        return number

    async with aclosing(as_ready((answer(number) for number in range(9)), 3)) as answers:
        async for value in answers:
            assert value == 0
            break
    assert sorted(ended) == [0, 1, 2]
