from __future__ import annotations

import pytest

from crawler.errors import ListError
from crawler.lists.interface import UNKNOWN_COLUMNS_KEPT
from crawler.models import Amount
from tests.unit.crawler.lists.samples import (
    A7,
    A9,
    A11,
    A12,
    COINS,
    ROW7,
    ROW9,
    ROW11,
    ROW12,
    SUMMARY,
    claim,
    malformed,
    mapping,
    parse,
    summary,
)


def test_without_a_header_there_is_no_list() -> None:
    with pytest.raises(ListError, match=r"list\.csv has no header"):
        parse(f"{SUMMARY}\nETH,1,2\n{ROW9}\n")


def test_rows_above_any_header_are_malformed_not_lost() -> None:
    entries, census = parse(f"{ROW9}\nReserves of July\n{A9}\n{ROW9}\n")
    assert [malformed(entry).reason for entry in entries[:2]] == ["no-header", "summary"]
    assert (census.outside_detail, census.detail_rows()) == (2, 1)


@pytest.mark.parametrize("separator", ["", "\n", "\n\n\n", ",,,\n", ' , ,""\n', "\r\n"])
def test_the_separator_may_be_missing_repeated_or_commas(separator: str) -> None:
    entries, census = parse(
        f"{SUMMARY}\nETH(ALL),-,6\nETH,16005122, 5.2834,,,\n{separator}{A11}\n{ROW11}\n"
    )
    aggregate, single = summary(entries[0]), summary(entries[1])
    assert (aggregate.coin, aggregate.height, aggregate.is_aggregate) == ("ETH(ALL)", None, True)
    assert (single.height, single.amount) == (16005122, Amount(52834, 4))
    assert claim(entries[2]).row == 5 + census.blank
    assert (census.header, census.summary) == (2, 2)


@pytest.mark.parametrize("line", ["ETH,-,1e5", "ETH,x,5", ",1,5", "ETH,5", "ETH,1,2,3", '"ETH,1,2'])
def test_a_bad_summary_line_is_named(line: str) -> None:
    entries, census = parse(f"{SUMMARY}\n{line}\n\n{A9}\n{ROW9}\n")
    assert malformed(entries[0]).row == 2
    assert malformed(entries[0]).reason in {"summary", "quote"}
    assert census.outside_detail == 1


def test_concatenated_lists_repeat_sections_and_may_change_layout() -> None:
    first = f"{SUMMARY}\nETH,5,1\n\n{A7}\n{ROW7}\n{A7}\n{ROW7}\n"
    second = f"\ufeff{SUMMARY}\nETH,6,1\n{A12}\n{ROW12}\n"
    entries, census = parse(first + second + f"{A7}\n{ROW7}\n")
    claims = [entry for entry in entries if entry.row in {5, 7, 11, 13}]
    assert [claim(entry).height for entry in claims] == [5, 5, 20914735, 6]
    assert (census.header, census.summary, census.claims, census.malformed) == (6, 2, 4, 0)


def test_a_header_repeated_below_itself_is_never_a_claim_of_a_coin_named_coin() -> None:
    coins = {**COINS, "COIN": mapping("COIN")}
    _, census = parse(f"{A9}\n{ROW9}\n{A9}\n{ROW9}\n", coins=coins)
    assert (census.claims, census.header) == (2, 2)


def test_reading_twice_gives_the_same() -> None:
    content = f"{SUMMARY}\nETH,5,1\n{A7}\n{ROW7}\n"
    assert parse(content) == parse(content)


def test_a_summary_that_follows_the_rows_ends_their_section() -> None:
    entries, census = parse(f"{A9}\n{ROW9}\n{SUMMARY}\nETH,1,2\n{ROW9}\n")
    assert summary(entries[1]).row == 4
    assert malformed(entries[2]).reason == "no-header"
    assert (census.outside_detail, census.detail_rows()) == (1, 1)


def test_a_valid_row_of_an_unknown_coin_is_no_summary_header_whatever_it_says() -> None:
    row = ROW9.replace("ETH,ETH", "token,balance", 1)
    entries, census = parse(f"{A9}\n{row}\n{ROW9}\n")
    assert [claim(entry).row for entry in entries] == [2, 3]
    assert census.header == 1


def test_unknown_columns_are_kept_once_cleaned_and_within_bounds() -> None:
    _, census = parse(f"{A9},note,\tnote ,memo\n{ROW9}\n{A9},note\n{ROW9}\n")
    assert census.unknown_columns == ["note", "memo"]
    _, census = parse("\n".join(f"{A9},note{number}" for number in range(300)))
    assert len(census.unknown_columns) == UNKNOWN_COLUMNS_KEPT


def test_what_is_shown_of_a_malformed_row_is_short_and_printable() -> None:
    row = malformed(parse(f"{A9}\n{'E' * 9999},\x1b[31m{'x' * 9999}\n")[0][0])
    assert len(row.coin) == 200
    assert row.coin.isprintable()
    assert row.detail.isprintable()
