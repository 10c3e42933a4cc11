from __future__ import annotations

import json

import pytest
from bip_utils import EosAddrEncoder

from chains.adapter import ControlQuery, ControlWord
from chains.eos.answers import Account, Permission
from chains.eos.control import query_of, settle
from chains.eos.ownership import verifier
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row
from tests.vectors.recovered_rows import k1_signature
from tests.vectors.signing import compressed

ONE, TWO, THREE = (compressed(number) for number in (1, 2, 3))
TEXTS = [EosAddrEncoder.EncodeKey(key) for key in (ONE, TWO)]
PAIR = json.dumps({"publicKey1": TEXTS[0], "publicKey2": TEXTS[1]})
RULE = rule("eos", "eos-okx")


def asked(signature: str, second: str = "", **cells: str) -> ControlQuery | None:
    made = row("okbwallet1tr", signature, **({"key": TEXTS[0], "signature2": second} | cells))
    return query_of(made, verifier(RULE)(made), RULE)


def test_the_keys_that_signed_are_asked_for() -> None:
    assert asked(k1_signature(1)) == ControlQuery(b"okbwallet1tr", frozenset({ONE}), b"", ())
    both = asked(k1_signature(1), k1_signature(2), key=PAIR)
    assert both is not None
    assert both.signers == {ONE, TWO}


def test_a_listed_key_that_did_not_sign_is_not_asked_for() -> None:
    found = asked(k1_signature(1), key=PAIR)
    assert found is not None
    assert found.signers == {ONE}


@pytest.mark.parametrize(
    "cells", [{"key": TEXTS[1]}, {"message": "no"}, {"address": "NOBODY"}, {"staking": "x"}]
)
def test_rows_that_ask_nothing(cells: dict[str, str]) -> None:
    made = row("okbwallet1tr", k1_signature(1), key=TEXTS[0])._replace(**cells)
    assert query_of(made, verifier(RULE)(made), RULE) is None


def test_a_verdict_is_not_lent_to_another_row() -> None:
    made = row("okbwallet1tr", k1_signature(1), key=TEXTS[0])
    verdict = verifier(RULE)(made)
    for other in (made._replace(key=""), made._replace(address="NO"), made._replace(owner1="x")):
        assert query_of(other, verdict, RULE) is None


def word(
    *permissions: Permission, signers: tuple[bytes, ...] = (ONE,), is_changed: bool = False
) -> tuple[ControlWord, str]:
    query = ControlQuery(b"okbwallet1tr", frozenset(signers), b"", ())
    found = settle(query, Account(77, 0, permissions, ""), is_changed=is_changed)
    assert "as of block 77" in found.detail
    return found.word, found.reason


def permission(
    name: str, threshold: int, *keys: tuple[bytes | None, int], accounts: bool = False
) -> Permission:
    return Permission(name, threshold, keys, accounts)


def test_weights_decide() -> None:
    shared = permission("active", 3, (ONE, 2), (TWO, 1))
    assert word(shared) == (ControlWord.PARTIAL, "active-permission")
    assert word(shared, signers=(ONE, TWO)) == (ControlWord.PROVEN, "active-permission")
    owner = permission("owner", 2, (ONE, 2))
    assert word(shared, owner) == (ControlWord.PROVEN, "owner-permission")


def test_another_permission_moves_no_funds() -> None:
    found = word(permission("claimer", 1, (ONE, 1)), permission("active", 1, (TWO, 1)))
    assert found == (ControlWord.FAILED, "other-keys")


def test_keys_of_other_curves_are_other_keys() -> None:
    assert word(permission("active", 1, (None, 1)))[0] is ControlWord.FAILED


def test_an_account_that_obeys_other_accounts_is_left_open() -> None:
    by_accounts = permission("active", 1, (TWO, 1), accounts=True)
    assert word(by_accounts) == (ControlWord.UNSETTLED, "other-accounts")
    assert word() == (ControlWord.UNSETTLED, "other-accounts")
    beside = permission("active", 1, (ONE, 1), accounts=True)
    assert word(beside)[0] is ControlWord.PROVEN


def test_permissions_that_changed_since_settle_nothing() -> None:
    active = permission("active", 1, (ONE, 1))
    assert word(active, is_changed=True) == (ControlWord.UNSETTLED, "changed-since")
    other = permission("active", 1, (TWO, 1))
    assert word(other, is_changed=True) == (ControlWord.UNSETTLED, "changed-since")
