from __future__ import annotations

import decimal
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.blocks import Duplicates
from crawler.liabilities.id_table import EXACT, Table
from crawler.liabilities.interface import HeldFile, LiabilitiesError
from tests.unit.crawler.liabilities.files import held
from tests.unit.crawler.liabilities.test_blocks import Slow
from tests.vectors.liability_proofs import id_table

AMOUNTS = st.decimals("-1e20", "1e20", places=8).map(lambda each: format(each, "f"))
HEADER = "Hashed Client ID,BTC\n"


@given(st.lists(AMOUNTS, min_size=1), st.integers(60, 400))
def test_sums_are_exact_however_the_file_comes(amounts: list[str], step: int) -> None:
    rows = "".join(f"{place:08x},{amount}\n" for place, amount in enumerate(amounts))
    table = Table(Slow((HEADER + rows).encode(), step))
    sums = table.sums(Duplicates())
    with decimal.localcontext(EXACT):
        assert sums.totals == [sum(map(Decimal, amounts))]
        negative = [Decimal(amount) for amount in amounts if Decimal(amount) < 0]
        assert sums.negative_sums == [sum(negative)]
    assert sums.negative_count == [len(negative)]
    assert sums.rows == len(amounts)
    assert sums.digest == sha256((HEADER + rows).encode()).hexdigest()


@pytest.mark.parametrize("amounts", [("1.5", "2.25"), ("1.50", "2.25"), ("1", "2.25")])
def test_rows_are_as_written_whichever_way_they_are_read(amounts: tuple[str, str]) -> None:
    text = HEADER + "".join(f"{place:04x},{each}\n" for place, each in enumerate(amounts))
    table = Table(held(text))
    assert [row.amounts for row in table.rows()] == [(each,) for each in amounts]
    assert [row.line for row in table.rows()] == text.splitlines()[1:]


def test_marks_blank_lines_quotes_and_thousands_are_tolerated() -> None:
    text = '\ufeff\r\n"Hashed Client ID", BTC\r\n\r\nab,"1,234.5"\r\n  \r\ncd, 2 \r\n'
    sums = Table(held(text)).sums(Duplicates())
    assert (sums.rows, sums.totals) == (2, [Decimal("1236.5")])


def test_scientific_notation_is_taken_when_it_is_asked_for() -> None:
    text = f"{HEADER}ab,1.5e3\n"
    with pytest.raises(LiabilitiesError, match=r"1\.5e3") as caught:
        list(Table(held(text)).rows())
    assert "--lenient" in caught.value.hint
    assert Table(held(text), lenient=True).sums(Duplicates()).totals == [Decimal(1500)]


@pytest.mark.parametrize("amount", ["", "NaN", "Infinity", "1_0", "1.", ".5", "+1", "0x1", "1,23"])
def test_what_is_no_balance_is_refused_with_its_line(amount: str) -> None:
    with pytest.raises(LiabilitiesError, match="line 3"):
        list(Table(held(f'{HEADER}ab,1\ncd,"{amount}"\n')).rows())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "first column"),
        ("BTC,ETH\n1,2\n", "first column"),
        ("Hashed Client ID\nab\n", "1 to 500 currencies"),
        ("client,BTC,BTC\nab,1,2\n", "not usable"),
        ("client,=BTC\nab,1\n", "not usable"),
        ("client,BTC\n", "no rows"),
        ("client,BTC\nab,1,2\n", "3 cells"),
        ("client,BTC\nab\n", "1 cells"),
        ("client,BTC\n<b>,1\n", "no usable id"),
        ('client,BTC\n"ab,1\n', "cannot be split"),
    ],
)
def test_what_is_no_table_is_refused(text: str, reason: str) -> None:
    with pytest.raises(LiabilitiesError, match=reason):
        list(Table(held(text)).rows())


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("exact", [0, 1000])
def test_repeated_ids_are_found_in_plain_and_in_quoted_rows(quote: str, exact: int) -> None:
    lines = [f"{quote}{number % 30:04x}{quote},1\n" for number in range(35)]
    table = Table(held(HEADER + "".join(lines)))
    finder = Duplicates(bits=4, exact=exact)
    sums = table.sums(finder)
    assert set(table.repeated(finder, sums)) == {f"{number:04x}" for number in range(5)}


def test_ids_of_another_form_are_counted() -> None:
    assert Table(held(f"{HEADER}ab,1\nABC,1\nxy,1\n")).sums(Duplicates()).irregular == 2
    assert Table(held(f"{HEADER}AB,1\nCD,1\n")).sums(Duplicates()).irregular == 0


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        Table(HeldFile("x", b"client,BTC\nab,1\n" + data)).sums(Duplicates())
    except LiabilitiesError:
        return


def test_the_made_table() -> None:
    assert Table(held(id_table(1))).sums(Duplicates()).rows == 9


@pytest.mark.parametrize("name", ["AB01", "ab 1", "xy01", "a,b1", "ab0", "ab011"])
@pytest.mark.parametrize("amount", ["1.50", "1", "-2.25"])
def test_an_id_that_is_not_like_the_others_is_seen_whatever_the_amounts(
    name: str, amount: str
) -> None:
    text = f"{HEADER}ab01,1.25\n{name},{amount}\n"
    try:
        sums = Table(held(text)).sums(Duplicates())
    except LiabilitiesError:
        return
    assert sums.irregular == 1
    assert sums.totals == [Decimal("1.25") + Decimal(amount)]
