from __future__ import annotations

import pytest

from chains.ton.proofs import account
from tests.fakes.ton_cells import Bits, coins
from tests.fakes.ton_proofs import Ledger, account_cell

ONE, TWO, NEAR = b"\0" + b"\x12" * 32, b"\0" + b"\xf2" * 32, b"\0" + b"\x12" * 31 + b"\x13"
SETTINGS, NOBODY = b"\xff" + b"\x55" * 32, b"\0" + b"\x12" * 31 + b"\x92"
DATA = Bits(coins(2**70))
AMOUNTS = {ONE: 5, TWO: 2**100 + 1, NEAR: 10**9, SETTINGS: 7}


def ledger(*, split: bool = True) -> Ledger:
    cells = {one: account_cell(one, amount) for one, amount in AMOUNTS.items()}
    cells[NEAR] = account_cell(NEAR, AMOUNTS[NEAR], DATA, extra=True)
    return Ledger(cells, split)


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
