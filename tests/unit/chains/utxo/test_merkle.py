from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer, WrongState
from chains.utxo.merkle import hash_bytes, require_in_block, root
from tests.fakes.utxo_ledger import ANYONE, Ledger, entry

# Block 170 of Bitcoin, the first with a payment: its two transactions and its Merkle root.
FIRST = "b1fea52486ce0c62bb442b530a3f0132b826c74e473d1f2c220bfa78111c5082"
SECOND = "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16"
ROOT = "7dac2c5666815c17a3b36427de37bb9d2e2c5ccec3f8633eb91a4205cb4c10ff"


def test_the_first_payment_of_bitcoin() -> None:
    require_in_block(SECOND, 1, [FIRST], ROOT)
    require_in_block(FIRST, 0, [SECOND], ROOT)
    with pytest.raises(WrongState):
        require_in_block(SECOND, 0, [FIRST], ROOT)


@given(st.integers(1, 12), st.data())
def test_every_transaction_of_a_block_is_shown_to_be_in_it(count: int, data: st.DataObject) -> None:
    ledger = Ledger()
    start = ledger.mine()
    entries = [entry([(start, 0)], [(number, ANYONE)]) for number in range(count - 1)]
    ledger.mine(*entries)
    block = ledger.blocks[-1]
    place = data.draw(st.integers(0, count - 1))
    txid = block.entries[place].txid
    position, branch = ledger.branch(txid, ledger.height)
    merkle_root = block.header[36:68][::-1].hex()
    require_in_block(txid, position, branch, merkle_root)
    level = data.draw(st.integers(0, len(branch)))
    if level < len(branch):
        broken = [*branch]
        broken[level] = f"{int(broken[level], 16) ^ 1:064x}"
        with pytest.raises(WrongState):
            require_in_block(txid, position, broken, merkle_root)


@pytest.mark.parametrize(("position", "branch"), [(2, [FIRST]), (1, []), (-1, [FIRST])])
def test_a_position_outside_the_tree_is_refused(position: int, branch: list[str]) -> None:
    with pytest.raises(MalformedAnswer, match="position"):
        root(SECOND, position, branch)


def test_a_branch_deeper_than_any_block_is_refused() -> None:
    with pytest.raises(MalformedAnswer, match="deeper"):
        root(SECOND, 0, [FIRST] * 33)


@pytest.mark.parametrize("text", ["", "ab", "zz" * 32, None, 7, "ab" * 33])
def test_what_is_no_hash_is_refused(text: object) -> None:
    with pytest.raises(MalformedAnswer):
        hash_bytes(text)


def test_hashes_are_turned_round() -> None:
    assert hash_bytes("ab" + "00" * 31) == bytes(31) + b"\xab"
