from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack
from typing import Self

import pytest

from chains.adapter import (
    BalanceReader,
    ForeseeingReader,
    HoldingForm,
    Reading,
    SnapshotPoint,
    Unresolved,
)
from chains.errors import UnresolvedReason
from chains.registry import Network
from crawler.plan import BalanceQuery
from crawler.several import SharedReaders
from tests.unit.chains.utxo.networks import COIN, REGTEST

POINT = SnapshotPoint("regtest", 5, "ab" * 32, None)
WHY = Unresolved(UnresolvedReason.NO_ENDPOINT, "none")


class Plain:
    """A reader that is asked account by account."""

    def __init__(self) -> None:
        self.happened: list[str] = []

    async def __aenter__(self) -> Self:
        self.happened.append("enter")
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.happened.append("leave")

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        self.happened.append(f"pin {height}")
        return POINT

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        assert point == POINT
        return WHY

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        yield [(account, WHY) for account in addresses]


class Foreseeing(Plain):
    """A reader that answers all in one pass."""

    def expect(self, addresses: Iterable[bytes]) -> None:
        self.happened.append(f"expect {b' '.join(addresses).decode()}")


def query(*addresses: bytes, stake: bool = False) -> BalanceQuery:
    return BalanceQuery(REGTEST.name, COIN, 5, list(addresses), stake)


async def test_a_reader_of_one_pass_is_entered_once_and_left_at_the_end() -> None:
    made: list[Foreseeing] = []

    def make(_network: Network) -> BalanceReader:
        made.append(Foreseeing())
        return made[-1]

    shared = SharedReaders(make)
    for accounts in ((b"a", b"b"), (b"c",)):
        shared.expect([query(*accounts), query(b"key", stake=True)], {REGTEST.name: REGTEST})
    async with shared:
        for _ in range(2):
            reader = shared(REGTEST)
            assert not isinstance(reader, Unresolved)
            assert isinstance(reader, ForeseeingReader)
            async with reader:
                assert await reader.pin(5) == POINT
                assert await reader.check_form(COIN, POINT) == WHY
                found = [one async for one in reader.balances(COIN, POINT, [b"a"])]
                assert found == [[(b"a", WHY)]]
        assert "leave" not in made[0].happened
    (only,) = made
    assert only.happened == ["expect a b", "expect c", "enter", "pin 5", "pin 5", "leave"]


async def test_other_readers_are_made_anew_for_every_list() -> None:
    shared = SharedReaders(lambda _network: Plain())
    shared.expect([query(b"a")], {REGTEST.name: REGTEST})
    async with shared:
        one, other = shared(REGTEST), shared(REGTEST)
    assert isinstance(one, Plain)
    assert one is not other
    assert one.happened == []


async def test_why_there_is_no_reader_is_passed_on() -> None:
    async with SharedReaders(lambda _network: WHY) as shared:
        assert shared(REGTEST) == WHY


async def test_a_reader_is_left_when_a_list_fails() -> None:
    inner = Foreseeing()
    async with AsyncExitStack() as stack:
        shared = await stack.enter_async_context(SharedReaders(lambda _network: inner))
        reader = shared(REGTEST)
        assert not isinstance(reader, Unresolved)
        with pytest.raises(ZeroDivisionError):
            async with reader:
                raise ZeroDivisionError
    assert inner.happened == ["enter", "leave"]
