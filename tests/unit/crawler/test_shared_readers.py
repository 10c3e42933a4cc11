from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Self

import pytest

from chains.adapter import (
    BalanceReader,
    HoldingForm,
    Reading,
    SnapshotPoint,
    Unresolved,
)
from chains.errors import UnresolvedReason
from chains.registry import Network
from crawler.plan import BalanceQuery
from crawler.shared_readers import SharedReaders
from tests.unit.chains.utxo.networks import COIN, REGTEST

POINT = SnapshotPoint("regtest", 5, "ab" * 32, None)
WHY = Unresolved(UnresolvedReason.NO_ENDPOINT, "none")


class Plain:
    """A reader that is asked account by account."""

    def __init__(self) -> None:
        self.expected: list[bytes] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Leave."""

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        return POINT

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        return WHY

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        yield [(account, WHY) for account in addresses]


class Foreseeing(Plain):
    """A reader that answers all in one pass."""

    def expect(self, addresses: Iterable[bytes]) -> None:
        self.expected += addresses


def query(*addresses: bytes, stake: bool = False) -> BalanceQuery:
    return BalanceQuery(REGTEST.name, COIN, 5, list(addresses), stake)


def test_a_reader_of_one_pass_is_the_same_for_every_list() -> None:
    made: list[Foreseeing] = []

    def make(_network: Network) -> BalanceReader:
        made.append(Foreseeing())
        return made[-1]

    shared = SharedReaders(make)
    for accounts in ((b"a", b"b"), (b"c",)):
        shared.expect([query(*accounts), query(b"key", stake=True)], {REGTEST.name: REGTEST})
    (only,) = made
    assert shared(REGTEST) is shared(REGTEST) is only
    assert only.expected == [b"a", b"b", b"c"]
    assert shared.serves([REGTEST])


def test_other_readers_are_made_anew_for_every_list() -> None:
    shared = SharedReaders(lambda _network: Plain())
    shared.expect([query(b"a")], {REGTEST.name: REGTEST})
    one, other = shared(REGTEST), shared(REGTEST)
    assert isinstance(one, Plain)
    assert one is not other
    assert one.expected == []
    assert not shared.serves([REGTEST])
    assert not shared.serves([])


@pytest.mark.parametrize("kind", [Plain, Foreseeing])
def test_a_lists_own_reader_stands_behind_the_shared_one(kind: type[Plain]) -> None:
    shared, own = SharedReaders(lambda _network: kind()), Plain()
    assert (shared.before(lambda _network: own)(REGTEST) is own) == (kind is Plain)


def test_why_there_is_no_reader_is_passed_on() -> None:
    shared = SharedReaders(lambda _network: WHY)
    assert shared(REGTEST) == WHY
    assert not shared.serves([REGTEST])
