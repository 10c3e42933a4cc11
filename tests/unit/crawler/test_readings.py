from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Self

import pytest

from chains.adapter import (
    BalanceReader,
    HoldingForm,
    Observed,
    Reading,
    SnapshotPoint,
    Unresolved,
)
from chains.errors import UnresolvedReason
from chains.registry import Network
from crawler.models import Claim
from crawler.plan import Plan
from crawler.readings import read_plan
from tests.unit.crawler.samples import ETH, POINT, canonical, claim, mapping, observed

NETWORK = Network("ethereum", "Ethereum", "evm", "ETH", 18)


class Quiet:
    def __init__(self) -> None:
        self.steps = 0
        self.errors = 0

    def start(self, stage: str, total: int | None) -> None: ...

    def advance(self, stage: str, steps: int, errors: int = 0) -> None:
        self.steps += steps
        self.errors += errors

    def note(self, text: str) -> None: ...


class ScriptedReader:
    """A reader with one scripted fault."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None: ...

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        if self.fault == "pin":
            return Unresolved(UnresolvedReason.NO_BLOCK, f"no block {height}")
        return POINT

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        if self.fault == "form" and form.contract is not None:
            return Unresolved(UnresolvedReason.REGISTRY, "symbol() differs")
        return None

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        answers = [(account, observed(int.from_bytes(account))) for account in addresses]
        if self.fault == "short":
            answers.pop()
        if self.fault == "twice":
            answers.append(answers[0])
        yield answers[::-1]


async def run(fault: str, claims: list[Claim]) -> tuple[Plan, Quiet, list[Reading | None]]:
    plan, observer = Plan(canonical), Quiet()
    for ordinal, row in enumerate(claims):
        plan.add(row, ordinal)

    def reader(network: Network) -> BalanceReader | Unresolved:
        return ScriptedReader(fault)

    await read_plan(plan, {"ethereum": NETWORK}, observer, reader)
    found = []
    for ordinal, row in enumerate(claims):
        place = plan.place(row, ordinal)
        assert place.holdings is not None
        found.append(place.holdings.readings[place.slot])
    return plan, observer, found


CLAIMS = [claim(n, address=f"0x{n:040x}") for n in (1, 2, 3)]


async def test_readings_reach_their_rows_whatever_the_order() -> None:
    _, observer, found = await run("", CLAIMS)
    assert found == [observed(1), observed(2), observed(3)]
    assert observer.steps == 3


async def test_an_answer_short_by_one_leaves_exactly_that_row_unresolved() -> None:
    _, observer, found = await run("short", CLAIMS)
    assert found[:2] == [observed(1), observed(2)]
    assert isinstance(found[2], Unresolved)
    assert found[2].reason is UnresolvedReason.MISSING_ANSWER
    assert (observer.steps, observer.errors) == (3, 1)


async def test_an_account_answered_twice_is_a_fault_of_ours_and_loud() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await run("twice", CLAIMS)
    assert caught.group_contains(KeyError)


async def test_without_a_snapshot_point_nothing_is_read() -> None:
    _, _, found = await run("pin", CLAIMS)
    assert {type(reading) for reading in found} == {Unresolved}


async def test_a_registry_problem_stops_only_its_own_form() -> None:
    rows = [CLAIMS[0], claim(4, coin=mapping("ETH", ETH))]
    _, _, found = await run("form", rows)
    assert isinstance(found[0], Unresolved)
    assert found[0].reason is UnresolvedReason.REGISTRY
    assert not isinstance(found[1], Unresolved)


class Answering(ScriptedReader):
    """Reads from endpoints that may turn out to be wrong, and a block that may be replaced."""

    def __init__(self, wrong: frozenset[str], *, gone: bool = False) -> None:
        super().__init__()
        self.wrong = wrong
        self.gone = gone
        self.asked: list[int] = []

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        source = "second" if self.asked else "first"
        self.asked.append(len(addresses))
        for account in addresses:
            mixed = source if int.from_bytes(account) != 2 else "third"
            yield [(account, replace(observed(int.from_bytes(account)), sources=(mixed,)))]

    async def recheck(self, point: SnapshotPoint) -> Unresolved | None:
        return Unresolved(UnresolvedReason.NOT_FINAL, "replaced") if self.gone else None

    def distrusted(self) -> frozenset[str]:
        return self.wrong if self.asked else frozenset()

    def notes(self) -> Sequence[str]:
        return ["a note"]


async def _conclude(reader: Answering) -> tuple[Plan, list[str], list[Reading | None]]:
    plan = Plan(canonical)
    for ordinal, row in enumerate(CLAIMS):
        plan.add(row, ordinal)
    readings = await read_plan(plan, {"ethereum": NETWORK}, Quiet(), lambda _: reader)
    found = []
    for ordinal, row in enumerate(CLAIMS):
        place = plan.place(row, ordinal)
        assert place.holdings is not None
        found.append(place.holdings.readings[place.slot])
    return plan, readings.notes, found


def _sources(found: list[Reading | None]) -> list[str]:
    return [reading.sources[0] for reading in found if isinstance(reading, Observed)]


async def test_readings_of_an_endpoint_that_turned_out_wrong_are_read_elsewhere() -> None:
    reader = Answering(frozenset({"first"}))
    _, notes, found = await _conclude(reader)
    assert reader.asked == [3, 2]
    assert _sources(found) == ["second", "third", "second"]
    assert notes == ["a note"]


async def test_readings_of_endpoints_in_good_standing_are_kept() -> None:
    reader = Answering(frozenset({"somebody else"}))
    _, _, found = await _conclude(reader)
    assert reader.asked == [3]
    assert _sources(found) == ["first", "third", "first"]


async def test_readings_of_a_block_that_was_replaced_are_thrown_away() -> None:
    _, _, found = await _conclude(Answering(frozenset(), gone=True))
    assert found == [Unresolved(UnresolvedReason.NOT_FINAL, "replaced")] * 3
