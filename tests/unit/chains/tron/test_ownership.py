from __future__ import annotations

import pytest

from chains.adapter import OwnershipRule
from chains.errors import RegistryError
from chains.tron.addresses import encode
from chains.tron.ownership import verifier
from tests.unit.chains.rules import MESSAGE, row, verifier_of
from tests.vectors.signing import EVM_OKX, TRON_V1, TRON_V2, account, hex_signature

OWN = encode(b"\x41" + account(1))


def test_both_generations_of_lists_are_proven() -> None:
    judge = verifier_of("TRX", "TRX")
    assert judge(row(OWN, hex_signature(1, TRON_V1))).digest == "tron-v1"
    assert judge(row(OWN, hex_signature(1, TRON_V2))).digest == "tron-v2"


def test_an_ethereum_signature_of_the_same_key_is_no_tron_signature() -> None:
    assert verifier_of("TRX", "TRX")(row(OWN, hex_signature(1, EVM_OKX))).reason == "wrong-signer"


def test_an_owner_is_a_tron_address_too() -> None:
    judge = verifier_of("TRX", "TRX")
    contract = encode(b"\x41" + account(2))
    signed = hex_signature(1, TRON_V2)
    assert judge(row(contract, signed, owner1=OWN)).reason == "owner-signature"
    assert judge(row(contract, signed, owner1=contract)).reason == "owner-mismatch"


def test_an_unusable_version_is_refused_before_any_row() -> None:
    with pytest.raises(RegistryError):
        verifier(OwnershipRule("tron", "tron", ("tron-v1",), (MESSAGE,), {"version": "zz"}))
