"""Sui addresses: 32 bytes in 64 hex digits behind ``0x``. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.encodings import hex_bytes
from chains.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

ADDRESS_SIZE = 32


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the 32 bytes of an address; raises AddressError.

    >>> canonical("0x" + "ab" * 32, {})[:1].hex()
    'ab'
    """
    address = hex_bytes(text, ADDRESS_SIZE)
    if address is None:
        raise AddressError("not an address of 32 bytes")
    return address


def encode(address: bytes) -> str:
    """Return the text of 32 address bytes."""
    return f"0x{address.hex()}"
