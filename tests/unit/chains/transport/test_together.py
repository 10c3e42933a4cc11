from __future__ import annotations

import asyncio

import pytest

from chains.transport.together import both, together


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
