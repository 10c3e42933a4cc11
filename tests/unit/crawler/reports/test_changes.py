from __future__ import annotations

import io
import json

from hypothesis import given
from hypothesis import strategies as st

from crawler.reports.changes import SHOWN_ROWS, changes_between, moved_totals
from crawler.reports.findings import FindingLine
from crawler.reports.rows import read_blocks
from crawler.reports.snapshots import Changes, Summary, summary_of
from tests.unit.crawler.reports.samples import finding_lines, packed, report

State = tuple[str, str, str]
"""Claimed amount, ownership and finding."""


def line(address: str, state: State = ("1.0", "proven", "match"), **more: object) -> FindingLine:
    claimed, ownership, finding = state
    members = {"address": address, "claimed": claimed, "ownership": ownership, "finding": finding}
    return FindingLine(**{**finding_lines()[0], **members, **more})  # type: ignore[typeddict-item]


def summary(name: str = "2026-01-01-abababab") -> Summary:
    return summary_of(report(), digests={}).model_copy(update={"snapshot": name})


def compare(
    before: list[FindingLine], after: list[FindingLine]
) -> tuple[Changes, list[dict[str, object]]]:
    stream = io.BytesIO()
    changes = changes_between(
        summary("a"), summary("b"), lambda: read_blocks(packed(before)),
        read_blocks(packed(after)), stream,
    )  # fmt: skip
    return changes, [json.loads(text) for text in stream.getvalue().splitlines()]


def test_new_vanished_and_changed_rows_are_told_apart() -> None:
    changes, rows = compare(
        [line("0xAA", row=1), line("0xbb", row=2), line("cc", row=3)],
        [
            line("0xaa", ("2.0", "proven", "match"), row=4),
            line("cc", ("1.0", "failed", "shortfall"), row=5),
            line("CC", row=6),
        ],
    )
    assert [(row["change"], row["address"], row["row"]) for row in rows] == [
        ("new", "CC", 6), ("vanished", "0xbb", 2), ("verdict", "cc", 5),
    ]  # fmt: skip
    assert rows[2]["before"] == ["proven", "match"]
    assert (rows[2]["ownership"], rows[2]["finding"]) == ("failed", "shortfall")
    assert changes.counts.model_dump() == {"new": 1, "vanished": 1, "verdict": 1, "amount": 1}
    assert (changes.previous, changes.current) == ("a", "b")


def test_the_same_address_under_another_coin_is_another_row() -> None:
    changes, _ = compare([line("0xaa", coin="ETH")], [line("0xaa", coin="USDT")])
    assert (changes.counts.new, changes.counts.vanished) == (1, 1)


def test_later_rows_of_a_holding_are_left_out() -> None:
    repeated = line("0xAA", reason="duplicate")
    changes, rows = compare([line("0xaa")], [line("0xaa"), repeated])
    assert rows == []
    assert set(changes.counts.model_dump().values()) == {0}


def test_an_owner_that_is_named_hides_no_holding_of_its_own() -> None:
    def rows(claimed: str, owner: str) -> list[FindingLine]:
        named = line("0xAA", ("", owner, "out-of-scope"), reason="no-amount", row=1)
        return [named, line("0xaa", (claimed, "proven", "match"), row=2)]

    changes, told = compare(rows("1.0", "proven"), rows("2.0", "failed"))
    assert changes.counts.model_dump() == {"new": 0, "vanished": 0, "verdict": 1, "amount": 1}
    assert [(row["change"], row["row"]) for row in told] == [("verdict", 1)]


def test_all_rows_are_in_the_stream_and_the_first_in_the_document() -> None:
    many = [line(f"a{number}", row=number) for number in range(SHOWN_ROWS + 5)]
    changes, rows = compare([], many)
    assert len(rows) == changes.counts.new == SHOWN_ROWS + 5
    assert [row.address for row in changes.rows] == [row["address"] for row in rows[:SHOWN_ROWS]]


def test_an_amount_that_is_written_otherwise_is_the_same() -> None:
    before = [("a", "1.0"), ("b", "100"), ("c", "0.000"), ("d", "10.50"), ("e", "100")]
    after = [("a", "1"), ("b", "100.00"), ("c", "0"), ("d", "10.5"), ("e", "1.00")]
    changes, rows = compare(
        *([line(address, (claimed, "proven", "match")) for address, claimed in each]
          for each in (before, after))
    )  # fmt: skip
    assert (changes.counts.amount, rows) == (1, [])


states = st.tuples(
    st.sampled_from(["1.0", "2.0"]),
    st.sampled_from(["proven", "failed"]),
    st.sampled_from(["match", "shortfall"]),
)
lists = st.dictionaries(st.sampled_from(["a", "b", "\x00", "é", "=1"]), states)


@given(lists, lists)
def test_what_changed_is_what_a_dictionary_says(
    before: dict[str, State], after: dict[str, State]
) -> None:
    changes, rows = compare(
        [line(address, state) for address, state in before.items()],
        [line(address, state) for address, state in after.items()],
    )
    found = {(row["change"], row["address"]) for row in rows}
    both = before.keys() & after.keys()
    assert found == (
        {("new", address) for address in after.keys() - before.keys()}
        | {("vanished", address) for address in before.keys() - after.keys()}
        | {("verdict", address) for address in both if before[address][1:] != after[address][1:]}
    )
    assert changes.counts.amount == sum(before[one][0] != after[one][0] for one in both)


def test_totals_that_moved_are_named_with_their_exact_difference() -> None:
    before = summary()
    eth, usdt = before.assets
    sums = usdt.sums.model_copy(update={"claimed": "7.500001", "observed": "6.0"})
    after = before.model_copy(update={"assets": [usdt.model_copy(update={"sums": sums})]})
    moved = {(one.asset, one.network, one.figure): one for one in moved_totals(before, after)}
    assert set(moved) == {
        ("USDT", None, "claimed"),
        *(("ETH", None, figure) for figure in ("claimed", "observed", "attested")),
    }
    assert moved["USDT", None, "claimed"].difference == "0.000001"
    gone = moved["ETH", None, "claimed"]
    assert (gone.before, gone.after, gone.difference) == (eth.sums.claimed, None, "-3")
