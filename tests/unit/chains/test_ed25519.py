from __future__ import annotations

import hashlib
from collections.abc import Callable

from nacl.signing import SigningKey

from chains.adapter import OwnershipRule, Verifier
from chains.ed25519 import verifier
from tests.unit.chains.rules import MESSAGE, row
from tests.vectors.signing import okx

KEY = SigningKey(bytes(range(32)))
PUBLIC = bytes(KEY.verify_key)
SIGNED = KEY.sign(okx(MESSAGE)).signature.hex()


def hashed(key: bytes) -> bytes:
    return hashlib.sha3_256(key + b"\0").digest()


def judge_of(derive: Callable[[bytes], bytes] | None, *digests: str) -> Verifier:
    rule = OwnershipRule("testnet", "toy", digests or ("okx-raw",), (MESSAGE,), {})
    return verifier(rule, read=bytes.fromhex, derive=derive)


def test_an_address_derived_from_the_key() -> None:
    judge = judge_of(hashed)
    address = hashed(PUBLIC).hex()
    assert judge(row(address, SIGNED, key=PUBLIC.hex())).reason == "address-signed"
    assert judge(row(address, SIGNED)).reason == "key-missing"
    assert judge(row(PUBLIC.hex(), SIGNED, key=PUBLIC.hex())).reason == "key-mismatch"


def test_an_address_that_is_the_key() -> None:
    judge = judge_of(None)
    assert judge(row(PUBLIC.hex(), SIGNED)).reason == "address-signed"
    assert judge(row(PUBLIC.hex(), SIGNED, key=PUBLIC.hex())).reason == "address-signed"
    assert judge(row(hashed(PUBLIC).hex(), SIGNED, key=PUBLIC.hex())).reason == "key-mismatch"


def test_a_rotated_key_is_named_as_the_owner() -> None:
    judge = judge_of(hashed)
    found = judge(row("de" * 32, SIGNED, key=PUBLIC.hex(), owner1=hashed(PUBLIC).hex()))
    assert (found.word, found.digest) == ("key-only", "okx-raw")
    found = judge(row("de" * 32, SIGNED, key=PUBLIC.hex(), owner1="ad" * 32))
    assert found.reason == "owner-mismatch"


def test_digests_are_tried_in_turn_and_the_one_that_fits_is_named() -> None:
    found = judge_of(None, "keccak", "okx-raw")(row(PUBLIC.hex(), SIGNED))
    assert (found.word, found.digest) == ("proven", "okx-raw")
    assert judge_of(None, "keccak")(row(PUBLIC.hex(), SIGNED)).reason == "signature-invalid"


def test_checks_are_made_in_their_stated_order() -> None:
    judge = judge_of(None)
    other = hashed(PUBLIC).hex()
    assert judge(row(other, message="other")).reason == "no-signature"
    assert judge(row(other, "junk", message="other", key="junk")).reason == "message-not-agreed"
    assert judge(row(other, "junk", key="junk")).reason == "key-malformed"
    assert judge(row(other, "junk", key=PUBLIC.hex())).reason == "key-mismatch"
    assert judge(row(other, "junk")).reason == "signature-malformed"
    assert judge(row(other, SIGNED)).reason == "signature-invalid"
