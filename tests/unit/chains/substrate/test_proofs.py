from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.errors import UnresolvedReason as Reason
from chains.substrate.proofs import StateProof
from tests.fakes.substrate_trie import StateTrie, blake

keys = st.binary(max_size=6) | st.binary(min_size=70, max_size=90)
states = st.dictionaries(keys, st.binary(max_size=90), max_size=25)
versions = st.integers(0, 1)
EMPTY_ROOT = "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314"


@given(states, st.lists(keys, max_size=5), versions)
def test_a_proof_shows_what_is_there_and_what_is_not(
    state: dict[bytes, bytes], others: list[bytes], version: int
) -> None:
    trie = StateTrie(state, version)
    asked = [*state, *others]
    proof = StateProof(trie.root, trie.proof(asked))
    assert {key: proof.value(key) for key in asked} == {key: state.get(key) for key in asked}


@given(states.filter(bool), versions, st.data())
def test_a_tampered_proof_is_refused(
    state: dict[bytes, bytes], version: int, data: st.DataObject
) -> None:
    trie = StateTrie(state, version)
    key = data.draw(st.sampled_from(sorted(state)))
    nodes = trie.proof([key])
    at = data.draw(st.integers(0, len(nodes) - 1))
    place = data.draw(st.integers(0, 8 * len(nodes[at]) - 1))
    changed = bytearray(nodes[at])
    changed[place // 8] ^= 1 << place % 8
    nodes[at] = bytes(changed)
    with pytest.raises(MalformedAnswer):
        StateProof(trie.root, nodes).value(key)


@given(states.filter(bool), versions, st.data())
def test_a_proof_with_a_node_missing_is_no_zero(
    state: dict[bytes, bytes], version: int, data: st.DataObject
) -> None:
    trie = StateTrie(state, version)
    key = data.draw(st.sampled_from(sorted(state)))
    nodes = trie.proof([key])
    del nodes[data.draw(st.integers(0, len(nodes) - 1))]
    with pytest.raises(MalformedAnswer) as caught:
        StateProof(trie.root, nodes).value(key)
    assert caught.value.reason is Reason.MISSING_ANSWER


def test_a_proof_of_another_state_shows_nothing() -> None:
    one, other = StateTrie({b"a": b"1"}), StateTrie({b"a": b"2"})
    with pytest.raises(MalformedAnswer):
        StateProof(one.root, other.proof([b"a"])).value(b"a")


def test_the_empty_state() -> None:
    trie = StateTrie({})
    assert trie.root.hex() == EMPTY_ROOT
    assert StateProof(trie.root, [b"\0"]).value(b"anything") is None


@pytest.mark.parametrize("count", [61, 62, 63, 64, 100, 317, 318, 319, 573, 574, 600])
@pytest.mark.parametrize("size", [1, 40])
def test_paths_of_every_length_and_their_counts(count: int, size: int) -> None:
    """A leaf's own path, behind one nibble in which two keys differ."""
    one, other = b"\x00" * (count // 2 + 1), b"\x80" * (count // 2 + 1)
    trie = StateTrie({one: b"v" * size, other: b"w" * size})
    proof = StateProof(trie.root, trie.proof([one, other]))
    assert proof.value(one) == b"v" * size
    assert proof.value(other) == b"w" * size


@pytest.mark.parametrize(
    "node",
    ["", "01", "05", "41", "4200", "80", "800100", "80010084" + "00" * 33,
     "41f000", "400001", "20" + "00" * 31, "7fff", "7f" + "ff" * 20 + "00"],
)  # fmt: skip
def test_malformed_nodes_are_refused(node: str) -> None:
    data = bytes.fromhex(node)
    with pytest.raises(MalformedAnswer):
        StateProof(blake(data), [data]).value(b"\x00")
