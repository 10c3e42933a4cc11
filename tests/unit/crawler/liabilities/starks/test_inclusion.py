from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.interface import LiabilitiesError
from crawler.liabilities.starks.inclusion import parse
from tests.unit.crawler.liabilities.starks.small_round import CONFIG, small_round
from tests.unit.crawler.liabilities.zk_documents import Place, changed, node, places

DOCUMENT = small_round().inclusion("a0", 1)
FOUND = parse(node(DOCUMENT))


def test_an_honest_file_has_no_faults() -> None:
    traces = (small_round().batches["a0"].trace, small_round().trunk.trace)
    assert FOUND.config == CONFIG
    assert FOUND.user.coins == (5, 9, -3)
    assert FOUND.user.faults("batch", traces[0]) == []
    assert FOUND.batch.faults("trunk", traces[1]) == []
    assert FOUND.user.faults("batch", None) == []


def test_the_place_of_a_leaf_follows_from_the_index() -> None:
    assert FOUND.user.position == 16 * (16 * 2 + 14)
    assert FOUND.user.leaves == 1024


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("total", 12, "do not make the leaf"),
        ("coins", (5, 9, -2), "do not make the leaf"),
        ("identity", bytes(32), "do not make the leaf"),
        ("random", bytes(32), "do not make the leaf"),
        ("root", bytes(32), "leads to another root"),
        ("place", 0, "leads to another root"),
        ("place", 3, "is not in a tree"),
        ("rows", 32, "is not in a tree"),
    ],
)
def test_every_part_of_an_entry_counts(field: str, value: object, fault: str) -> None:
    wrong = replace(FOUND.user, **{field: value})  # type: ignore[arg-type]
    assert any(fault in found for found in wrong.faults("batch", None))


def test_a_tree_of_other_sizes_is_a_fault() -> None:
    trunk = small_round().trunk.trace
    assert "not those of the sum proof" in FOUND.user.faults("batch", trunk)[0]


@given(
    st.sampled_from(list(places(DOCUMENT))),
    st.sampled_from([None, True, {}, [], "", "+1", "01", "-0", "1e3", "0x1", -1, "A" * 64]),
)
def test_noise_in_any_place_is_refused(place: Place, value: object) -> None:
    if place == ("config", "coins", 0) and value == "":
        return
    with pytest.raises(LiabilitiesError):
        parse(node(changed(DOCUMENT, place, value)))


def test_a_coin_may_not_have_the_name_of_another_member() -> None:
    with pytest.raises(LiabilitiesError, match="name of another member"):
        parse(node(changed(DOCUMENT, ("config", "coins", 0), "user_id")))


def test_numbers_beyond_the_field_are_refused() -> None:
    place = ("batch_inclusion_proof", "BTC")
    with pytest.raises(LiabilitiesError, match="field's size"):
        parse(node(changed(DOCUMENT, place, str(2**252))))
