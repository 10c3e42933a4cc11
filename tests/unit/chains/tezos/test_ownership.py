from __future__ import annotations

from chains.encodings import base58check_text
from chains.tezos.ownership import verifier
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row


def test_accounts_of_other_curves_are_no_failure_without_a_signature() -> None:
    judge = verifier(rule("tezos", "okx-raw"))
    other = base58check_text(bytes.fromhex("06a1a1") + bytes(20))
    assert judge(row(other)).reason == "no-signature"
