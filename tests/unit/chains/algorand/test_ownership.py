from __future__ import annotations

import pytest
from nacl.signing import SigningKey

from chains.algorand.addresses import encode
from chains.algorand.ownership import verifier
from tests.unit.chains.keys import rule
from tests.unit.chains.rules import row
from tests.vectors.signing import MESSAGE, okx

SECRET, OTHER = SigningKey(b"\x05" * 32), SigningKey(b"\x06" * 32)


@pytest.mark.parametrize(
    ("address", "signer", "reason"),
    [
        (encode(bytes(SECRET.verify_key)), SECRET, "address-signed"),
        (encode(bytes(OTHER.verify_key)), SECRET, "key-signature"),
        (encode(bytes(SECRET.verify_key)), OTHER, "signature-invalid"),
    ],
)
def test_what_a_signature_shows(address: str, signer: SigningKey, reason: str) -> None:
    signed = signer.sign(okx(MESSAGE)).signature.hex()
    found = verifier(rule("algorand", "okx-raw"))(
        row(address, signed, key=bytes(SECRET.verify_key).hex())
    )
    assert found.reason == reason
