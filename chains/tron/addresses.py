"""TRON addresses: base58check of 0x41 and the 20 bytes of an Ethereum-style account. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.encodings import base58check_bytes, base58check_text
from chains.errors import AddressError, ForeignAddress, RegistryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

ACCOUNT_SIZE = 20


def version(parameters: Mapping[str, Parameter]) -> bytes:
    """Return the version byte of the network; raises RegistryError when there is none."""
    text = parameters.get("version", "41")
    try:
        found = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        found = b""
    if len(found) != 1:
        raise RegistryError(f"the address version {text!r} is not one byte in hex")
    return found


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:
    """Return the 21 bytes of an address: version, then account. Letter case matters.

    Raises ForeignAddress for a sound address of another network, AddressError for other text.

    >>> canonical("TEjxQjU3CxkFrSDcPfHwZXSuPpCpdQ27NJ", {}).hex()[:6]
    '413457'
    """
    decoded = base58check_bytes(text)
    if len(decoded) != 1 + ACCOUNT_SIZE:
        raise AddressError("not an address of 21 bytes")
    if decoded[:1] != version(parameters):
        raise ForeignAddress("a base58 address of another network")
    return decoded


def encode(address: bytes) -> str:
    """Return the text of 21 address bytes."""
    return base58check_text(address)
