from __future__ import annotations

import pytest
from nacl.signing import SigningKey

from chains.adapter import ControlQuery, OwnershipWord
from chains.hedera.control import query_of
from chains.hedera.ownership import verifier
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row
from tests.vectors.signing import MESSAGE, okx

SECRET = SigningKey(b"\x06" * 32)
KEY = bytes(SECRET.verify_key)
SIGNED = SECRET.sign(okx(MESSAGE)).signature.hex()
RULE = rule("hedera", "okx-raw")


def asked(address: str, **cells: str) -> ControlQuery | None:
    made = row(address, SIGNED, **({"key": KEY.hex()} | cells))
    return query_of(made, verifier(RULE)(made), RULE)


def test_a_numbered_account_asks_for_its_key() -> None:
    assert asked("0.0.98") == ControlQuery(b"0.0.98", frozenset({KEY}), b"", ())


@pytest.mark.parametrize(
    ("address", "cells"),
    [("0.0.098", {}), ("0xabc", {}), ("0.0.98", {"key": "zz"}), ("0.0.98", {"message": "no"})],
)
def test_rows_that_ask_nothing(address: str, cells: dict[str, str]) -> None:
    assert asked(address, **cells) is None


def test_nothing_is_proven_offline() -> None:
    made = row("0.0.98", SIGNED, key=KEY.hex())
    assert verifier(RULE)(made).word is OwnershipWord.KEY_ONLY
