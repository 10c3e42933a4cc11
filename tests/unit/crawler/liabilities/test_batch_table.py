from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.batch_table import chain_faults, input_faults, parse
from crawler.liabilities.interface import HeldFile, LiabilitiesError
from tests.unit.crawler.liabilities.bn254_prover import table

ROOTS, ASSETS = (1, 2, 3, 4), (5, 6, 7, 8)
TABLE = table(ROOTS, ASSETS)
LINES = TABLE.data.decode().splitlines(keepends=True)


def refused(text: str) -> str:
    with pytest.raises(LiabilitiesError) as caught:
        parse(HeldFile("proof.csv", text.encode()))
    return str(caught.value)


def test_batches_are_put_in_order() -> None:
    batches = parse(table(ROOTS, ASSETS, order=[2, 0, 1]))
    assert batches == parse(TABLE)
    assert [batch.roots for batch in batches] == [(1, 2), (2, 3), (3, 4)]
    assert (input_faults(batches), chain_faults(batches)) == ([], [])


def test_a_chain_that_breaks_is_named() -> None:
    broken = [*parse(TABLE)[:1], *parse(table((9, 9, 3, 4), ASSETS))[1:]]
    assert chain_faults(broken) == ["batch 1 does not start where batch 0 ended"]
    assert input_faults(broken) == []


def test_a_public_input_is_the_hash_of_what_is_around() -> None:
    one, other = LINES[1].split(","), LINES[2].split(",")
    text = LINES[0] + ",".join([*one[:-2], other[-2], one[-1]])
    assert input_faults(parse(HeldFile("proof.csv", text.encode())))[0].startswith("batch 0")


@pytest.mark.parametrize("numbers", [[0, 2], [1], [0, 0]])
def test_numbers_have_no_gap(numbers: list[int]) -> None:
    assert "not numbered" in refused(LINES[0] + "".join(LINES[1 + place] for place in numbers))


def test_other_columns_are_refused() -> None:
    assert "columns" in refused("")
    assert "columns" in refused(LINES[1])
    assert "columns" in refused(LINES[0].replace('"id"', '"batch_number"') + LINES[1])
    assert "'who' is not known" in refused(LINES[0].replace('"id"', '"who"') + LINES[1])
    assert "cells instead of" in refused(LINES[0] + "1,2\n")
    assert "not numbered" in refused(LINES[0] + "\n")
    assert "not CSV" in refused(LINES[0] + '"a"b')
    with pytest.raises(LiabilitiesError, match="UTF-8"):
        parse(HeldFile("proof.csv", b"\xff"))


@pytest.mark.parametrize(
    ("old", "new"),
    [('"0"', '"-1"'), ('"AAAA', '"AA!A'), ('"AAAA', '"'), ("[", "{"), ('""]', '"", 1]')],
)
def test_damaged_cells_are_refused(old: str, new: str) -> None:
    assert "proof.csv: line 2" in refused(LINES[0] + LINES[1].replace(old, new))


@given(st.text(max_size=60))
def test_noise_is_refused_in_no_other_way(text: str) -> None:
    assert refused(LINES[0] + text.replace("\r", "") + '"')
