from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ListError
from crawler.lists.interface import Census, ListFormat, Vocabulary
from crawler.lists.lines import LINE_LIMIT, split_lines
from crawler.lists.okx import Okx
from crawler.lists.okx_auditor import OkxAuditor
from crawler.lists.rows import CONTINUATION_LIMIT
from tests.unit.crawler.lists.samples import (
    A7,
    A9,
    A11,
    A12,
    ADDRESS,
    COINS,
    FORM_B,
    MESSAGE,
    ROW7,
    ROW9,
    ROW11,
    ROW12,
    ROW_B,
    SIGNATURE,
    SUMMARY,
    claim,
    malformed,
    parse,
)

START = f"ETH,ETH,1,{ADDRESS},1,"

# --- an unclosed quote must not swallow what follows --------------------------------


def test_a_quote_that_is_never_closed_costs_one_row() -> None:
    rows = f'{START}"{MESSAGE},{SIGNATURE},,\n' + f"{ROW9}\n" * 100
    entries, census = parse(f"{A9}\n{rows}")
    assert malformed(entries[0]).reason == "quote"
    assert (census.claims, census.malformed, census.continuation) == (100, 1, 0)


def test_two_stray_quotes_do_not_swallow_the_rows_between_them() -> None:
    stray = f'{START}"{MESSAGE},{SIGNATURE},,'
    closing = f'{START}{MESSAGE}",{SIGNATURE},,'
    entries, census = parse(f"{A9}\n{stray}\n{ROW9}\n{closing}\n{ROW9}\n")
    assert malformed(entries[0]).row == 2
    assert [claim(entry).row for entry in entries[1:]] == [3, 4, 5]
    assert census.continuation == 0


def test_lines_too_short_to_be_rows_are_not_swallowed_beyond_the_limit() -> None:
    rows = f'{START}"{MESSAGE}\n' + "x,\n" * CONTINUATION_LIMIT + f'",{SIGNATURE},,\n{ROW9}\n'
    entries, census = parse(f"{A9}\n{rows}")
    assert census.continuation == 0
    assert census.malformed == CONTINUATION_LIMIT + 2
    assert claim(entries[-1]).row == CONTINUATION_LIMIT + 4


def test_every_row_with_a_stray_quote_is_reported_on_its_own_line() -> None:
    rows = f'{START}"{MESSAGE},{SIGNATURE},,\n' * 50
    entries, _ = parse(f"{A9}\n{rows}")
    assert [malformed(entry).row for entry in entries] == list(range(2, 52))


def test_an_unclosed_quote_at_the_very_end_is_reported() -> None:
    entries, _ = parse(f'{A9}\n{ROW9}\n"ETH,ETH')
    assert malformed(entries[1]).reason == "quote"


def test_a_bad_byte_inside_a_quoted_row_does_not_spread() -> None:
    content = (
        f'{A9}\n{START}"two\n'.encode() + b'\xff lines",' + f"{SIGNATURE},,\n{ROW9}\n".encode()
    )
    entries, census = parse(content)
    assert [malformed(entry).reason for entry in entries[:2]] == ["quote", "encoding"]
    assert claim(entries[2]).row == 4
    assert census.continuation == 0


# --- what may span lines ------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_quoted_row_of_several_lines_keeps_the_number_of_its_first(end: str) -> None:
    rows = [A9, f'{START}"I am', "", 'an ""OKX"" address"', f" ,{SIGNATURE},,", ROW9]
    quoted = end.join([*rows[:3], rows[3] + rows[4], ROW9])
    entries, census = parse(quoted)
    first, second = claim(entries[0]), claim(entries[1])
    assert first.material.message == f'I am{end}{end}an "OKX" address'
    assert (first.row, second.row) == (2, 5)
    assert (census.lines, census.continuation, census.claims) == (5, 2, 2)


# --- lines --------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_any_line_end_and_a_byte_order_mark_are_survived(end: str, last: bool) -> None:
    content = "\ufeff" + end.join([SUMMARY, "ETH,1,2", "", A11, ROW11]) + (end if last else "")
    _, census = parse(content)
    assert (census.lines, census.header, census.summary, census.blank) == (5, 2, 1, 1)
    assert census.claims == 1


def test_a_cell_of_a_megabyte_is_just_a_cell() -> None:
    script = "52" * 2**19
    entries, _ = parse(f"{A9}\n{ROW9}{script}\n{START}{MESSAGE},,,[{script},{script}]\n")
    assert claim(entries[0]).material.key == script
    assert claim(entries[1]).material.key == f"[{script},{script}]"


def test_a_line_beyond_the_limit_is_malformed_and_the_next_one_is_not() -> None:
    entries, _ = parse(f"{A9}\n{ROW9}{'5' * LINE_LIMIT}\n{ROW9}\n")
    assert malformed(entries[0]).reason == "length"
    assert malformed(entries[0]).address == ADDRESS
    assert claim(entries[1]).row == 3


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_row_of_nothing_but_commas_beyond_any_spreadsheet_is_malformed(quote: str) -> None:
    entries, _ = parse(f"{A9}\n{quote}E{quote}{',x' * 30_000}\n{ROW9}\n")
    assert malformed(entries[0]).reason == "cells"
    assert claim(entries[1]).row == 3


# --- the law: every line is counted once, whatever the bytes ------------------------

FRAGMENTS = [
    *(line.encode() for line in (A7, A9, A11, A12, FORM_B, SUMMARY)),
    *(line.encode() for line in (ROW7, ROW9, ROW11, ROW12, ROW_B, "ETH,1,5", "ETH(ALL),-,6")),
    b",,,,", b"", b" ", b'"', b'""', b"[", b"]", b"{", b"}", b",", b"\n", b"\r", b"\r\n", b"\xff",
    b"\x00", b"\xef\xbb\xbf", b"1.23E+17", b"-", b"\\N", "“".encode(), b"\n" * 40, b"5",
]  # fmt: skip


def law(content: bytes, form: ListFormat) -> None:
    census = Census()
    vocabulary = Vocabulary(entity="okx", coins=COINS)
    seen = []
    try:
        for entry in form.parse(
            split_lines([content]), file="f", vocabulary=vocabulary, census=census
        ):
            seen.append(entry.row)  # noqa: PERF401 (must survive the exception)
    except ListError:
        assert census.claims == 0, "without a header nothing can be a claim"
    assert census.lines == len(content.splitlines())
    assert census.is_complete()
    assert len(seen) == census.claims + census.malformed + census.summary
    assert seen == sorted(set(seen)), "in file order, each line at most once"


@given(st.binary(max_size=300), st.sampled_from([Okx(), OkxAuditor()]))
def test_every_line_is_counted_once_in_any_bytes(content: bytes, form: ListFormat) -> None:
    law(content, form)
    law(A9.encode() + b"\n" + content, form)


@given(
    st.lists(st.sampled_from(FRAGMENTS), max_size=25),
    st.sampled_from([b"\n", b"\r\n", b"\r", b"", b","]),
    st.sampled_from([Okx(), OkxAuditor()]),
)
def test_every_line_is_counted_once_in_lists_of_fragments(
    fragments: list[bytes], glue: bytes, form: ListFormat
) -> None:
    law(glue.join(fragments), form)


@given(st.data())
def test_damage_anywhere_never_costs_a_row_that_stands_three_lines_away(
    data: st.DataObject,
) -> None:
    lines = [A11, *[ROW11] * 12]
    raw = bytearray("\n".join(lines).encode())
    place = data.draw(st.integers(len(A11) + 1, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255))
    hit = bytes(raw[:place]).count(b"\n") + 1
    entries, census = parse(bytes(raw))
    shift = census.lines - len(lines)
    rows = {claim(entry).row for entry in entries if not hasattr(entry, "reason")}
    for row in range(2, 14):
        if abs(row - hit) >= 3:
            assert row + (shift if row > hit else 0) in rows
