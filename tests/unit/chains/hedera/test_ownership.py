from __future__ import annotations

from chains.hedera.ownership import verifier
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row


def test_an_account_without_a_signature_is_unsigned() -> None:
    assert verifier(rule("hedera", "okx-raw"))(row("0.0.98")).reason == "no-signature"
