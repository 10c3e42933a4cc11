from __future__ import annotations

import pytest

from chains.errors import MalformedAnswer, WrongState
from chains.solana.answers import Known
from chains.solana.present import amount_of, require_own, require_reached
from chains.solana.token_accounts import TOKEN, TOKEN_2022
from tests.fakes.solana_ledger import RENT, SYSTEM, Account, named

MINT, OWNER, OTHER = named("mint"), named("owner"), named("other")


def token(program: str = TOKEN, mint: bytes = MINT, owner: bytes = OWNER) -> Known:
    return Known(RENT, program, Account(RENT, program, mint, owner, 7).data)


def test_only_the_owners_account_of_the_token_counts() -> None:
    for program in (TOKEN, TOKEN_2022):
        assert amount_of(token(program), MINT, OWNER) == 7
        assert require_own(token(program), MINT, OWNER).amount == 7
    for other in (token(SYSTEM), token(mint=OTHER), token(owner=OTHER)):
        assert amount_of(other, MINT, OWNER) == 0
        with pytest.raises(MalformedAnswer):
            require_own(other, MINT, OWNER)


def test_what_is_not_there_yet_or_not_initialised_holds_nothing() -> None:
    assert amount_of(None, MINT, OWNER) == 0
    assert amount_of(Known(RENT, TOKEN, bytes(165)), MINT, OWNER) == 0


def test_an_answer_of_an_earlier_slot_is_of_another_state() -> None:
    assert require_reached(7, 7) == 7
    with pytest.raises(WrongState):
        require_reached(6, 7)
