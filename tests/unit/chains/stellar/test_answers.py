from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.stellar import answers
from chains.stellar.addresses import encode
from tests.fakes.horizon import account, fee_meta, lumens


@given(st.integers(0, 2**63 - 1))
def test_amounts_are_exact(amount: int) -> None:
    assert answers.stroops(lumens(amount)) == amount


@pytest.mark.parametrize("value", [7, 1.5, None, "", "1", "1.0", "-1.0000000", "1e5", "1.00000000"])
def test_other_amounts_are_malformed(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        answers.stroops(value)


def test_who_paid_and_what_it_had_before() -> None:
    record = {"ledger": 9, "fee_meta_xdr": fee_meta(account(1), 700, 5, 9)}
    assert answers.charged(record, 8) == answers.Charged(account(1), 700, 5)
    with pytest.raises(MalformedAnswer, match="earlier ledger"):
        answers.charged(record, 9)


@pytest.mark.parametrize("at", [0, 4, 12, 16])
def test_meta_that_does_not_begin_with_an_account_is_of_nobody(at: int) -> None:
    meta = bytearray(b64decode(fee_meta(account(1), 700, 5, 9)))
    meta[at : at + 4] = (0 if at < 8 else 7).to_bytes(4, "big")
    record = {"ledger": 9, "fee_meta_xdr": b64encode(meta).decode()}
    assert answers.charged(record, 8) is None


@pytest.mark.parametrize("meta", [None, "", "?", "AAAA", fee_meta(account(1), 700, 10, 9)])
def test_meta_that_cannot_be_is_malformed(meta: object) -> None:
    with pytest.raises(MalformedAnswer):
        answers.charged({"ledger": 9, "fee_meta_xdr": meta}, 8)


@pytest.mark.parametrize(
    ("member", "value"),
    [("hash", "x"), ("sequence", 8), ("closed_at", "yesterday"), ("closed_at", "2026-01-01")],
)
def test_a_ledger_that_lacks_something_is_malformed(member: str, value: object) -> None:
    whole = {"hash": "0" * 64, "sequence": 7, "closed_at": "2026-01-01T00:00:00Z"}
    assert answers.ledger(whole, 7).hash == "0" * 64
    with pytest.raises(MalformedAnswer):
        answers.ledger(whole | {member: value}, 7)


def test_a_failed_creation_is_none() -> None:
    record = {"type": "create_account", "account": encode(account(1))}
    assert not answers.is_creation(record | {"transaction_successful": False}, account(1))
    assert answers.is_creation(record | {"transaction_successful": True}, account(1))
    assert not answers.is_creation(record | {"transaction_successful": True}, account(2))
    with pytest.raises(MalformedAnswer, match="lacks an account"):
        answers.is_creation(record | {"account": "G", "transaction_successful": True}, account(1))
