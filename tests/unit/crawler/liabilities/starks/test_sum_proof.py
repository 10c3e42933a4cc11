from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.interface import LiabilitiesError
from crawler.liabilities.starks.field import P
from crawler.liabilities.starks.sum_proof import (
    Config,
    SumProof,
    SumValues,
    parse,
    parse_config,
    parse_values,
    verify,
)
from crawler.liabilities.starks.tree import StarkRefusedError
from tests.unit.crawler.liabilities.starks.small_round import CONFIG, small_files, small_round
from tests.unit.crawler.liabilities.starks.sum_prover import with_claim
from tests.unit.crawler.liabilities.zk_documents import Place, changed, get, node, places

NAME = "sum_proof_data/batches/a0/sum_proof.json"
DOCUMENT = small_files()[NAME]
VALUES = parse_values(node(small_round().batches["a0"].values()), CONFIG)


def parsed() -> SumProof:
    return parse(node(DOCUMENT), CONFIG)


def refused(document: object) -> str:
    with pytest.raises(LiabilitiesError) as caught:
        parse(node(document), CONFIG)
    return str(caught.value)


def test_the_proof_holds() -> None:
    verify(parsed(), VALUES, CONFIG)


def test_sums_that_are_not_the_users_give_no_proof() -> None:
    batch = with_claim(small_round().batches["a0"], [705, 29, 1])
    values = parse_values(node(batch.values()), CONFIG)
    with pytest.raises(StarkRefusedError):
        verify(parse(node(batch.proof()), CONFIG), values, CONFIG)


def test_the_honest_proof_does_not_bear_out_other_sums() -> None:
    total = VALUES.total
    other = SumValues((VALUES.coins[0] - 1, VALUES.coins[1] + 1, VALUES.coins[2]), total)
    with pytest.raises(StarkRefusedError, match="claimed total of the coin 0"):
        verify(parsed(), other, CONFIG)


def test_coins_must_add_up_to_the_total() -> None:
    with pytest.raises(StarkRefusedError, match="do not add up"):
        verify(parsed(), replace(VALUES, total=VALUES.total + 1), CONFIG)


def test_too_little_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.liabilities.starks.sum_proof.POW_BITS", 60)
    with pytest.raises(StarkRefusedError, match="less than 60 bits"):
        verify(parsed(), VALUES, CONFIG)


def test_opened_values_must_be_those_of_the_leaves() -> None:
    proof = parsed()
    spot = replace(proof.spots[3], net=(proof.spots[3].net + 1) % P, leaf=bytes(32))
    with pytest.raises(StarkRefusedError, match="not those of the leaves"):
        verify(replace(proof, spots=(*proof.spots[:3], spot, *proof.spots[4:])), VALUES, CONFIG)


LISTS = sorted({place[:end] for place in places(DOCUMENT) for end in range(len(place))}, key=str)
ARRAYS = [place for place in LISTS if isinstance(get(DOCUMENT, place), list)]
COUNTED = [place for place in ARRAYS if len(place) < 2 or place[0] == "mtree_entries_data"]


@given(st.sampled_from(COUNTED))
def test_lists_of_known_length_have_it(place: Place) -> None:
    items = get(DOCUMENT, place)
    for wrong in (items[:-1], [*items, items[-1]]):
        document = changed(DOCUMENT, place, wrong)
        if place == ("low_degree_proof",):
            with pytest.raises((LiabilitiesError, StarkRefusedError)):
                verify(parse(node(document), CONFIG), VALUES, CONFIG)
        else:
            assert refused(document)


@given(
    st.sampled_from(list(places(DOCUMENT))),
    st.sampled_from([None, True, 1.5, {}, [], "0x" + "0" * 62, "0" * 63, "A" * 64, -1, 2**70]),
)
def test_noise_in_any_place_is_refused(place: Place, value: object) -> None:
    assert refused(changed(DOCUMENT, place, value))


@pytest.mark.parametrize("value", [P, 2**256 - 1])
def test_values_beyond_the_field_are_refused(value: int) -> None:
    word = f"{value:064x}"
    first = DOCUMENT["mtree_entries_data"][0]
    assert "not an element" in refused(
        changed(DOCUMENT, ("mtree_entries_data", 0), word + first[64:])
    )
    for place in (
        ("mtree_entries_data", 1, 0),
        ("l_mtree_branches", 0, 0),
        ("low_degree_proof", 0, 1, 0, 0),
        ("low_degree_proof", 2, 5),
    ):
        assert "not an element" in refused(changed(DOCUMENT, place, word))


@pytest.mark.parametrize(
    ("member", "value"),
    [("steps", 63), ("steps", 2**20), ("steps", 2), ("uts", 8), ("uts", 48), ("uts", 128)],
)
def test_sizes_out_of_range_are_refused(member: str, value: int) -> None:
    assert refused(changed(DOCUMENT, (member,), value))


@pytest.mark.parametrize("rows", [16, 32, 64])
def test_the_empty_block_alone_is_no_trace(rows: int) -> None:
    document = changed(DOCUMENT, ("steps",), rows)
    assert "but the empty one" in refused(changed(document, ("uts",), rows))


def test_rows_must_divide_the_steps() -> None:
    document = changed(DOCUMENT, ("steps",), 16)
    assert "divide the steps" in refused(changed(document, ("uts",), 64))


@pytest.mark.parametrize(
    "config",
    [
        {"main_coins_num": 4, "coins": ["A", "B", "C"]},
        {"main_coins_num": -1, "coins": ["A"]},
        {"main_coins_num": 0, "coins": []},
        {"main_coins_num": 1, "coins": ["A", "A"]},
        {"main_coins_num": 1, "coins": ["total_value"]},
        {"main_coins_num": 1, "coins": ["A"], "more": 1},
        {"main_coins_num": True, "coins": ["A"]},
    ],
)
def test_impossible_configurations_are_refused(config: object) -> None:
    with pytest.raises(LiabilitiesError):
        parse_config(node(config))


@pytest.mark.parametrize(
    "values",
    [
        {"A": 1},
        {"A": 1, "total_value": 1, "B": 0},
        {"A": -1, "total_value": 1},
        {"A": P, "total_value": 1},
        {"A": "1", "total_value": 1},
    ],
)
def test_impossible_sums_are_refused(values: object) -> None:
    with pytest.raises(LiabilitiesError):
        parse_values(node(values), Config(("A",), 1))
