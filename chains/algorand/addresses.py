"""Algorand addresses: upper-case base32 of the key and four bytes of its SHA-512/256. Pure."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from typing import TYPE_CHECKING

from chains.encodings import upper_base32_bytes
from chains.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

KEY_SIZE, CHECKSUM_SIZE = 32, 4


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the 32 bytes of the key in an address; raises AddressError.

    >>> canonical("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAY5HFKQ", {}) == bytes(32)
    True
    """
    decoded = upper_base32_bytes(text)
    key, checksum = decoded[:KEY_SIZE], decoded[KEY_SIZE:]
    if checksum != sha512_256(key)[-CHECKSUM_SIZE:]:
        raise AddressError("the Algorand checksum does not match")
    return key


def sha512_256(data: bytes) -> bytes:
    """Return SHA-512/256 (FIPS 180-4), 32 bytes."""
    return hashlib.new("sha512_256", data).digest()


def encode(key: bytes) -> str:
    """Return the address of the 32 bytes of a key.

    >>> encode(bytes(32))[-6:]
    'Y5HFKQ'
    """
    return b32encode(key + sha512_256(key)[-CHECKSUM_SIZE:]).decode().rstrip("=")
