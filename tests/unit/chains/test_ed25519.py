from __future__ import annotations

import hashlib
from collections.abc import Callable
from operator import eq

from nacl.signing import SigningKey

from chains.adapter import OwnershipRule, Verifier
from chains.ed25519 import hashed as of_hash
from chains.ed25519 import verifier
from chains.verdicts import Binding, Reason, verdict
from tests.unit.chains.rules import MESSAGE, row
from tests.vectors.signing import okx

KEY = SigningKey(bytes(range(32)))
PUBLIC = bytes(KEY.verify_key)
SIGNED = KEY.sign(okx(MESSAGE)).signature.hex()


def hashed(key: bytes) -> bytes:
    return hashlib.sha3_256(key + b"\0").digest()


def judge_of(
    derive: Callable[[bytes], bytes] | None, *digests: str, binding: Binding = Binding.HASH
) -> Verifier:
    rule = OwnershipRule("testnet", "toy", digests or ("okx-raw",), (MESSAGE,), {})
    return verifier(
        rule,
        read=lambda text: (
            verdict(Reason.ADDRESS_UNDECODABLE) if text == "a name" else bytes.fromhex(text)
        ),
        fits=eq if derive is None else of_hash(derive),
        is_key=derive is None,
        binding=binding,
    )


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


def test_what_a_family_leaves_to_the_chain() -> None:
    other, key = hashed(PUBLIC).hex(), PUBLIC.hex()
    wanted = {
        Binding.HASH: ("key-mismatch", "address-undecodable"),
        Binding.FORM: ("key-mismatch", "key-signature"),
        Binding.RECORD: ("key-signature", "key-signature"),
    }
    for binding, (mismatch, unread) in wanted.items():
        judge = judge_of(None, binding=binding)
        assert judge(row(key, SIGNED, key=key)).reason == "address-signed"
        assert judge(row(other, SIGNED, key=key)).reason == mismatch
        assert judge(row("a name", SIGNED, key=key)).reason == unread
        assert judge(row("a name", "00" * 64, key=key)).word == "failed"
    assert judge_of(None, binding=Binding.FORM)(row("a name", SIGNED)).reason == "key-missing"


def test_silence_is_unsupported_where_lists_never_sign() -> None:
    rule = OwnershipRule("net", "toy", ("okx-raw",), (MESSAGE,), {"unsigned": "unsupported"})
    judge = verifier(rule, read=bytes.fromhex, fits=eq, is_key=True)
    for signature in ("", "null"):
        assert judge(row("ab", signature)).reason == "silent-name"
    assert judge(row("no hex")).reason == "silent-name"
    assert judge(row(PUBLIC.hex(), SIGNED)).reason == "address-signed"
