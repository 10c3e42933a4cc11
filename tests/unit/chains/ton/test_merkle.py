from __future__ import annotations

import pytest

from chains.errors import MalformedAnswer
from chains.errors import UnresolvedReason as Reason
from chains.ton.merkle import proven, updated
from tests.fakes.ton_cells import Bits, bag, bits
from tests.fakes.ton_proofs import block, cut, proof, pruned

LEAF, OTHER = Bits("1010"), Bits("0101", (Bits("1"),))
TREE = Bits("11", (LEAF, Bits("00", (OTHER,))))
LIBRARY = Bits("00000010" + "10" * 128, exotic=True)


def test_what_is_left_in_is_read_and_what_is_left_out_is_not() -> None:
    (found,) = proven(bag(proof(TREE, cut(TREE, {TREE.hash(), LEAF.hash()}))))
    assert found.named.hash == TREE.hash()
    assert found.named.depth == TREE.depth() == 3
    assert found.below(0).read().number(4) == 0b1010
    with pytest.raises(MalformedAnswer, match="leaves out") as caught:
        found.below(1).read()
    assert caught.value.reason is Reason.MISSING_ANSWER
    with pytest.raises(MalformedAnswer, match="lacks"):
        found.below(2)


def test_a_library_is_hashed_as_it_is() -> None:
    tree = Bits("1", (LIBRARY,))
    (found,) = proven(bag(proof(tree, tree)))
    assert found.named.hash == tree.hash()


@pytest.mark.parametrize("part", [LEAF, pruned(LEAF), Bits("11", (LEAF, OTHER))])
def test_another_tree_than_promised_is_refused(part: Bits) -> None:
    with pytest.raises(MalformedAnswer, match="promises"):
        proven(bag(proof(TREE, part)))


def test_a_tree_without_a_promise_is_no_proof() -> None:
    with pytest.raises(MalformedAnswer, match="not a Merkle proof"):
        proven(bag(TREE))


@pytest.mark.parametrize(
    "text",
    ["", "1", "00000000" + "0" * 256, "00000101" + "0" * 256, "00000010" + "0" * 255,
     "00000011" + "0" * 272, "00000001", "0000000100000000" + "0" * 272,
     "0000000100000001" + "0" * 271, "0000000100001000" + "0" * 272],
)  # fmt: skip
def test_odd_exotic_cells_are_refused(text: str) -> None:
    with pytest.raises(MalformedAnswer):
        proven(bag(proof(TREE, Bits(text, exotic=True))))


def test_the_state_after_a_block() -> None:
    made = block(TREE)
    (found,) = proven(bag(made.shown))
    assert found.named.hash == made.hash
    assert updated(found.below(2)) == TREE.hash()
    with pytest.raises(MalformedAnswer, match="update"):
        updated(found)


def test_an_update_that_contradicts_itself_is_refused() -> None:
    ends = bits(4, 8) + "0" * 512 + "0" * 32
    update = Bits(ends, (pruned(LEAF), pruned(OTHER)), exotic=True)
    tree = Bits("1", (update,))
    (found,) = proven(bag(proof(tree, tree)))
    with pytest.raises(MalformedAnswer, match="does not name"):
        updated(found.below(0))


def test_an_update_must_leave_out_its_states() -> None:
    ends = bits(4, 8) + "0" * 512 + "0" * 32
    tree = Bits("1", (Bits(ends, (LEAF, pruned(OTHER)), exotic=True),))
    with pytest.raises(MalformedAnswer, match="left out"):
        proven(bag(proof(tree, tree)))


def test_too_deep_a_tree_is_refused() -> None:
    written = b"".join(bytes([1, 0]) + (at + 1).to_bytes(2, "big") for at in range(1_199))
    written += bytes([0, 0])
    head = bytes.fromhex("b5ee9c72") + bytes([2, 2]) + (1_200).to_bytes(2, "big") + b"\0\1\0\0"
    with pytest.raises(MalformedAnswer, match="deep"):
        proven(head + len(written).to_bytes(2, "big") + b"\0\0" + written)
