from __future__ import annotations

import io
from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import Assurance, Observed, OwnershipVerdict, Reading, Unresolved
from chains.errors import UnresolvedReason
from crawler.aggregate import Aggregate, Sum, Totals
from crawler.assess import assess
from crawler.block_check import ReadRows, offset_behind
from crawler.models import Amount, Claim
from crawler.reports.findings import encode_line, finding_line
from tests.unit.crawler.samples import (
    ETH,
    FAILED,
    PROVEN,
    UNSIGNED,
    claim,
    mapping,
    observed,
)

COINS = [mapping(), mapping("ETH", ETH), mapping("OTHER")]
READINGS = [observed(0), observed(0, Assurance.QUORUM)]
"""What balances are told with: one point and one tuple of sources each."""


def recorded(one: Claim, verdict: OwnershipVerdict, reading: Reading) -> bytes:
    return encode_line(finding_line(assess(one, verdict, reading)))


def test_the_line_of_a_claim_is_known_again_wherever_it_stands() -> None:
    line = recorded(claim(), PROVEN, observed(1_500_000))
    assert ReadRows().compare(claim(), PROVEN, observed(1_500_000), line, 0) == len(line)
    assert ReadRows().compare(claim(), PROVEN, observed(1_500_000), b"x" + line, 1) == len(line)
    assert ReadRows().compare(claim(), PROVEN, observed(1_500_000), line, 1) == 0
    assert ReadRows().compare(claim(), PROVEN, observed(1_500_000), line[:-1], 0) == 0


amounts = st.one_of(
    st.sampled_from([Amount(1_500_000, 6), Amount(15, 1), Amount(0, 0)]),
    st.builds(Amount, st.integers(0, 10**24), st.integers(0, 20)),
)
addresses = st.one_of(
    st.sampled_from(["0x" + "11" * 20, "0x" + "AB" * 20, "bc1q", "é", 'a"b', "a\\", "a b", ""]),
    st.text(max_size=5),
)
rows = st.lists(
    st.tuples(
        st.builds(
            claim,
            st.integers(1, 10**9),
            address=addresses,
            amount=st.one_of(st.none(), amounts),
            coin=st.sampled_from(COINS),
            custodian=st.sampled_from(["OKX", "Other <é>"]),
            mapped=st.sampled_from([True, True, True, False]),
        ),
        st.one_of(st.none(), amounts),
        st.sampled_from([PROVEN, FAILED, UNSIGNED]),
        st.sampled_from(READINGS),
        st.one_of(st.just(1_500_000), st.integers(0, 10**24)),
    ),
    max_size=12,
)
Rows = list[tuple[Claim, Amount | None, OwnershipVerdict, Observed, int]]


def readings(drawn: Rows) -> list[tuple[Claim, OwnershipVerdict, Observed]]:
    """Return claims with their roundings, verdicts and balances."""
    return [
        (replace(one, rounding=rounding), verdict, replace(told, amount=amount))
        for one, rounding, verdict, told, amount in drawn
    ]


def plain(totals: Totals) -> dict[str, object]:
    """Return totals in values that compare equal."""
    members = {one.name: getattr(totals, one.name) for one in fields(totals)}
    return {
        name: member.amount() if isinstance(member, Sum) else member
        for name, member in members.items()
    }


@given(rows)
def test_a_line_put_together_is_the_line_that_is_assessed(drawn: Rows) -> None:
    """Rows that can be put together match the very line, and count as in any run."""
    read, counted, expected = ReadRows(), Aggregate(), Aggregate()
    for one, verdict, reading in readings(drawn):
        line = recorded(one, verdict, reading)
        length = read.compare(one, verdict, reading, line, 0)
        assert length in {0, len(line)}
        simple = one.material.address.isascii() and one.material.address.isalnum()
        exact = one.rounding is None
        if simple and exact and one.amount is not None and one.mapping is not None:
            assert length
        if length:
            expected.add(assess(one, verdict, reading))
    for tally in read.tallies():
        counted.take(tally)
    assert read.tallies() == []
    assert plain(counted.entity) == plain(expected.entity)
    assert counted.assets.keys() == expected.assets.keys()
    for asset, totals in counted.assets.items():
        assert plain(totals) == plain(expected.assets[asset])


@given(rows, st.data())
def test_another_line_is_never_taken_for_it(drawn: Rows, data: st.DataObject) -> None:
    read = ReadRows()
    for one, verdict, reading in readings(drawn):
        line = bytearray(recorded(one, verdict, reading))
        line[data.draw(st.integers(0, len(line) - 1))] ^= data.draw(st.integers(1, 255))
        assert read.compare(one, verdict, reading, bytes(line), 0) == 0
    assert read.tallies() == []


def test_what_only_an_assessment_can_tell_is_left_to_it() -> None:
    rounded = replace(claim(), rounding=Amount(1, 6))
    line = recorded(rounded, PROVEN, observed(1_500_001))
    assert ReadRows().compare(rounded, PROVEN, observed(1_500_001), line, 0) == 0
    unread = Unresolved(UnresolvedReason.UNREACHABLE, "Nobody answered.")
    line = recorded(claim(), PROVEN, unread)
    assert ReadRows().compare(claim(), PROVEN, unread, line, 0) == 0


def behind(content: bytes, row: int) -> int:
    return offset_behind(io.BytesIO(content), row)


@given(st.lists(st.integers(1, 300), unique=True).map(sorted), st.integers(0, 301), st.data())
def test_lines_are_found_by_their_row(numbers: list[int], row: int, data: st.DataObject) -> None:
    lines = [
        b'{"row":%d,"x":"%s"}\n' % (number, b"y" * data.draw(st.integers(0, 80)))
        for number in numbers
    ]
    expected = sum(len(line) for line, number in zip(lines, numbers, strict=True) if number <= row)
    assert behind(b"".join(lines), row) == expected


@given(
    st.lists(
        st.sampled_from([
            b"\n", b"x\n", b'{"row":5,"a":1}\n', b'{"row":50,"a":1}\n', b'{"row":-1,}\n',
            b"\xff" * 90, b'{"row":99999999999999999999,"a":1}\n', b'{"row":7,',
        ])
    ).map(b"".join),
    st.integers(0, 60),
)  # fmt: skip
def test_odd_lines_give_the_start_of_some_line(content: bytes, row: int) -> None:
    """And never an endless search: what was compared is checked to be all of the file."""
    found = behind(content, row)
    starts = {0, len(content)} | {at + 1 for at, byte in enumerate(content) if byte == 0x0A}
    assert found in starts
    assert behind(b"", row) == 0
