from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_scalarmult_ed25519_base_noclamp

from chains.errors import MalformedAnswer
from chains.solana.addresses import canonical, encode
from chains.solana.token_accounts import (
    TOKEN,
    TOKEN_2022,
    associated,
    is_on_curve,
    mint_decimals,
    token_account,
)
from tests.fakes.solana_ledger import RENT, Account, named

MINT, OWNER = named("mint"), named("owner")


@given(st.binary(min_size=31, max_size=31))
def test_public_keys_are_points(scalar: bytes) -> None:
    if any(scalar):
        assert is_on_curve(crypto_scalarmult_ed25519_base_noclamp(scalar + b"\0"))


def test_about_half_of_all_texts_are_points() -> None:
    assert 60 < sum(is_on_curve(named(str(number))) for number in range(200)) < 140


@given(st.binary(min_size=32, max_size=32), st.sampled_from([TOKEN, TOKEN_2022]))
def test_an_associated_account_has_no_key_and_is_nobody_elses(owner: bytes, program: str) -> None:
    found = associated(owner, MINT, program)
    assert not is_on_curve(found)
    assert found != associated(owner, OWNER, program)
    assert found != associated(owner, MINT, TOKEN if program == TOKEN_2022 else TOKEN_2022)


@given(st.integers(0, 2**64 - 1))
def test_a_token_account_says_whose_and_how_much(amount: int) -> None:
    data = Account(RENT, TOKEN, MINT, OWNER, amount).data
    assert token_account(data) == (MINT, OWNER, amount)
    assert token_account(data + b"\x02" * 40) == (MINT, OWNER, amount)


def test_other_data_is_no_token_account() -> None:
    data = Account(RENT, TOKEN, MINT, OWNER, 1).data
    for wrong in (
        b"",
        data[:164],
        data[:108] + b"\0" + data[109:],
        data[:108] + b"\x03" + data[109:],
    ):
        with pytest.raises(MalformedAnswer):
            token_account(wrong)


def test_a_mint_says_its_decimals() -> None:
    data = bytes(44) + b"\x06\x01" + bytes(36)
    assert mint_decimals(data) == 6
    for wrong in (b"", data[:81], bytes(82)):
        with pytest.raises(MalformedAnswer):
            mint_decimals(wrong)


def test_addresses_are_written_and_read() -> None:
    assert canonical(encode(OWNER), {}) == OWNER
