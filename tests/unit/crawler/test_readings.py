from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
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
