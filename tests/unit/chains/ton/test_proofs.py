from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.ton.merkle import proven, updated
from chains.ton.proofs import account
from tests.fakes.ton_cells import Bits, address, bag, bits, coins
from tests.fakes.ton_proofs import Ledger, account_cell, block, dictionary, proof

ONE, TWO, NEAR = b"\0" + b"\x12" * 32, b"\0" + b"\xf2" * 32, b"\0" + b"\x12" * 31 + b"\x13"
SETTINGS, NOBODY = b"\xff" + b"\x55" * 32, b"\0" + b"\x12" * 31 + b"\x92"
DATA = Bits(coins(2**70))
AMOUNTS = {ONE: 5, TWO: 2**100 + 1, NEAR: 10**9, SETTINGS: 7}


def ledger(*, split: bool = True) -> Ledger:
    cells = {one: account_cell(one, amount) for one, amount in AMOUNTS.items()}
    cells[NEAR] = account_cell(NEAR, AMOUNTS[NEAR], DATA, extra=True)
    return Ledger(cells, split)


@cache
def answer_to(where: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    return ledger().answer(where)


def read(answer: tuple[bytes, bytes, bytes, bytes], where: bytes) -> tuple[int, bool]:
    block, shard_proof, proof, state = answer
    found = account(block, where, shard_proof=shard_proof, proof=proof, state=state)
    return found.amount, found.data is not None


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("where", AMOUNTS)
def test_an_account_is_proven(where: bytes, *, split: bool) -> None:
    assert read(ledger(split=split).answer(where), where) == (AMOUNTS[where], where == NEAR)


@pytest.mark.parametrize("split", [False, True])
def test_an_account_that_is_not_there_is_proven_to_be_zero(*, split: bool) -> None:
    assert read(ledger(split=split).answer(NOBODY), NOBODY) == (0, False)
    assert read(Ledger({}, split).answer(NOBODY), NOBODY) == (0, False)


def test_an_empty_answer_is_no_zero() -> None:
    """A reader that takes a missing state for an empty account believes in every zero."""
    block, shard_proof, proof, _ = ledger().answer(ONE)
    with pytest.raises(MalformedAnswer, match="was not sent"):
        read((block, shard_proof, proof, b""), ONE)


def test_a_state_is_not_taken_where_there_is_no_account() -> None:
    block, shard_proof, proof, _ = ledger().answer(NOBODY)
    with pytest.raises(MalformedAnswer, match="does not have"):
        read((block, shard_proof, proof, bag(account_cell(NOBODY, 9))), NOBODY)


def test_another_state_of_the_account_is_refused() -> None:
    block, shard_proof, proof, _ = ledger().answer(ONE)
    with pytest.raises(MalformedAnswer, match="hash"):
        read((block, shard_proof, proof, bag(account_cell(ONE, 6))), ONE)


@pytest.mark.parametrize(("asked", "given"), [(TWO, ONE), (ONE, TWO), (SETTINGS, ONE)])
def test_a_proof_of_another_account_leaves_out_what_is_needed(asked: bytes, given: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        read(ledger().answer(given), asked)


def test_a_proof_of_another_block_is_refused() -> None:
    _, shard_proof, proof, state = ledger().answer(ONE)
    with pytest.raises(MalformedAnswer, match="another block"):
        read((bytes(32), shard_proof, proof, state), ONE)


def test_a_proof_of_another_state_is_refused() -> None:
    """The block of one ledger, with the state of another behind it."""
    block, shard_proof, _, state = ledger().answer(ONE)
    richer = ledger()
    richer.accounts[NEAR] = account_cell(NEAR, 6)
    with pytest.raises(MalformedAnswer, match="another block"):
        read((block, shard_proof, richer.answer(ONE)[2], state), ONE)


@given(st.data())
@settings(max_examples=150)
def test_a_tampered_proof_is_refused(data: st.DataObject) -> None:
    where = data.draw(st.sampled_from([ONE, NEAR, SETTINGS, NOBODY]))
    answer = list(answer_to(where))
    part = data.draw(st.sampled_from([at for at in range(4) if answer[at]]))
    changed = bytearray(answer[part])
    place = data.draw(st.integers(0, 8 * len(changed) - 1))
    changed[place // 8] ^= 1 << place % 8
    answer[part] = bytes(changed)
    block, shard_proof, proof, state = answer
    try:
        found = read((block, shard_proof, proof, state), where)
    except MalformedAnswer:
        return
    # Descriptors of levels and flags of a bag are not covered by any hash: then nothing changes.
    assert found == (AMOUNTS.get(where, 0), where == NEAR)


@given(st.binary(max_size=80))
def test_any_bytes_are_refused(data: bytes) -> None:
    block, *_ = answer_to(ONE)
    for damaged in (data, bytes.fromhex("b5ee9c72") + data):
        with pytest.raises(MalformedAnswer):
            account(block, ONE, shard_proof=damaged, proof=damaged, state=damaged)


def test_another_implementation_sees_the_same_hashes() -> None:
    other = pytest.importorskip("pytoniq_core", reason="pytoniq-core is not installed")
    checks = pytest.importorskip("pytoniq_core.proof.check_proof")
    block, shard_proof, proof, _ = ledger().answer(ONE)
    for data, expected in ((shard_proof, block), (proof, None)):
        top, state = other.Cell.from_boc(data)
        if expected is not None:
            checks.check_proof(top, expected)
        assert top[0][2][1].get_hash(0) == state[0].get_hash(0)
        mine = proven(data)
        assert [one.named.hash for one in mine] == [top[0].get_hash(0), state[0].get_hash(0)]
        assert updated(mine[0].below(2)) == state[0].get_hash(0)


# --- accounts that are written in other ways

HEAD = "1" + address(ONE) + "001" + bits(1, 8) + "010" + bits(700, 16)
TIMES = bits(1_700_000_000, 32)


def read_cell(cell: Bits) -> tuple[int, bool]:
    return read(Ledger({ONE: cell}).answer(ONE), ONE)


@pytest.mark.parametrize(
    ("tail", "references", "has_data"),
    [
        ("000" + TIMES + "1" + coins(9) + bits(7, 64) + coins(5) + "0" + "00", (), False),
        ("000" + TIMES + "0" + bits(7, 64) + coins(5) + "0" + "01" + "0" * 256, (), False),
        ("000" + TIMES + "0" + bits(7, 64) + coins(5) + "1" + "1" + "1" + "00001" + "1" + "11"
         + "1" + "1" + "0", (Bits("0"), Bits("1"), DATA), True),
        ("000" + TIMES + "0" + bits(7, 64) + coins(5) + "0" + "1" + "0" + "0" + "1" + "0" + "0",
         (Bits("1"),), False),
    ],
    ids=["due", "frozen", "everything", "without data"],
)  # fmt: skip
def test_accounts_of_every_kind(tail: str, references: tuple[Bits, ...], *, has_data: bool) -> None:
    assert read_cell(Bits(HEAD + tail, references)) == (5, has_data)


@pytest.mark.parametrize(
    "cell",
    [
        Bits("0"),
        account_cell(TWO, 5),
        Bits(HEAD + "010" + "0" * 500),
        Bits(HEAD + "000" + TIMES),
        Bits(HEAD + "000" + TIMES + "0" + bits(7, 64) + coins(5) + "0" + "1" + "00" + "11" + "0"),
    ],
    ids=["none", "another account", "unknown", "cut", "data missing"],
)
def test_cells_that_are_no_account_are_refused(cell: Bits) -> None:
    with pytest.raises(MalformedAnswer):
        read_cell(cell)


# --- trees that prove something else

STATE_TAG = bits(0x9023AFE2, 32)
EMPTY = Bits("")
SHARD = Bits("", (Bits("0" * 300),))


def after(state: Bits) -> tuple[bytes, bytes]:
    """The hash of a block after which there is `state`, and the two trees."""
    made = block(state)
    return made.hash, bag(made.shown, proof(state, state))


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (Bits("0" * 32), "state of a shard"),
        (Bits(STATE_TAG, (EMPTY, EMPTY)), "early"),
        (Bits(STATE_TAG, (EMPTY,)), "reference"),
        (Bits(STATE_TAG, (EMPTY, Bits("1" + "110" + bits(300, 9)), EMPTY)), "reference"),
        (Bits(STATE_TAG, (EMPTY, Bits("1"), EMPTY)), "reference"),
        (Bits(STATE_TAG, (EMPTY, Bits("1", (Bits("110" + bits(300, 9)),)), EMPTY)), "longer"),
    ],
)
def test_states_that_lead_nowhere_are_refused(state: Bits, why: str) -> None:
    made, trees = after(state)
    with pytest.raises(MalformedAnswer, match=why):
        account(made, SETTINGS, shard_proof=b"", proof=trees, state=b"")


@pytest.mark.parametrize(
    ("custom", "why"),
    [
        (Bits(bits(0xCC27, 16) + "1"), "no shards"),
        (Bits(bits(0xCC26, 16) + "0"), "no shards"),
        (Bits(bits(0xCC26, 16) + "1", (dictionary({bits(9, 32): EMPTY}, 32),)), "workchain"),
        (Bits(bits(0xCC26, 16) + "1", (dictionary({bits(0, 32): SHARD}, 32),)), "unknown way"),
    ],
)  # fmt: skip
def test_a_masterchain_state_that_names_no_shard_is_refused(custom: Bits, why: str) -> None:
    made, trees = after(Bits(STATE_TAG, (EMPTY, EMPTY, EMPTY, custom)))
    with pytest.raises(MalformedAnswer, match=why):
        account(made, ONE, shard_proof=trees, proof=trees, state=b"")


def test_a_proof_is_a_block_and_the_state_after_it() -> None:
    state = Bits(STATE_TAG, (EMPTY, Bits("0"), EMPTY))
    made, other = block(state), Bits("0" * 32, (EMPTY,))
    for name, trees, why in (
        (made.hash, bag(made.shown), "block and a state"),
        (other.hash(), bag(proof(other, other), proof(state, state)), "begin with a block"),
        (made.hash, bag(made.shown, proof(other, other)), "not the one after"),
    ):
        with pytest.raises(MalformedAnswer, match=why):
            account(name, SETTINGS, shard_proof=b"", proof=trees, state=b"")
