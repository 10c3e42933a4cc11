from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Self

import pytest

from chains.adapter import (
    Assurance,
    BalanceReader,
    Control,
    ControlQuery,
    ControlWord,
    HoldingForm,
    Keep,
    Observed,
    Proven,
    Reading,
    SnapshotPoint,
    Unproven,
    Unresolved,
)
from chains.errors import UnresolvedReason
from chains.registry import Network
from crawler.assess import assess
from crawler.control import ControlPlan
from crawler.models import NO_HEIGHT, Claim, ClaimKind, FindingWord
from crawler.outcome import Readings
from crawler.plan import Plan
from crawler.proof_lines import ProofWriter
from crawler.proving import ProvingResult, parse_policy
from crawler.readings import NEWEST, Moment, Proving, read_plan
from tests.unit.crawler.samples import ETH, POINT, PROVEN, canonical, claim, mapping, observed

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


# --- stakes, control and proofs ---------------------------------------------------------


KEY = bytes([7]) * 48
BEACON = Network("beacon", "Beacon", "beth", "ETH.BEACON", 9)


class AbleReader(ScriptedReader):
    """Proves, and knows who controls what; `lie` is what it reads of account 2."""

    def __init__(self, fault: str = "", lie: int = 0) -> None:
        super().__init__(fault)
        self.lie = lie
        self.asked: list[ControlQuery] = []

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        for account in addresses:
            number = int.from_bytes(account)
            yield [(account, observed(number + (self.lie if number == 2 else 0)))]

    async def prove(
        self,
        form: HoldingForm,
        point: SnapshotPoint,
        readings: Mapping[bytes, int],
        chosen: Sequence[bytes],
        keep: Keep,
    ) -> AsyncIterator[Sequence[tuple[bytes, Proven | Unproven]]]:
        keep({"kind": "layout", "form": form.id, "text": "solady", "tested": 3, "fitting": 3})
        answers: list[tuple[bytes, Proven | Unproven]] = [
            (one, Unproven("no trie") if one[-1] == 3 else Proven(int.from_bytes(one), "http://p"))
            for one in chosen
        ]
        yield answers[1:] if self.fault == "short proofs" else answers

    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery]
    ) -> Sequence[Control]:
        self.asked += queries
        return [Control(ControlWord.PROVEN, "owners", "All.") for _ in queries]


class StakeOf32(ScriptedReader):
    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        yield [(account, observed(32)) for account in addresses]

    async def credentials(
        self, point: SnapshotPoint, keys: Sequence[bytes]
    ) -> Mapping[bytes, bytes | Unresolved]:
        return dict.fromkeys(keys, b"\1" * 32)


class Behind(ScriptedReader):
    """Stands before another reader, as the store does."""

    def __init__(self, inner: BalanceReader) -> None:
        super().__init__()
        self.inner = inner


def stake_claim(row: int = 9) -> Claim:
    return claim(row, kind=ClaimKind.STAKING, address="0x" + KEY.hex(), coin=mapping("ETH", ETH))


def proving() -> Proving:
    return Proving(ProvingResult(parse_policy("all")), "ab", ProofWriter(None))


async def run_able(
    readers: Mapping[str, BalanceReader | Unresolved],
    claims: Sequence[Claim],
    *,
    wanted: Proving | None = None,
    controls: ControlPlan | None = None,
) -> list[Reading | None]:
    plan = Plan(canonical)
    for ordinal, row in enumerate(claims):
        plan.add(row, ordinal)
    options = {"beacon": "beacon"} if "beacon" in readers else {}
    networks = {
        "ethereum": replace(NETWORK, options=options), "beacon": BEACON,
    }  # fmt: skip
    await read_plan(
        plan, networks, Quiet(), lambda network: readers[network.name],
        controls=controls, proving=wanted,
    )  # fmt: skip
    places = [plan.place(row, ordinal) for ordinal, row in enumerate(claims)]
    return [place.holdings.readings[place.slot] for place in places if place.holdings is not None]


async def test_proofs_lift_replace_or_leave_a_reading() -> None:
    wanted = proving()
    one, two, three = await run_able({"ethereum": AbleReader(lie=10)}, CLAIMS, wanted=wanted)
    assert isinstance(one, Observed)
    assert isinstance(two, Observed)
    assert (one.amount, one.assurance) == (1, Assurance.PROOF)
    assert (two.amount, two.assurance, two.sources) == (2, Assurance.PROOF, ("http://p",))
    assert three == observed(3)
    (made,) = wanted.result.forms
    assert (made.read, made.chosen, made.proven, made.layout, made.tested) == (3, 3, 2, "solady", 3)
    assert dict(made.unproven) == {"no trie": 1}
    assert [entry.said for entry in made.contradicted] == [12]


async def test_proofs_are_asked_of_the_reader_behind_a_store() -> None:
    wanted = proving()
    await run_able({"ethereum": Behind(AbleReader())}, CLAIMS, wanted=wanted)
    assert wanted.result.forms[0].proven == 2


async def test_a_network_that_cannot_prove_says_so() -> None:
    wanted = proving()
    found = await run_able({"ethereum": ScriptedReader()}, CLAIMS, wanted=wanted)
    assert found == [observed(1), observed(2), observed(3)]
    assert sum(wanted.result.forms[0].unproven.values()) == 3


async def test_proofs_that_do_not_answer_everything_are_loud() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await run_able({"ethereum": AbleReader("short proofs")}, CLAIMS, wanted=proving())
    assert caught.group_contains(AssertionError)


async def test_stakes_are_read_from_the_beacon_chain_of_the_network() -> None:
    rows = [*CLAIMS, stake_claim()]
    readers: dict[str, BalanceReader | Unresolved] = {
        "ethereum": AbleReader(), "beacon": StakeOf32(),
    }  # fmt: skip
    assert (await run_able(readers, rows))[3] == observed(32)
    gone = Unresolved(UnresolvedReason.NO_ENDPOINT, "none")
    found = await run_able({**readers, "beacon": gone}, rows)
    assert found == [observed(1), observed(2), observed(3), gone]
    (alone,) = await run_able({"ethereum": AbleReader()}, [stake_claim()])
    assert isinstance(alone, Unresolved)
    assert alone.reason is UnresolvedReason.NO_METHOD


class OneQuestion(ControlPlan):
    """A plan of questions as if one wallet and one validator had asked."""

    def __init__(self, height: int = 100) -> None:
        super().__init__({})
        wallet = ControlQuery(b"\5" * 20, frozenset(), b"", ())
        for ordinal, query in enumerate((wallet, wallet._replace(account=KEY))):
            self._rows.setdefault(("ethereum", height), {})[query] = [ordinal]


async def test_control_is_asked_at_the_same_point_with_the_credentials() -> None:
    reader, controls = AbleReader(), OneQuestion()
    await run_able({"ethereum": reader, "beacon": StakeOf32()}, CLAIMS, controls=controls)
    assert [query.credentials for query in reader.asked] == [None, b"\1" * 32]
    assert [found.word.value for n in (0, 1) if (found := controls.of(n))] == ["proven"] * 2


@pytest.mark.parametrize(
    "reader", [ScriptedReader("pin"), Unresolved(UnresolvedReason.REGISTRY, "x")]
)
async def test_what_cannot_be_asked_stays_unsettled(reader: BalanceReader | Unresolved) -> None:
    controls = OneQuestion()
    await run_able({"ethereum": reader, "beacon": StakeOf32()}, [], controls=controls)
    assert [found.word.value for n in (0, 1) if (found := controls.of(n))] == ["unsettled"] * 2


async def test_a_family_without_control_leaves_its_rows_as_they_are() -> None:
    controls = OneQuestion()
    await run_able({"ethereum": ScriptedReader(), "beacon": StakeOf32()}, [], controls=controls)
    assert controls.of(0) is None


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


# --- rows without a height, and accounts that are out of reach -----------------------------

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
UNDATED = [claim(1, address=f"0x{1:040x}", height=None), claim(2, address=f"0x{2:040x}")]


class Clocked(AbleReader):
    """Knows that block 100 is the last one of MOMENT, and 500 the newest."""

    def __init__(self, fault: str = "", *, kept: frozenset[int] = frozenset()) -> None:
        super().__init__(fault)
        self.kept = kept
        self.queries: list[int] = []

    async def height_at(self, moment: datetime) -> int | Unresolved:
        if self.fault == "clock":
            return Unresolved(UnresolvedReason.NO_BLOCK, "not yet")
        assert moment == MOMENT
        return 100

    async def latest(self) -> int | Unresolved:
        return 500

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        if self.fault == "state":
            return Unresolved(UnresolvedReason.NO_STATE, "pruned")
        return replace(POINT, height=height)

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        self.queries.append(len(addresses))
        for account in addresses:
            yield [(account, replace(observed(int.from_bytes(account)), point=point))]

    async def remembered(
        self, form: HoldingForm, height: int, addresses: Sequence[bytes]
    ) -> Mapping[bytes, Observed]:
        other = replace(POINT, height=height - 7)
        numbers = {account: int.from_bytes(account) for account in addresses}
        return {
            account: replace(observed(number), point=other)
            for account, number in numbers.items()
            if number in self.kept
        }


async def run_timed(
    reader: BalanceReader | Unresolved,
    moment: Moment | None = MOMENT,
    controls: ControlPlan | None = None,
) -> tuple[Readings, list[Reading]]:
    plan = Plan(canonical, is_timed=True)
    for ordinal, row in enumerate(UNDATED):
        plan.add(row, ordinal)
    found = await read_plan(
        plan, {"ethereum": NETWORK}, Quiet(), lambda _: reader, moment=moment, controls=controls
    )
    return found, list(plan.readings())


async def test_a_row_without_a_height_is_read_at_the_block_of_the_moment() -> None:
    reader = Clocked()
    readings, found = await run_timed(reader)
    assert [reading.point.height for reading in found if isinstance(reading, Observed)] == [100] * 2
    assert reader.queries == [2]  # together with the row that states the height
    assert list(readings.points) == [("ethereum", 100)]


async def test_a_capture_reads_at_the_newest_block_and_never_from_memory() -> None:
    readings, _ = await run_timed(Clocked(kept=frozenset({1, 2})), NEWEST)
    assert sorted(height for _, height in readings.points) == [100, 500]
    _, found = await run_timed(Clocked("state", kept=frozenset({1, 2})), NEWEST)
    assert {type(reading) for reading in found} == {Unresolved}


@pytest.mark.parametrize(
    ("reader", "reason"),
    [
        (Clocked("clock"), UnresolvedReason.NO_BLOCK),
        (ScriptedReader(), UnresolvedReason.NO_METHOD),
        (Unresolved(UnresolvedReason.NO_ENDPOINT, "x"), UnresolvedReason.NO_ENDPOINT),
    ],
)
async def test_where_the_block_of_the_moment_is_unknown_only_its_rows_are_unresolved(
    reader: BalanceReader | Unresolved, reason: UnresolvedReason
) -> None:
    controls = OneQuestion(NO_HEIGHT)
    _, (undated, stated) = await run_timed(reader, controls=controls)
    assert isinstance(undated, Unresolved)
    assert undated.reason is reason
    assert isinstance(stated, Observed) is not isinstance(reader, Unresolved)
    assert [found.reason for n in (0, 1) if (found := controls.of(n))] == [reason.value] * 2


async def test_control_is_asked_at_the_block_of_the_moment_too() -> None:
    reader, controls = Clocked(), OneQuestion(NO_HEIGHT)
    await run_timed(reader, controls=controls)
    assert len(reader.asked) == 2
    assert [found.word.value for n in (0, 1) if (found := controls.of(n))] == ["proven"] * 2


async def test_a_plan_with_undated_rows_needs_a_moment() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await run_timed(Clocked(), None)
    assert caught.group_contains(AssertionError)


async def test_what_is_out_of_reach_is_shown_from_another_block_as_live() -> None:
    _, (first, second) = await run_timed(Clocked("state", kept=frozenset({1})))
    assert isinstance(first, Observed)
    assert (first.amount, first.assurance, first.point.height) == (1, Assurance.LIVE, 93)
    assert first.note == (
        "It was read at block 93, 2026-01-01 00:00:00 UTC, and kept. At the snapshot: pruned"
    )
    assert second == Unresolved(UnresolvedReason.NO_STATE, "pruned")
    finding = assess(UNDATED[0], PROVEN, first)
    assert (finding.word, finding.reason) == (FindingWord.UNRESOLVED, "live-only")
    assert not finding.is_observed
