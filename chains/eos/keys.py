"""Public keys and signatures as EOS writes them: base58 behind a prefix, with a checksum. Pure."""

from __future__ import annotations

from chains.encodings import base58_bytes
from chains.errors import AddressError
from chains.signatures import COMPRESSED_SIZE, is_public_key, ripemd160

CHECKSUM_SIZE = 4
SIGNATURE_SIZE = 65
_HEADS = range(27, 35)
"""27 and the recovery id; 4 more for a compressed key, which every key here is."""


def read_key(text: str) -> bytes | None:
    """Return the compressed key of an ``EOS`` or ``PUB_K1_`` text, or None."""
    if text.startswith("PUB_K1_"):
        key = _checked(text, "PUB_K1_", b"K1")
    else:
        key = _checked(text, "EOS", b"")
    if key is None or len(key) != COMPRESSED_SIZE or not is_public_key(key):
        return None
    return key


def read_signature(text: str) -> bytes | None:
    """Return head, r and s of a ``SIG_K1_`` text, or None."""
    decoded = _checked(text, "SIG_K1_", b"K1")
    if decoded is None or len(decoded) != SIGNATURE_SIZE or decoded[0] not in _HEADS:
        return None
    return decoded


def _checked(text: str, prefix: str, suffix: bytes) -> bytes | None:
    """Return what base58 and a RIPEMD-160 checksum protect behind `prefix`, or None."""
    if not text.startswith(prefix):
        return None
    try:
        decoded = base58_bytes(text[len(prefix) :])
    except AddressError:
        return None
    data, checksum = decoded[:-CHECKSUM_SIZE], decoded[-CHECKSUM_SIZE:]
    return data if ripemd160(data + suffix)[:CHECKSUM_SIZE] == checksum else None
