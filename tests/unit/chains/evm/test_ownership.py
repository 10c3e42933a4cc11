from __future__ import annotations

import pytest

from chains.adapter import OwnershipRule
from chains.errors import RegistryError
from chains.evm.ownership import verifier
from tests.unit.chains.rules import MESSAGE, row, verifier_of
from tests.vectors.signing import (
    EVM_OKX,
    OKX_KECCAK,
    account,
    compressed,
    hex_signature,
    uncompressed,
)

OWN = "0x" + account(1).hex()
SIGNED = hex_signature(1, EVM_OKX)


def test_an_actor_id_cannot_be_judged_and_only_filecoin_has_them() -> None:
    masked = "0xff" + "00" * 18 + "07"
    assert verifier_of("EVM", "FIL-EVM", "FIL")(row("f07", SIGNED)).reason == "address-form"
    assert verifier_of("EVM", "FIL-EVM", "FIL")(row(masked, SIGNED)).reason == "address-form"
    assert verifier_of("EVM", "ETH")(row(masked, SIGNED)).reason == "wrong-signer"


def test_a_contract_with_owners_is_key_only_and_says_what_is_missing() -> None:
    found = verifier_of("EVM", "ETH")(row("0x" + "c0" * 20, SIGNED, owner1=OWN))
    assert (found.word, found.reason) == ("key-only", "owner-signature")
    assert "the chain must show" in found.detail


def test_the_address_signed_for_is_named_with_digest_and_message() -> None:
    found = verifier_of("EVM", "ETH")(row(OWN, SIGNED))
    assert (found.word, found.digest, found.message) == ("proven", "evm-okx", MESSAGE)


def test_a_rule_without_messages_is_refused() -> None:
    with pytest.raises(RegistryError):
        verifier(OwnershipRule("ethereum", "evm", ("evm-okx",), (), {}))


def test_under_the_okx_digest_a_listed_key_must_be_the_signers() -> None:
    judge, signed = verifier_of("ECDSA", "OKT"), hex_signature(1, OKX_KECCAK)
    for key in (compressed(1), uncompressed(1)[1:]):
        assert judge(row(OWN, signed, key=key.hex())).word == "proven"
    assert judge(row(OWN, signed, key="null")).word == "proven"
    assert judge(row(OWN, signed, key=compressed(2).hex())).reason == "signer-not-listed"
    assert judge(row(OWN, signed, key="02" + "ff" * 32)).reason == "key-malformed"
    stranger = "0x" + account(2).hex()
    assert judge(row(stranger, signed, key=compressed(1).hex())).reason == "wrong-signer"


def test_under_ethereums_digest_rows_list_no_key() -> None:
    found = verifier_of("EVM", "ETH")(row(OWN, SIGNED, key=compressed(2).hex()))
    assert found.word == "proven"
