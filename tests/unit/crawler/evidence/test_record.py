from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

import pytest

from chains.adapter import (
    Assurance,
    Control,
    ControlQuery,
    ControlWord,
    HoldingForm,
    Observed,
    Proven,
    SnapshotPoint,
    Unproven,
    Unresolved,
)
from chains.errors import UnresolvedReason
from crawler.control import ControlBatch
from crawler.evidence.record import Record, RecordError, read_record
from crawler.evidence.recording import RecordWriter
from crawler.plan import BalanceQuery

POINT = SnapshotPoint("ethereum", 100, "0x" + "ab" * 32, datetime(2026, 1, 1, tzinfo=UTC), "age")
OTHER = SnapshotPoint("ethereum", 90, "0x" + "cd" * 32, None)
FORM = HoldingForm("ETH@ethereum", "ETH", "ethereum", None, 18, ())
ONE, TWO = bytes(20), b"\x01" * 20
QUERY = BalanceQuery("ethereum", FORM, 100, [ONE, TWO])
STAKE = BalanceQuery("ethereum", FORM, 100, [bytes(48)], stake=True)
KEY = ("ethereum", FORM.id, 100, False)
WHY = Unresolved(UnresolvedReason.UNREACHABLE, "Nobody answered.", ("a: refused", "b: refused"))
SEEN = Observed(2**255, POINT, Assurance.QUORUM, ("a", "b"), "A note.")
CONTROLS = [
    Control(ControlWord.PROVEN, "owners", "Both signed."),
    Control(ControlWord.UNSETTLED, "no-block", "Unknown."),
]


def written() -> list[bytes]:
    pieces: list[bytes] = []
    writer = RecordWriter(pieces.append)
    writer.reader("solana", WHY)
    writer.height("ethereum", 100)
    writer.height("tron", WHY)
    keep = writer.pin("ethereum", 100, POINT)
    writer.pin("ethereum", 200, WHY)
    header: dict[str, str | int | None] = {
        "kind": "block", "network": "ethereum", "height": 100, "hash": "0xab", "header": "0xcd",
    }  # fmt: skip
    for _ in range(2):
        keep(header)
    writer.form(STAKE, WHY)
    writer.readings(QUERY, [(ONE, SEEN), (TWO, WHY)])
    writer.readings(QUERY, [(TWO, SEEN)])
    writer.gone("ethereum", 100, WHY)
    writer.proofs(QUERY, [(ONE, Proven(5, "a")), (TWO, Unproven("pruned"))])
    writer.layout(QUERY, {"text": "mapping 9", "tested": 20})
    batch = ControlBatch(
        "ethereum", 100, [ControlQuery(a, frozenset(), b"", ()) for a in (ONE, TWO)]
    )
    writer.control(batch, CONTROLS)
    writer.notes("ethereum", ["b was left out."])
    writer.remembered(QUERY, {TWO: Observed(7, OTHER, Assurance.NODE, ("a",))})
    writer.finish()
    return b"".join(pieces).splitlines(keepends=True)


def values_of(record: Record) -> dict[str, object]:
    """Return all that a record says, in values that compare equal."""
    values = {one.name: getattr(record, one.name) for one in fields(record)}
    values["readings"] = {
        key: {account: told.get(account) for account in (ONE, TWO)}
        for key, told in record.readings.items()
    }
    return values


def test_everything_is_read_back() -> None:
    record = read_record(written())
    assert record.nobody == {"solana": WHY}
    assert record.heights == {"ethereum": 100, "tron": WHY}
    assert record.pins == {("ethereum", 100): POINT, ("ethereum", 200): WHY}
    pinned = record.pins["ethereum", 100]
    assert isinstance(pinned, SnapshotPoint)
    assert pinned.finality == "age"
    assert list(record.headers) == [("ethereum", "0xab")]
    assert record.forms == {(FORM.id, 100, True): WHY}
    assert list(record.readings) == [KEY]
    told = record.readings[KEY]
    assert (told.get(ONE), told.get(TWO), told.get(bytes(48))) == (SEEN, SEEN, None)
    assert told.get(TWO) is told.get(TWO)
    assert list(told.assurances()) == [Assurance.QUORUM] * 2
    assert record.gone == {("ethereum", 100): WHY}
    assert record.proofs == {KEY: {ONE: "a", TWO: Unproven("pruned")}}
    assert record.layouts == {KEY: ("mapping 9", 20)}
    assert record.controls == {("ethereum", 100): list(zip((ONE, TWO), CONTROLS, strict=True))}
    assert record.notes == {"ethereum": ["b was left out."]}
    assert record.kept[KEY][TWO].point == OTHER


def test_reasons_and_sources_stand_once() -> None:
    lines = written()
    assert sum(b'"kind":"why"' in line for line in lines) == 1
    assert sum(b'"kind":"query"' in line for line in lines) == 1
    assert sum(b'"kind":"block"' in line for line in lines) == 1


@pytest.mark.parametrize("place", range(len(written())))
def test_a_missing_line_is_a_damaged_record_or_another_one(place: int) -> None:
    lines = written()
    whole = values_of(read_record(lines))
    assert whole == values_of(read_record(lines))
    del lines[place]
    try:
        found = read_record(lines)
    except RecordError:
        return
    assert values_of(found) != whole


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[]", b"[0]", b"null", b"\xff", b'{"kind":"else"}', b'[0,"zz","1",0]',
     b'[99,"00","1",0]', b'[0,"00","-1",0]', b'[0,"00","1.5",0]', b'["0","00","1",0]',
     b'{"kind":"answers","version":1}', b'{"kind":"note","network":"a","text":"b","more":1}',
     b'{"kind":"height","network":"ethereum"}', b'{"kind":"pin","network":"a","height":1,"why":99}',
     b"[" * 100_000],
)  # fmt: skip
def test_a_line_of_another_kind_is_named(line: bytes) -> None:
    lines = written()
    lines.insert(-1, line + b"\n")
    with pytest.raises(RecordError, match=rf"line {len(lines) - 1}: "):
        read_record(lines)


def test_what_goes_on_behind_the_end_is_refused() -> None:
    lines = written()
    with pytest.raises(RecordError, match="behind the end"):
        read_record([*lines, lines[1]])


def test_another_version_is_refused() -> None:
    with pytest.raises(RecordError, match="another version"):
        read_record([b'{"kind":"answers","version":2}\n'])
