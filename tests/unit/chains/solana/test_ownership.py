from __future__ import annotations

from nacl.signing import SigningKey

from chains.solana.addresses import canonical, encode
from tests.unit.chains.rules import MESSAGE, row, verifier_of
from tests.vectors.signing import okx

KEY = SigningKey(bytes(32))
PUBLIC = bytes(KEY.verify_key)
OWN = encode(PUBLIC)
SIGNED = KEY.sign(okx(MESSAGE)).signature.hex()
judge = verifier_of("ED25519", "SOL")


def test_the_address_is_the_key() -> None:
    assert judge(row(OWN, SIGNED, key=PUBLIC.hex())).word == "proven"
    assert judge(row(OWN, SIGNED)).word == "proven"


def test_letter_case_is_never_folded() -> None:
    folded = [
        OWN[:place] + letter.swapcase() + OWN[place + 1 :]
        for place, letter in enumerate(OWN)
        if letter.isalpha() and letter.swapcase() not in "OIl"
    ]
    assert len(folded) > 20
    assert {judge(row(text, SIGNED, key=PUBLIC.hex())).reason for text in folded} <= {
        "key-mismatch",
        "address-undecodable",
    }


def test_the_system_program_is_not_owned_by_whoever_forges_for_it() -> None:
    address = "1" * 32
    assert canonical(address, {}) == bytes(32)
    for s in range(1, 9):
        forged = (bytes(32) + s.to_bytes(32, "little")).hex()
        assert judge(row(address, forged, key="00" * 32)).reason == "signature-invalid"
