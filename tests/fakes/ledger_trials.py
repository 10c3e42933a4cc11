"""Trials that every ledger family must stand: the same questions to every simulator.

A family's simulator module has ``trial(scene) -> Trial``; its test module runs all of `TRIALS`::

    @pytest.mark.parametrize("judged", TRIALS, ids=name_of)
    async def test_trial(judged: Judged) -> None:
        await run(judged, trial(scene(account)))

In every one of them a reading is the right number or `Unresolved`, never another number. What is
peculiar to a ledger has tests of its own beside.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chains.adapter import Observed, Unresolved
from chains.errors import UnresolvedReason as Reason
from chains.panel import PanelSettings
from chains.transport.settings import TransportSettings
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.surroundings import FakeTime

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from chains.adapter import HoldingForm, Reading, SnapshotPoint
    from chains.panel import Panel
    from chains.registry import Network
    from tests.fakes.account_history import Scene
    from tests.fakes.http_fake import HttpFake

PATIENCE = TransportSettings(tries=2, throttle_tries=3)


def nothing() -> None:
    raise AssertionError("the family says nothing of this")


@dataclass
class Trial:
    """A simulator over a scene, and how its family is asked about it."""

    scene: Scene
    server: HttpFake
    network: Network
    form: HoldingForm
    reader: Callable[..., Panel[Any]]
    """``balances.reader`` of the family."""
    be_foreign: Callable[[], None] = nothing
    """From now on the server is of another network."""
    prune: Callable[[], None] | None = None
    """From now on the server has no state before its newest; None where none is needed."""
    be_stale: Callable[[], None] | None = None
    """From now on the server answers from its newest state, whatever is asked; None where the
    family never asks for an old one."""
    fall_behind: Callable[[], None] | None = None
    """From now on the server ends before the snapshot; None where that is cutting its `history`, or
    where it has none and every question names a block by its hash."""
    unknowable: frozenset[bytes] = frozenset()
    """Accounts of the scene whose zero has no positive evidence on this ledger."""
    spoilt: Sequence[bytes] = field(default_factory=list)
    """Accounts read in the trial of spoilt answers; `moving` if there are none."""


@asynccontextmanager
async def asking(one: Trial, **limits: Any) -> AsyncGenerator[Panel[Any]]:  # noqa: ANN401 (as it takes them)
    settings = PanelSettings(**({"transport": PATIENCE} | limits))
    made = one.reader(
        one.network,
        [one.server.url],
        settings=settings,
        surroundings=FakeTime().surroundings(),
    )
    async with made as panel:
        yield panel


def is_right(one: Trial, height: int, account: bytes, value: Reading) -> bool:
    return isinstance(value, Unresolved) or value.amount == one.scene.history.balance(
        account, height
    )


async def told_at(one: Trial, height: int) -> dict[bytes, Reading]:
    """Every reading of the scene at `height`; each is right or unresolved."""
    async with asking(one) as panel:
        found = await collect(panel, one.form, await pinned(panel, height), one.scene.accounts)
    for account, value in found.items():
        assert is_right(one, height, account, value), value
    return found


# --- the trials


async def balances_at_three_heights_around_a_change(one: Trial) -> None:
    for height in one.scene.heights:
        found = await told_at(one, height)
        for account, value in found.items():
            if account not in one.unknowable:
                assert observed(value).amount == one.scene.history.balance(account, height)


async def unknown_closed_and_later_accounts(one: Trial) -> None:
    told = one.scene
    assert told.truth()[told.closed]
    for height in told.heights:
        found = await told_at(one, height)
        for account in {told.unknown, told.later, told.closed} - one.unknowable:
            assert observed(found[account]).amount == told.history.balance(account, height)


async def a_number_beyond_2_to_the_53_is_exact(one: Trial) -> None:
    found = await told_at(one, one.scene.height)
    assert observed(found[one.scene.rich]).amount == 2**53 + 1


async def a_pruned_height_is_no_zero(one: Trial) -> None:
    if one.prune is None:
        return
    told = one.scene
    async with asking(one) as panel:
        point = await pinned(panel, told.height)
        one.prune()
        found = await collect(panel, one.form, point, told.accounts)
    for account, value in found.items():
        assert is_right(one, told.height, account, value), value
    unresolved(found[told.moving])
    async with asking(one) as panel:
        again = await panel.pin(told.height)
        if not isinstance(again, Unresolved):
            found = await collect(panel, one.form, again, told.accounts)
            unresolved(found[told.moving])


async def a_future_height_is_refused(one: Trial) -> None:
    async with asking(one) as panel:
        assert unresolved(await panel.pin(one.scene.history.tip + 1)).reason is Reason.NO_BLOCK


async def a_server_of_another_network_is_refused(one: Trial) -> None:
    one.be_foreign()
    async with asking(one) as panel:
        assert unresolved(await panel.pin(one.scene.height)).reason is Reason.WRONG_CHAIN


async def a_server_that_answers_from_its_newest_state_is_caught(one: Trial) -> None:
    if one.be_stale is None:
        return
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        one.be_stale()
        found = await collect(panel, one.form, point, one.scene.accounts)
    for account, value in found.items():
        assert is_right(one, one.scene.height, account, value), value
    unresolved(found[one.scene.moving])


async def a_server_that_lags_behind_the_snapshot_is_no_source(one: Trial) -> None:
    """It was ahead when the block was pinned; or another server, which is ahead, pinned it."""
    told = one.scene
    async with asking(one) as panel:
        point = await pinned(panel, told.height)
        if not fallen_behind(one):
            return
        found = await collect(panel, one.form, point, told.accounts)
    for account, value in found.items():
        assert is_right(one, told.height, account, value), value
    unresolved(found[told.moving])


def fallen_behind(one: Trial) -> bool:
    """Make the server know nothing of the snapshot's block, nor of what came after, if it can."""
    server: Any = one.server
    if one.fall_behind is not None:
        one.fall_behind()
    elif hasattr(server, "history"):
        known, size = one.scene.history, one.scene.height - one.scene.history.first
        server.history = replace(known, states=known.states[:size], changed=known.changed[:size])
    else:
        return False
    return True


async def a_rate_limit_is_waited_out(one: Trial) -> None:
    one.server.faults.throttle = 1
    found = await told_at(one, one.scene.height)
    observed(found[one.scene.moving])


async def a_rate_limit_without_end_is_unresolved(one: Trial) -> None:
    await _refused(one, lambda: setattr(one.server.faults, "throttle", 1 << 30), Reason.THROTTLED)


async def answers_cut_in_the_middle_are_unresolved(one: Trial) -> None:
    await _refused(one, lambda: setattr(one.server.faults, "garbage", 1 << 30))


async def a_server_that_breaks_down_is_unresolved(one: Trial) -> None:
    await _refused(one, lambda: one.server.faults.statuses.update({"/": 500}))


async def _refused(one: Trial, harm: Callable[[], None], reason: Reason | None = None) -> None:
    """Before the pin there is no point; after it, no balance."""
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        harm()
        found = await collect(panel, one.form, point, one.scene.accounts)
    for value in found.values():
        assert reason in {None, unresolved(value).reason}
    async with asking(one) as panel:
        unresolved(await panel.pin(one.scene.height))


async def a_cancelled_reading_leaves_nothing_behind(one: Trial) -> None:
    """What is left open becomes a ResourceWarning, and that an error."""
    async with asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        arrived = asyncio.Event()
        one.server.on_call = lambda _: arrived.set()
        reading = asyncio.create_task(collect(panel, one.form, point, one.scene.accounts))
        await arrived.wait()
        reading.cancel()
        (outcome,) = await asyncio.gather(reading, return_exceptions=True)
    assert isinstance(outcome, asyncio.CancelledError)


async def spoilt_answers_are_refused_or_harmless(one: Trial) -> None:
    """Every member of every answer in turn goes missing, or is of another type.

    What is read is then the right number or unresolved, and nothing raises.
    """
    accounts = one.spoilt or [one.scene.moving]
    answers: list[Any] = []

    def keep(_: str, answer: object) -> object:
        answers.append(copy.deepcopy(answer))
        return answer

    one.server.spoil = keep
    assert all(isinstance(value, Observed) for value in (await _once(one, accounts)).values())
    tried = 0
    for place, answer in enumerate(list(answers)):
        for at, path in enumerate(_paths(answer)):
            for other in _harms(path, place + at):
                one.server.spoil = _Spoiler(place, path, other)
                for account, value in (await _once(one, accounts)).items():
                    right = is_right(one, one.scene.height, account, value)
                    assert right, (place, path, other, value)
                tried += 1
    assert tried


_GONE = object()
_OTHERS: tuple[object, ...] = (None, [], "x", -1, {}, 1.5, True, "")


def _harms(path: tuple[str | int, ...], turn: int) -> list[object]:
    """A row that is not there at all is another matter: no reader of one server can miss it."""
    other = _OTHERS[turn % len(_OTHERS)]
    return [other] if isinstance(path[-1], int) else [_GONE, other]


@dataclass
class _Spoiler:
    """Spoils one member of the answer that comes at `place`."""

    place: int
    path: tuple[str | int, ...]
    other: object
    seen: int = 0

    def __call__(self, _: str, answer: Any) -> object:  # noqa: ANN401 (JSON)
        self.seen += 1
        if self.seen != self.place + 1:
            return answer
        spoilt = copy.deepcopy(answer)
        inner = spoilt
        try:
            for step in self.path[:-1]:
                inner = inner[step]
            if self.other is _GONE:
                del inner[self.path[-1]]
            elif not (self.other == [] and isinstance(inner[self.path[-1]], list)):
                inner[self.path[-1]] = self.other
        except (LookupError, TypeError):
            return answer  # another answer than the last time: asked at the same moment
        return spoilt


def _paths(answer: object, begin: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    members: list[tuple[str | int, object]] = []
    if isinstance(answer, dict):
        members = list(answer.items())
    elif isinstance(answer, list):
        members = list(enumerate(answer[:2]))
    for step, inner in members:
        yield (*begin, step)
        yield from _paths(inner, (*begin, step))


async def _once(one: Trial, accounts: Sequence[bytes]) -> dict[bytes, Reading]:
    async with asking(one, transport=TransportSettings(tries=1)) as panel:
        point: SnapshotPoint | Unresolved = await panel.pin(one.scene.height)
        if isinstance(point, Unresolved):
            return dict.fromkeys(accounts, point)
        problem = await panel.check_form(one.form, point)
        if problem is not None:
            return dict.fromkeys(accounts, problem)
        return await collect(panel, one.form, point, accounts)


Judged = Callable[[Trial], Awaitable[None]]

TRIALS: tuple[Judged, ...] = (
    balances_at_three_heights_around_a_change,
    unknown_closed_and_later_accounts,
    a_number_beyond_2_to_the_53_is_exact,
    a_pruned_height_is_no_zero,
    a_future_height_is_refused,
    a_server_of_another_network_is_refused,
    a_server_that_answers_from_its_newest_state_is_caught,
    a_server_that_lags_behind_the_snapshot_is_no_source,
    a_rate_limit_is_waited_out,
    a_rate_limit_without_end_is_unresolved,
    answers_cut_in_the_middle_are_unresolved,
    a_server_that_breaks_down_is_unresolved,
    a_cancelled_reading_leaves_nothing_behind,
    spoilt_answers_are_refused_or_harmless,
)


def name_of(judged: Judged) -> str:
    return str(getattr(judged, "__name__", judged))


async def run(judged: Judged, one: Trial) -> None:
    async with one.server:
        await judged(one)
