from __future__ import annotations

import pytest
from nacl.signing import SigningKey

from chains.adapter import ControlQuery, OwnershipWord
from chains.near.control import key_text, query_of
from chains.near.ownership import verifier
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row
from tests.vectors.signing import MESSAGE, okx

SECRET = SigningKey(b"\x05" * 32)
KEY = bytes(SECRET.verify_key)
SIGNED = SECRET.sign(okx(MESSAGE)).signature.hex()
RULE = rule("near", "okx-raw")


def asked(address: str, **cells: str) -> tuple[str, ControlQuery | None]:
    made = row(address, SIGNED, **({"key": KEY.hex()} | cells))
    verdict = verifier(RULE)(made)
    return verdict.word, query_of(made, verdict, RULE)


def test_a_named_account_asks_for_its_key() -> None:
    word, query = asked("exchange.near")
    assert word == OwnershipWord.KEY_ONLY
    assert query == ControlQuery(b"@exchange.near", frozenset({KEY}), b"", ())


def test_an_implicit_account_of_another_key_asks_too() -> None:
    _, query = asked("ab" * 32)
    assert query is not None
    assert query.account == b"#" + b"\xab" * 32


@pytest.mark.parametrize(
    ("address", "cells"),
    [(KEY.hex(), {}), ("exchange.near", {"key": "zz"}), ("exchange.near", {"message": "no"})],
)
def test_rows_that_ask_nothing(address: str, cells: dict[str, str]) -> None:
    assert asked(address, **cells)[1] is None


def test_keys_as_near_writes_them() -> None:
    assert key_text(bytes(32)) == "ed25519:" + "1" * 32
