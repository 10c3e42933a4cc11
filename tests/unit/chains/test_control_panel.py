from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chains.adapter import Control, ControlQuery, ControlReader, ControlWord
from chains.control_panel import ControlPanel
from chains.errors import TransportFailure
from chains.panel import Panel, PanelSettings
from tests.fakes.toy_servers import NOW, POINT, A, B, Server, network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.adapter import SnapshotPoint


class ControlServer(Server):
    said = Control(ControlWord.PROVEN, "key", "holds the key")

    def __init__(self, host: str, **kept: Any) -> None:  # noqa: ANN401 (as the server takes them)
        super().__init__(host, **kept)
        self.questions: list[list[ControlQuery]] = []
        self.each: dict[bytes, Control] = {}
        """Account -> what is said of it instead."""

    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery], journal: list[str]
    ) -> Sequence[Control]:
        journal.append(point.block_hash)
        if self.failure is not None:
            raise self.failure
        self.questions.append(list(queries))
        return [self.each.get(one.account, self.said) for one in queries]


QUERY = ControlQuery(A, frozenset({B}), b"digest", ())


def controlling(*servers: Server, quorum: int = 1) -> ControlPanel[Server]:
    return ControlPanel(network(), servers, PanelSettings(quorum=quorum), lambda: NOW)


async def test_control_is_asked_of_those_who_know() -> None:
    asked = controlling(
        Server("a.example"),
        ControlServer("b.example", failure=TransportFailure("cut")),
        ControlServer("c.example"),
    )
    assert isinstance(asked, ControlReader)
    assert [one.word for one in await asked.control(POINT, [QUERY])] == [ControlWord.PROVEN]
    assert not isinstance(Panel(network(), [Server("a.example")], PanelSettings()), ControlReader)


async def test_control_without_enough_answers_is_unsettled() -> None:
    cut = controlling(ControlServer("a.example", failure=TransportFailure("cut")))
    (answer,) = await cut.control(POINT, [QUERY])
    assert answer.word is ControlWord.UNSETTLED
    assert "cut" in answer.detail
    (answer,) = await controlling(
        ControlServer("a.example:1"), ControlServer("a.example:2"), quorum=2
    ).control(POINT, [QUERY])
    assert (answer.word, answer.reason) == (ControlWord.UNSETTLED, "not-asked")


async def test_control_needs_agreement() -> None:
    one, two = ControlServer("a.example"), ControlServer("b.example")
    (answer,) = await controlling(one, two, quorum=2).control(POINT, [QUERY])
    assert answer.word is ControlWord.PROVEN
    two.said = Control(ControlWord.FAILED, "rotated", "another key")
    (answer,) = await controlling(one, two, quorum=2).control(POINT, [QUERY])
    assert (answer.word, answer.reason) == (ControlWord.UNSETTLED, "disagreement")


LOST = Control(ControlWord.UNSETTLED, "no-state", "the ledger is pruned")


async def test_what_one_server_cannot_say_the_next_is_asked() -> None:
    pruned, whole = ControlServer("a.example"), ControlServer("b.example")
    pruned.each = {B: LOST}
    whole.said = Control(ControlWord.FAILED, "other-key", "another key")
    other = QUERY._replace(account=B)
    found = await controlling(pruned, whole).control(POINT, [QUERY, other])
    assert [one.word for one in found] == [ControlWord.PROVEN, ControlWord.FAILED]
    assert whole.questions == [[other]]


async def test_what_no_server_can_say_stays_with_its_reason() -> None:
    one, two = ControlServer("a.example"), ControlServer("b.example")
    one.said = LOST
    two.failure = TransportFailure("cut")
    (answer,) = await controlling(one, two).control(POINT, [QUERY])
    assert answer == LOST


async def test_a_ledger_that_leaves_a_row_open_is_not_asked_twice() -> None:
    one, two = ControlServer("a.example"), ControlServer("b.example")
    one.said = Control(ControlWord.UNSETTLED, "other-keys", "a list of keys")
    (answer,) = await controlling(one, two).control(POINT, [QUERY])
    assert answer == one.said
    assert not two.questions
