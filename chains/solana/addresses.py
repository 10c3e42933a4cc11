"""Solana addresses: base58 of a 32-byte Ed25519 public key, without checksum. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.encodings import base58_bytes, base58_text
from chains.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

ADDRESS_SIZE = 32


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the 32 bytes of an address. Letter case matters. Raises AddressError.

    >>> canonical("11111111111111111111111111111111", {}) == bytes(32)
    True
    """
    decoded = base58_bytes(text)
    if len(decoded) != ADDRESS_SIZE:
        raise AddressError("not an address of 32 bytes")
    return decoded


def encode(address: bytes) -> str:
    """Return the text of 32 address bytes."""
    return base58_text(address)
