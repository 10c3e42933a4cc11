from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.interface import LiabilitiesError
from crawler.liabilities.plonky2.goldilocks import P
from crawler.liabilities.plonky2.proof import digest, elements, leaf_lengths, parse, residues
from tests.unit.crawler.liabilities.plonky2.tiny_proofs import parsed, written
from tests.unit.crawler.liabilities.zk_documents import Place, changed, get, node, places

DATA, DOCUMENT = written()


def refused(document: object) -> str:
    with pytest.raises(LiabilitiesError) as caught:
        parse(node(document), DATA.common)
    return str(caught.value)


def test_the_sizes_are_the_circuits() -> None:
    _, proof = parsed()
    common = DATA.common
    assert leaf_lengths(common) == (83, 135, 20, 16)
    assert [len(part.leaf) for part in proof.queries[0].initial] == [83, 135, 20, 16]
    assert len(proof.openings.at_zeta()) == 83 + 135 + 20 + 16
    assert {len(part.siblings) for part in proof.queries[0].initial} == {common.lde_bits - 1}
    assert len(proof.final) == 2


def test_leaves_that_hide_carry_salt_but_for_the_circuits_own() -> None:
    _, proof = parsed(hiding=True)
    assert [len(part.leaf) for part in proof.queries[0].initial] == [83, 139, 24, 20]


LISTS = sorted(
    {place[:end] for place in places(DOCUMENT) for end in range(1, len(place))},
    key=str,
)
ARRAYS = [place for place in LISTS if isinstance(get(DOCUMENT, place), list)]
OBJECTS = [place for place in LISTS if isinstance(get(DOCUMENT, place), dict)]


@given(st.sampled_from(ARRAYS))
def test_every_list_has_its_length(place: Place) -> None:
    items = get(DOCUMENT, place)
    assert refused(changed(DOCUMENT, place, items[:-1]))
    assert refused(changed(DOCUMENT, place, [*items, items[-1]]))
    assert refused(changed(DOCUMENT, place, {"x": items}))


@given(st.sampled_from(OBJECTS))
def test_every_object_has_its_members(place: Place) -> None:
    members = get(DOCUMENT, place)
    assert "not known here" in refused(changed(DOCUMENT, place, {**members, "extra": 1}))
    name = next(iter(members))
    without = {key: value for key, value in members.items() if key != name}
    assert refused(changed(DOCUMENT, place, without))


@given(
    st.sampled_from(list(places(DOCUMENT))),
    st.sampled_from([-1, 2**64, True, None, "1", [1], {}]),
)
def test_every_number_is_one_of_64_bits(place: Place, value: object) -> None:
    assert refused(changed(DOCUMENT, place, value))


def test_digests_and_public_inputs_are_reduced() -> None:
    for place in (("public_inputs", 0), ("proof", "wires_cap", 0, "elements", 3)):
        assert f"0 to {P - 1}" in refused(changed(DOCUMENT, place, P))
    assert refused(changed(DOCUMENT, ("proof", "opening_proof", "pow_witness"), P))


def test_openings_and_leaves_may_be_written_without_reducing() -> None:
    place = ("proof", "openings", "partial_products", 0, 1)
    assert get(DOCUMENT, place) == 0
    assert parse(node(changed(DOCUMENT, place, P)), DATA.common) == parsed()[1]


def test_a_fork_may_write_its_empty_lookups() -> None:
    openings = DOCUMENT["proof"]["openings"]
    place = ("proof", "openings")
    allowed = changed(DOCUMENT, place, {**openings, "lookup_zs": [], "lookup_zs_next": []})
    assert parse(node(allowed), DATA.common) == parsed()[1]
    assert refused(changed(DOCUMENT, place, {**openings, "lookup_zs": [[1, 2]]}))


def test_lists_of_numbers_are_read_as_they_are() -> None:
    assert elements(node([0, P - 1]), 2) == (0, P - 1)
    assert residues(node([P, P + 5]), 2) == (0, 5)
    assert digest(node({"elements": [1, 2, 3, 4]})) == (1, 2, 3, 4)
