"""Proofs, on the published vectors of github.com/cosmos/ics23, and on trees of our own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.cosmos.proofs import IAVL, SIMPLE, fields, parse, require_absence, require_value
from chains.errors import MalformedAnswer
from tests.fakes.cosmos_tree import Tree, iavl, simple
from tests.vectors.ics23 import ABSENT, PRESENT

KEYS = st.sets(st.binary(min_size=1, max_size=8), min_size=1, max_size=40)


@pytest.mark.parametrize("name", sorted(PRESENT))
def test_the_published_proofs_of_presence(name: str) -> None:
    shape = IAVL if name.startswith("iavl") else SIMPLE
    one = PRESENT[name]
    assert require_value(one.proof, shape, one.key, one.value) == one.root


@pytest.mark.parametrize("name", sorted(ABSENT))
def test_the_published_proofs_of_absence(name: str) -> None:
    one = ABSENT[name]
    assert require_absence(one.proof, IAVL, one.key) == one.root


def test_a_proof_of_one_kind_of_tree_is_none_of_the_other() -> None:
    one = PRESENT["iavl middle"]
    with pytest.raises(MalformedAnswer):
        require_value(one.proof, SIMPLE, one.key, one.value)


@given(st.data())
def test_a_tampered_proof_is_refused_or_has_another_root(data: st.DataObject) -> None:
    one = data.draw(st.sampled_from([*PRESENT.values(), *ABSENT.values()]))
    place = data.draw(st.integers(0, len(one.proof) - 1))
    change = data.draw(st.integers(1, 255))
    tampered = bytearray(one.proof)
    tampered[place] ^= change
    shape = SIMPLE if one is PRESENT["simple left"] else IAVL
    try:
        if one.value:
            found = require_value(bytes(tampered), shape, one.key, one.value)
        else:
            found = require_absence(bytes(tampered), shape, one.key)
    except MalformedAnswer:
        return
    # What is left are bytes that nothing depends on, as the absent key that a proof repeats.
    assert found != one.root or _parts(bytes(tampered)) == _parts(one.proof)


def _parts(proof: bytes) -> object:
    return parse(proof)


@pytest.mark.parametrize("make", [iavl, simple])
@given(keys=KEYS, asked=st.binary(min_size=1, max_size=8))
def test_every_key_is_proven_there_or_not_there(
    make: Callable[[dict[bytes, bytes]], Tree], keys: set[bytes], asked: bytes
) -> None:
    tree = make({key: b"=" + key for key in keys})
    shape = IAVL if make is iavl else SIMPLE
    for key in keys:
        assert require_value(tree.present(key), shape, key, b"=" + key) == tree.root
        with pytest.raises(MalformedAnswer):
            require_value(tree.present(key), shape, key, b"other")
        with pytest.raises(MalformedAnswer):
            require_absence(tree.present(key), shape, key)
    if asked in keys:
        return
    assert require_absence(tree.absent(asked), shape, asked) == tree.root


@given(keys=KEYS)
def test_neighbours_that_leave_out_a_key_prove_nothing(keys: set[bytes]) -> None:
    tree = iavl(dict.fromkeys(keys, b"v"))
    for key in keys:
        with pytest.raises(MalformedAnswer):
            require_absence(tree.absent(key, around=True), IAVL, key)


@pytest.mark.parametrize("text", ["", "08", "0a05", "0d00000000", "0a00", "1200", "1a00"])
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(MalformedAnswer):
        require_value(bytes.fromhex(text), IAVL, b"k", b"v")
    with pytest.raises(MalformedAnswer):
        require_absence(bytes.fromhex(text), IAVL, b"k")


def test_fields_of_a_message() -> None:
    assert list(fields(bytes.fromhex("08ac021201ff"))) == [(1, 300), (2, b"\xff")]
