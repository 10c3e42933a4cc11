"""Aptos addresses: 32 bytes in hex behind ``0x``; leading zeros may be left out. Pure."""

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

    >>> canonical("0x1", {}) == bytes(31) + bytes([1])
    True
    """
    digits = text[2:]
    if text[:2] in {"0x", "0X"} and 0 < len(digits) < 2 * ADDRESS_SIZE:
        text = digits.rjust(2 * ADDRESS_SIZE, "0")
    address = hex_bytes(text, ADDRESS_SIZE)
    if address is None:
        raise AddressError("not an address of 32 bytes")
    return address


def encode(address: bytes) -> str:
    """Return the text of 32 address bytes, with all zeros."""
    return f"0x{address.hex()}"
