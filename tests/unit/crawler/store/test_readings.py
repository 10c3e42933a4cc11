from __future__ import annotations

import asyncio
import dataclasses

import pytest

from chains.adapter import Assurance, Observed
from crawler.store.database import open_database
from crawler.store.readings import StoredReadings
from tests.unit.crawler.samples import ETH, POINT, USDT

OTHER_BLOCK = dataclasses.replace(POINT, block_hash="0x" + "cd" * 32)
HUGE = 2**256 - 1


def reading(amount: int) -> Observed:
    return Observed(amount, POINT, Assurance.QUORUM, ("a", "b"))


async def test_what_is_kept_comes_back_exactly(location: str) -> None:
    batch = [(bytes([n]) * 20, reading(HUGE - n)) for n in range(5)]
    async with open_database(location) as engine:
        await StoredReadings(engine).save(ETH, POINT, batch)
    async with open_database(location) as engine:
        stored = StoredReadings(engine)
        assert await stored.fetch(ETH, POINT, [a for a, _ in batch[1:]]) == dict(batch[1:])
        assert await stored.points() == [POINT]


async def test_a_reading_is_of_one_form_at_one_block(location: str) -> None:
    async with open_database(location) as engine:
        stored = StoredReadings(engine)
        await stored.save(ETH, POINT, [(b"\1" * 20, reading(7))])
        assert await stored.fetch(USDT, POINT, [b"\1" * 20]) == {}
        assert await stored.fetch(ETH, OTHER_BLOCK, [b"\1" * 20]) == {}


async def test_a_reading_never_changes(location: str) -> None:
    async with open_database(location) as engine:
        stored = StoredReadings(engine)
        await stored.save(ETH, POINT, [(b"\1" * 20, reading(7))])
        await stored.save(ETH, POINT, [(b"\1" * 20, reading(8)), (b"\2" * 20, reading(9))])
        found = await stored.fetch(ETH, POINT, [b"\1" * 20, b"\2" * 20])
    assert {account[0]: one.amount for account, one in found.items()} == {1: 7, 2: 9}


@pytest.mark.parametrize("rows", [0, 1, 2500])
async def test_any_number_of_rows(location: str, rows: int) -> None:
    batch = [(n.to_bytes(20), reading(n)) for n in range(rows)]
    async with open_database(location) as engine:
        stored = StoredReadings(engine)
        await stored.save(ETH, POINT, batch)
        assert await stored.fetch(ETH, POINT, [a for a, _ in batch]) == dict(batch)


async def test_two_that_keep_the_same_readings_at_once_never_wait_for_each_other(
    location: str,
) -> None:
    batch = [(n.to_bytes(20), reading(n)) for n in range(4_000)]
    async with open_database(location) as engine, open_database(location) as other:
        for number in range(5):
            point = dataclasses.replace(POINT, block_hash=f"0x{number:064x}")
            first = [(b"\xff" * 20, reading(1))]
            await StoredReadings(engine).save(ETH, point, first)
            await asyncio.gather(
                StoredReadings(engine).save(ETH, point, batch),
                StoredReadings(other).save(ETH, point, batch[::-1]),
            )
            found = await StoredReadings(engine).fetch(ETH, point, [a for a, _ in batch])
            assert len(found) == len(batch)


async def test_the_nearest_other_block_is_the_one_that_is_recalled(location: str) -> None:
    one, two = b"\1" * 20, b"\2" * 20
    async with open_database(location) as engine:
        stored = StoredReadings(engine)
        for height, accounts in ((90, [one, two]), (97, [one]), (100, [one, two]), (104, [one])):
            point = dataclasses.replace(POINT, height=height, block_hash=f"0x{height:064x}")
            await stored.save(ETH, point, [(account, reading(height)) for account in accounts])
        elsewhere = dataclasses.replace(POINT, network="base", height=101)
        await stored.save(ETH, elsewhere, [(one, reading(1))])
        found = await stored.nearest(ETH, 100, [one, two, b"\3" * 20])
        assert {account: one.point.height for account, one in found.items()} == {one: 97, two: 90}
        assert await stored.nearest(USDT, 100, [one]) == {}


async def test_whether_a_form_was_read_at_a_block(location: str) -> None:
    async with open_database(location) as engine:
        stored = StoredReadings(engine)
        await stored.save(ETH, POINT, [(b"\1" * 20, reading(7))])
        assert await stored.has(ETH, POINT)
        assert not await stored.has(USDT, POINT)
        assert not await stored.has(ETH, OTHER_BLOCK)
