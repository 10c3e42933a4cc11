from __future__ import annotations

from chains.stellar.ownership import verifier
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row

ZERO = "GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF"
# SEP-23's example of a muxed account
MUXED = "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK"


def test_muxed_accounts_are_read_and_not_judged() -> None:
    judge = verifier(rule("stellar", "okx-raw"))
    assert judge(row(MUXED)).reason == "address-form"
    assert judge(row(ZERO)).reason == "no-signature"
