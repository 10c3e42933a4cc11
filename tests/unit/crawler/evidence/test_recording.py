from __future__ import annotations

import msgspec
import pytest

from chains.adapter import (
    Assurance,
    Control,
    ControlQuery,
    ControlWord,
    HoldingForm,
    Observed,
    SnapshotPoint,
    Unresolved,
)
from chains.errors import UnresolvedReason
from crawler.control import ControlBatch
from crawler.evidence.recording import RecordWriter
from crawler.plan import BalanceQuery

POINT = SnapshotPoint("ethereum", 100, "0xab", None)
FORM = HoldingForm("ETH@ethereum", "ETH", "ethereum", None, 18, ())
QUERY = BalanceQuery("ethereum", FORM, 100, [])
SEEN = Observed(2**255, POINT, Assurance.QUORUM, ("a", "b"))
WHY = Unresolved(UnresolvedReason.UNREACHABLE, "Nobody answered.")


class Written:
    """A writer and the lines that it has written so far."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.writer = RecordWriter(self.pieces.append)

    def lines(self) -> list[object]:
        text = b"".join(self.pieces)
        assert text.endswith(b"\n")
        return [msgspec.json.decode(line) for line in text.splitlines()]

    def kinds(self) -> list[str]:
        return [one["kind"] if isinstance(one, dict) else "reading" for one in self.lines()]


def test_a_line_stands_behind_those_that_it_names() -> None:
    written = Written()
    written.writer.readings(QUERY, [(b"\x01", SEEN), (b"\x02", WHY), (b"\x03", SEEN)])
    written.writer.finish()
    assert written.kinds() == [
        "answers", "query", "said", "why", "reading", "reading", "reading", "end",
    ]  # fmt: skip
    *_, one, two, three, end = written.lines()
    assert one == [0, "01", str(2**255), 1]
    assert two == [0, "02", None, 2]
    assert three == [0, "03", str(2**255), 1]
    assert end == {"kind": "end", "readings": 3}


def test_every_answer_is_written_as_it_comes_in() -> None:
    written = Written()
    for number in range(3):
        written.writer.readings(QUERY, [(bytes([number]), SEEN)])
        assert written.kinds().count("reading") == number + 1


def test_a_header_is_written_once() -> None:
    written = Written()
    keep = written.writer.pin("ethereum", 100, POINT)
    for height in (100, 100, 101):
        keep({"kind": "block", "network": "ethereum", "height": height})
    assert written.kinds() == ["answers", "pin", "block", "block"]


def test_a_reader_that_is_there_leaves_no_line() -> None:
    class Reader: ...

    written = Written()
    written.writer.reader("ethereum", Reader())  # type: ignore[arg-type]
    assert written.kinds() == ["answers"]
    written.writer.reader("solana", WHY)
    assert written.kinds() == ["answers", "why", "nobody"]


def test_controls_are_written_in_order_and_one_for_each_question() -> None:
    written = Written()
    batch = ControlBatch(
        "ethereum", 100, [ControlQuery(bytes([n]), frozenset(), b"", ()) for n in (2, 1)]
    )
    answer = Control(ControlWord.PROVEN, "owners", "Signed.")
    written.writer.control(batch, [answer, answer])
    accounts = [one["account"] for one in written.lines()[1:] if isinstance(one, dict)]
    assert accounts == ["02", "01"]
    with pytest.raises(ValueError, match="shorter"):
        written.writer.control(batch, [answer])
