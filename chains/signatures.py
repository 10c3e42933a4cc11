"""The cryptographic primitives of the ownership rules, over libraries. Pure.

secp256k1 is libsecp256k1 through coincurve's bindings, called directly because the recovery is
nine tenths of the cost of a row. High-s signatures are accepted everywhere, like low-s ones: the
other half of a pair proves the same knowledge of the same key (Ethereum's low-s rule protects
transaction ids, which play no part here).

Ed25519 is libsodium, which refuses small-order and non-canonical points. For a key of small order
anybody can make a "signature", and OpenSSL accepts it.
"""

from __future__ import annotations

import threading
from hashlib import sha256

import wallycore
from coincurve import GLOBAL_CONTEXT
from coincurve._libsecp256k1 import ffi, lib
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError
from sha3 import keccak_256

COMPACT_SIZE = 64
"""Bytes of r || s, and of an Ed25519 signature."""

UNCOMPRESSED_SIZE = 65
COMPRESSED_SIZE = 33
ED25519_KEY_SIZE = 32

_CONTEXT = GLOBAL_CONTEXT.ctx
_parse_recoverable = lib.secp256k1_ecdsa_recoverable_signature_parse_compact
_recover = lib.secp256k1_ecdsa_recover
_serialize = lib.secp256k1_ec_pubkey_serialize
_UNCOMPRESSED = lib.SECP256K1_EC_UNCOMPRESSED


class _Scratch(threading.local):
    """Buffers of libsecp256k1, reused by all calls of one thread (the calls release the GIL)."""

    def __init__(self) -> None:
        self.signature = ffi.new("secp256k1_ecdsa_recoverable_signature *")
        self.key = ffi.new("secp256k1_pubkey *")
        self.output = ffi.new("unsigned char[65]")
        self.output_size = ffi.new("size_t *", UNCOMPRESSED_SIZE)
        self.view = ffi.buffer(self.output)
        self.parts = (self.signature, self.key, self.output, self.output_size, self.view)
        """All of them, for one look-up in this thread's state instead of five."""


_scratch = _Scratch()


def recover(signature: bytes, recovery_id: int, digest: bytes) -> bytes | None:
    """Return the uncompressed public key (65 bytes, 04 x y) that signed `digest`, or None.

    `signature` begins with r || s (further bytes are ignored), `recovery_id` is 0 to 3, `digest`
    has 32 bytes; ValueError otherwise. None means that no key can have made this signature.
    """
    if len(signature) < COMPACT_SIZE or len(digest) != 32 or not 0 <= recovery_id <= 3:  # noqa: PLR2004
        raise ValueError("a signature has 64 bytes, a digest 32, a recovery id is 0 to 3")
    parsed, key, output, size, view = _scratch.parts
    if not _parse_recoverable(_CONTEXT, parsed, signature, recovery_id):
        return None
    if not _recover(_CONTEXT, key, parsed, digest):
        return None
    _serialize(_CONTEXT, output, size, key, _UNCOMPRESSED)
    serialised: bytes = view[:]
    return serialised


def compress(key: bytes) -> bytes:
    r"""Return the 33-byte form of an uncompressed public key.

    >>> compress(b"\x04" + b"\x11" * 32 + b"\x22" * 31 + b"\x23").hex()[:6]
    '031111'
    """
    return (b"\x03" if key[64] & 1 else b"\x02") + key[1:33]


def uncompress(key: bytes) -> bytes:
    """Return the 65-byte form of a public key; ValueError when it is not one."""
    scratch = _scratch
    if not is_public_key(key):
        raise ValueError("no point of the curve")
    lib.secp256k1_ec_pubkey_serialize(
        _CONTEXT, scratch.output, scratch.output_size, scratch.key, lib.SECP256K1_EC_UNCOMPRESSED
    )
    serialised: bytes = scratch.view[:]
    return serialised


def is_public_key(key: bytes) -> bool:
    """Return whether `key` is a secp256k1 point in its 33-byte or 65-byte (04) form.

    The hybrid forms 06 and 07, which libsecp256k1 would read, are refused.
    """
    if len(key) == COMPRESSED_SIZE:
        plausible = key[0] in (2, 3)
    else:
        plausible = len(key) == UNCOMPRESSED_SIZE and key[0] == 4  # noqa: PLR2004
    return plausible and bool(lib.secp256k1_ec_pubkey_parse(_CONTEXT, _scratch.key, key, len(key)))


def is_strict_signature(key: bytes, signature: bytes, digest: bytes) -> bool:
    """Return whether `signature`, strict DER with low s, of a 32-byte digest is by `key`.

    `key` must be a public key (see `is_public_key`); False otherwise. A signature that is not
    written in its one strict form is no signature (BIP-66), and neither is one with high s.
    """
    if len(digest) != 32:  # noqa: PLR2004
        raise ValueError("a digest has 32 bytes")
    parsed = ffi.new("secp256k1_ecdsa_signature *")
    if not is_public_key(key) or not lib.secp256k1_ecdsa_signature_parse_der(
        _CONTEXT, parsed, signature, len(signature)
    ):
        return False
    strict, size = ffi.new("unsigned char[72]"), ffi.new("size_t *", 72)
    lib.secp256k1_ecdsa_signature_serialize_der(_CONTEXT, strict, size, parsed)
    if ffi.buffer(strict, size[0])[:] != signature:
        return False
    # The scratch key is the one that `is_public_key` has just read; high s is refused.
    return bool(lib.secp256k1_ecdsa_verify(_CONTEXT, parsed, digest, _scratch.key))


def is_schnorr_signature(key: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether `signature` (64 bytes) of `message` is by the x-only `key` (BIP-340)."""
    point = ffi.new("secp256k1_xonly_pubkey *")
    if len(key) != 32 or len(signature) != COMPACT_SIZE:  # noqa: PLR2004
        return False
    if not lib.secp256k1_xonly_pubkey_parse(_CONTEXT, point, key):
        return False
    return bool(lib.secp256k1_schnorrsig_verify(_CONTEXT, signature, message, len(message), point))


def is_tweaked_key(key: bytes, internal: bytes, tweak: bytes, *, is_odd: bool) -> bool:
    """Return whether the x-only `key` is the `internal` one tweaked so, with a y of that parity.

    All three have 32 bytes (BIP-341); False when `internal` is no key.
    """
    point = ffi.new("secp256k1_xonly_pubkey *")
    if not lib.secp256k1_xonly_pubkey_parse(_CONTEXT, point, internal):
        return False
    return bool(
        lib.secp256k1_xonly_pubkey_tweak_add_check(_CONTEXT, key, int(is_odd), point, tweak)
    )


def is_ed25519_signature(key: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether `signature` (64 bytes) of `message` is by `key` (32 bytes), RFC 8032.

    False for keys or commitments of small order and for non-canonical encodings.
    """
    try:
        crypto_sign_open(signature + message, key)
    except BadSignatureError:
        return False
    return True


def keccak256(data: bytes) -> bytes:
    """Return the Keccak-256 hash (the one before NIST's padding change).

    >>> keccak256(b"").hex()[:16]
    'c5d2460186f7233c'
    """
    hashed: bytes = keccak_256(data).digest()
    return hashed


def sha256d(data: bytes) -> bytes:
    """Return SHA-256 of SHA-256."""
    return sha256(sha256(data).digest()).digest()


def hash160(data: bytes) -> bytes:
    """Return RIPEMD-160 of SHA-256, 20 bytes.

    Taken from libwally, whose RIPEMD-160 does not depend on how OpenSSL was built.
    """
    return bytes(wallycore.hash160(data))


def ripemd160(data: bytes) -> bytes:
    """Return the RIPEMD-160 hash, 20 bytes, from libwally like `hash160`."""
    return bytes(wallycore.ripemd160(data))


def evm_account(key: bytes) -> bytes:
    """Return the 20-byte account of an uncompressed key: the tail of Keccak-256 of x || y."""
    hashed: bytes = keccak_256(key[1:]).digest()
    return hashed[12:]
