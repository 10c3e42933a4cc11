from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from itertools import count

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from chains.adapter import HoldingForm, Observed, Reading, SnapshotPoint, Unresolved
from chains.errors import UnresolvedReason
from crawler.store.database import StoreError, open_database
from crawler.store.reader import StoredReader
from crawler.store.readings import StoredReadings
from tests.unit.crawler.samples import ETH, POINT, observed
from tests.unit.crawler.test_readings import ScriptedReader

ACCOUNTS = [n.to_bytes(20) for n in range(1, 6)]


class Counting(ScriptedReader):
    """Answers with the account's number, but not for `silent` accounts."""

    def __init__(self, silent: frozenset[bytes] = frozenset()) -> None:
        super().__init__()
        self.asked: list[bytes] = []
        self.silent = silent

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        self.asked.extend(addresses)
        gone = Unresolved(UnresolvedReason.UNREACHABLE, "gone")
        for account in addresses:
            answer = gone if account in self.silent else observed(int.from_bytes(account))
            yield [(account, answer)]


async def read(location: str, network: Counting) -> dict[bytes, Reading]:
    async with open_database(location) as engine:
        reader = StoredReader(network, StoredReadings(engine))
        batches = [batch async for batch in reader.balances(ETH, POINT, ACCOUNTS)]
    answers = [answer for batch in batches for answer in batch]
    assert sorted(account for account, _ in answers) == ACCOUNTS
    return dict(answers)


async def test_no_reading_is_fetched_twice(location: str) -> None:
    first, second = Counting(), Counting()
    assert await read(location, first) == await read(location, second)
    assert (first.asked, second.asked) == (ACCOUNTS, [])


async def test_what_was_unresolved_is_asked_again(location: str) -> None:
    first, second = Counting(frozenset(ACCOUNTS[:2])), Counting()
    found = await read(location, first)
    assert isinstance(found[ACCOUNTS[0]], Unresolved)
    again = await read(location, second)
    assert second.asked == ACCOUNTS[:2]
    assert again[ACCOUNTS[0]] == observed(1)


class Distrusting(Counting):
    """A reader that stops believing its only endpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: frozenset[str] = frozenset()

    async def recheck(self, point: SnapshotPoint) -> Unresolved | None:
        return Unresolved(UnresolvedReason.NOT_FINAL, "replaced")

    def distrusted(self) -> frozenset[str]:
        return self.wrong

    def notes(self) -> Sequence[str]:
        return ["a note"]


async def test_readings_of_a_distrusted_endpoint_are_forgotten(location: str) -> None:
    network = Distrusting()
    await read(location, network)
    network.wrong = frozenset({"somebody else"})
    await read(location, network)
    assert network.asked == ACCOUNTS
    network.wrong = frozenset(observed(1).sources)
    await read(location, network)
    assert network.asked == ACCOUNTS * 2


async def test_too_few_sources_do_not_count(location: str) -> None:
    first, second = Counting(), Counting()
    await read(location, first)
    async with open_database(location) as engine:
        reader = StoredReader(second, StoredReadings(engine), sources=2)
        batches = [batch async for batch in reader.balances(ETH, POINT, ACCOUNTS)]
    assert len(batches) > 0
    assert second.asked == ACCOUNTS


async def test_end_of_the_run_is_the_networks_business(location: str) -> None:
    async with open_database(location) as engine:
        asked = StoredReader(Distrusting(), StoredReadings(engine))
        told = await asked.recheck(POINT)
        assert isinstance(told, Unresolved)
        assert list(asked.notes()) == ["a note"]
        plain = StoredReader(Counting(), StoredReadings(engine))
        assert await plain.recheck(POINT) is None
        assert (plain.distrusted(), list(plain.notes())) == (frozenset(), [])


class Failing(StoredReadings):
    """A store whose disk is full after `good` batches."""

    def __init__(self, engine: AsyncEngine, good: int) -> None:
        super().__init__(engine)
        self.good = good
        self.refused = 0

    async def save(
        self, form: HoldingForm, point: SnapshotPoint, batch: Sequence[tuple[bytes, Observed]]
    ) -> None:
        if self.good == 0:
            self.refused += 1
            raise StoreError("the disk is full")
        self.good -= 1
        await super().save(form, point, batch)


async def test_a_store_that_fails_ends_the_reading(location: str) -> None:
    async with open_database(location) as engine:
        reader = StoredReader(Counting(), Failing(engine, 0), clock=count().__next__)
        with pytest.raises(StoreError, match="full"):
            [batch async for batch in reader.balances(ETH, POINT, ACCOUNTS)]


async def test_a_store_that_may_fail_is_given_up_and_said_once(location: str) -> None:
    network, told = Counting(), list[str]()

    def give_up(error: StoreError) -> None:
        told.append(str(error))

    async with open_database(location) as engine:
        failing = Failing(engine, 2)
        reader = StoredReader(network, failing, clock=count().__next__, give_up=give_up)
        batches = [batch async for batch in reader.balances(ETH, POINT, ACCOUNTS)]
        assert [account for batch in batches for account, _ in batch] == ACCOUNTS
        assert (told, failing.refused) == (["the disk is full"], 1)
        # What was kept before that is still good.
        assert list(await failing.fetch(ETH, POINT, ACCOUNTS)) == ACCOUNTS[:2]


class Pruned(Counting):
    """Has states of its newest block only, where the form is `problem`."""

    newest: int | Unresolved = 500
    problem: Unresolved | None = None

    async def height_at(self, moment: datetime) -> int | Unresolved:
        raise NotImplementedError

    async def latest(self) -> int | Unresolved:
        return self.newest

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        return dataclasses.replace(POINT, height=height, block_hash=f"0x{height:064x}")

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        if point.height == self.newest:
            return self.problem
        return Unresolved(UnresolvedReason.NO_STATE, "pruned")


async def test_a_form_whose_state_is_gone_is_checked_at_the_newest_block_if_it_was_read(
    location: str,
) -> None:
    network = Pruned()
    async with open_database(location) as engine:
        asked = StoredReader(network, StoredReadings(engine))
        unread = await asked.check_form(ETH, POINT)
        assert isinstance(unread, Unresolved)
        assert unread.reason is UnresolvedReason.NO_STATE
        assert [batch async for batch in asked.balances(ETH, POINT, ACCOUNTS)]
        assert await asked.check_form(ETH, POINT) is None
        network.problem = Unresolved(UnresolvedReason.REGISTRY, "symbol() differs")
        assert await asked.check_form(ETH, POINT) == network.problem
        network.newest = Unresolved(UnresolvedReason.UNREACHABLE, "gone")
        assert await asked.check_form(ETH, POINT) == network.newest


async def test_readings_of_other_blocks_are_recalled_save_from_distrusted_endpoints(
    location: str,
) -> None:
    await read(location, Counting())
    network = Distrusting()
    async with open_database(location) as engine:
        asked = StoredReader(network, StoredReadings(engine))
        found = await asked.remembered(ETH, 105, [*ACCOUNTS, b"\0" * 20])
        assert {account: one.point for account, one in found.items()} == dict.fromkeys(
            ACCOUNTS, POINT
        )
        network.wrong = frozenset(observed(1).sources)
        assert await asked.remembered(ETH, 105, ACCOUNTS) == {}
