from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from coincurve import PrivateKey
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from chains.signatures import (
    compress,
    evm_account,
    hash160,
    is_ed25519_signature,
    is_public_key,
    keccak256,
    recover,
    sha256d,
)

DIGEST = hashlib.sha256(b"assay").digest()
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
secrets = st.integers(min_value=1, max_value=ORDER - 1).map(
    lambda number: PrivateKey(number.to_bytes(32, "big"))
)


@given(secrets, st.binary(min_size=32, max_size=32))
def test_recover_returns_the_signers_key(secret: PrivateKey, digest: bytes) -> None:
    signed = secret.sign_recoverable(digest, hasher=None)
    key = recover(signed, signed[64], digest)
    assert key == secret.public_key.format(compressed=False)
    assert compress(key) == secret.public_key.format(compressed=True)
    assert is_public_key(key)
    assert is_public_key(compress(key))


def test_the_high_s_half_recovers_the_same_key() -> None:
    secret = PrivateKey(b"\x01" * 32)
    signed = secret.sign_recoverable(DIGEST, hasher=None)
    high = (ORDER - int.from_bytes(signed[32:64], "big")).to_bytes(32, "big")
    assert recover(signed[:32] + high, signed[64] ^ 1, DIGEST) == recover(
        signed, signed[64], DIGEST
    )


@pytest.mark.parametrize(
    "signature",
    [
        bytes(64),
        bytes(32) + b"\x01" * 32,
        b"\x01" * 32 + bytes(32),
        b"\xff" * 64,
        ORDER.to_bytes(32, "big") + b"\x01" * 32,
        (5).to_bytes(32, "big") + b"\x01" * 32,  # 5 is the x coordinate of no point
    ],
    ids=["zero", "zero-r", "zero-s", "too-large", "r-is-order", "no-point"],
)
def test_impossible_signatures_recover_nothing(signature: bytes) -> None:
    assert recover(signature, 0, DIGEST) is None


@pytest.mark.parametrize(
    ("signature", "recovery_id", "digest"),
    [(bytes(63), 0, DIGEST), (bytes(64), 4, DIGEST), (bytes(64), -1, DIGEST), (bytes(64), 0, b"")],
)
def test_wrong_sizes_never_reach_the_library(
    signature: bytes, recovery_id: int, digest: bytes
) -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        recover(signature, recovery_id, digest)


def test_threads_do_not_share_buffers() -> None:
    secrets_ = [PrivateKey(bytes([number]) * 32) for number in range(1, 9)]
    signed = [secret.sign_recoverable(DIGEST, hasher=None) for secret in secrets_]
    expected = [secret.public_key.format(compressed=False) for secret in secrets_]

    def work(number: int) -> set[bytes | None]:
        return {recover(signed[number], signed[number][64], DIGEST) for _ in range(300)}

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [{key} for key in expected]


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"\x02",
        bytes(33),
        b"\x02" + b"\xff" * 32,
        b"\x02" + (5).to_bytes(32, "big"),
        b"\x04" + b"\x01" * 64,
        b"\x06" + PrivateKey(b"\x01" * 32).public_key.format(compressed=False)[1:],
        b"\x07" + PrivateKey(b"\x01" * 32).public_key.format(compressed=False)[1:],
        PrivateKey(b"\x01" * 32).public_key.format() + b"\x00",
    ],
)
def test_what_is_no_public_key(key: bytes) -> None:
    assert not is_public_key(key)


def test_hashes_agree_with_other_libraries() -> None:
    assert keccak256(b"assay") == keccak(b"assay")
    assert sha256d(b"") == hashlib.sha256(hashlib.sha256(b"").digest()).digest()
    # HASH160 of the generator's compressed form, the key of private key 1 (BIP-173's examples).
    generator = PrivateKey((1).to_bytes(32, "big")).public_key
    assert hash160(generator.format()).hex() == "751e76e8199196d454941c45d1b3a323f1433bd6"
    # The account of private key 1 is one of the best-known of Ethereum.
    account = evm_account(generator.format(compressed=False))
    assert account.hex() == "7e5f4552091a69125d5dfcb7b8c2659029395bdf"


@pytest.mark.skipif(
    "ripemd160" not in hashlib.algorithms_available, reason="OpenSSL without RIPEMD-160"
)
@given(st.binary(max_size=100))
def test_hash160_is_ripemd160_of_sha256(data: bytes) -> None:
    assert hash160(data) == hashlib.new("ripemd160", hashlib.sha256(data).digest()).digest()


# RFC 8032, section 7.1, test 2.
RFC_KEY = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
RFC_SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_ed25519_accepts_the_rfc_vector_and_nothing_near_it() -> None:
    assert is_ed25519_signature(RFC_KEY, RFC_SIGNATURE, b"\x72")
    assert not is_ed25519_signature(RFC_KEY, RFC_SIGNATURE, b"\x73")
    for position in range(64):
        damaged = bytearray(RFC_SIGNATURE)
        damaged[position] ^= 1
        assert not is_ed25519_signature(RFC_KEY, bytes(damaged), b"\x72")


def test_ed25519_refuses_s_beyond_the_order() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(RFC_SIGNATURE[32:], "little") + order
    assert not is_ed25519_signature(RFC_KEY, RFC_SIGNATURE[:32] + s.to_bytes(32, "little"), b"\x72")


PRIME = 2**255 - 19
SMALL_ORDER_Y = (
    0,
    1,
    2707385501144840649318225287225658788936804267575313519463743609750303021022,
    55188659117513257062467267217118295137698188065244968500265048394206261417927,
    PRIME - 1,
    PRIME,
    PRIME + 1,
)
"""y of the points whose order divides eight, the last two written non-canonically."""


@pytest.mark.parametrize("sign", [0, 1 << 255], ids=["even", "odd"])
@pytest.mark.parametrize("y", SMALL_ORDER_Y, ids=range(len(SMALL_ORDER_Y)))
def test_keys_of_small_order_have_no_valid_signature(y: int, sign: int) -> None:
    key = (y | sign).to_bytes(32, "little")
    # With s = 0 and R = -[h]A, which is one of eight points, the bare equation holds.
    accepted = [
        commitment
        for commitment in SMALL_ORDER_Y
        for bit in (0, 1 << 255)
        for text in range(8)
        if is_ed25519_signature(
            key, (commitment | bit).to_bytes(32, "little") + bytes(32), bytes([text])
        )
    ]
    assert accepted == []


def test_a_sound_key_does_not_sign_with_a_small_commitment() -> None:
    key = bytes(SigningKey(bytes(32)).verify_key)
    assert not is_ed25519_signature(key, (1).to_bytes(32, "little") + bytes(32), b"")
