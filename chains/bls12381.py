"""BLS signatures on BLS12-381 as Ethereum's consensus layer makes them. Pure.

Public keys on G1 (48 bytes), signatures on G2 (96 bytes), proof-of-possession ciphersuite
(draft-irtf-cfrg-bls-signature, 4.2.3). The curve is arkworks'; this module is imported when the
first such row comes.
"""

from __future__ import annotations

from functools import lru_cache

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

KEY_SIZE, SIGNATURE_SIZE = 48, 96

CIPHERSUITE = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"

_MINUS_GENERATOR = -G1Point()


def read_key(data: bytes) -> G1Point | None:
    """Return the point of a public key; None unless it is one, in the subgroup, not infinity.

    The encoding must be the canonical one: a point has one text.
    """
    try:
        point = G1Point.from_compressed_bytes(data)
    except ValueError:
        return None
    if point == G1Point.identity() or not point.is_in_subgroup():
        return None
    return point if point.to_compressed_bytes() == data else None


def read_signature(data: bytes) -> G2Point | None:
    """Return the point of a signature, under the conditions of `read_key`."""
    try:
        point = G2Point.from_compressed_bytes(data)
    except ValueError:
        return None
    if point == G2Point.identity() or not point.is_in_subgroup():
        return None
    return point if point.to_compressed_bytes() == data else None


def is_signature(key: G1Point, signature: G2Point, message: bytes) -> bool:
    """Return whether `signature` of `message` is by `key`: e(key, H(m)) = e(G, signature)."""
    return GT.pairing_check([key, _MINUS_GENERATOR], [hashed(message), signature])


@lru_cache(maxsize=64)
def hashed(message: bytes) -> G2Point:
    """Return the point on G2 that stands for `message`."""
    return G2Point.hash_to_curve(message, CIPHERSUITE)


def sign(secret: int, message: bytes) -> tuple[bytes, bytes]:
    """Return key and signature of `message` by a secret number; for tests and benches."""
    scalar = Scalar(secret)
    return (
        (G1Point() * scalar).to_compressed_bytes(),
        (hashed(message) * scalar).to_compressed_bytes(),
    )
