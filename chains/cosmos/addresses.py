"""Cosmos addresses: classic bech32 of 20 bytes, with the prefix of the network. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.encodings import bech32_bytes
from chains.errors import AddressError, RegistryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

ACCOUNT_SIZE = 20


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:
    """Return the 20 bytes of an account.

    Raises ForeignAddress for a sound address of another network, AddressError for other text,
    RegistryError when the network has no prefix.

    >>> canonical("terra1hf7afhf4y6wlxqvr7lx4pmct5gunczmnh9emsg", {"bech32_hrp": "terra"}).hex()[:6]
    'ba7dd4'
    """
    prefix = parameters.get("bech32_hrp")
    if not isinstance(prefix, str) or not prefix:
        raise RegistryError("a Cosmos network needs bech32_hrp")
    account = bech32_bytes(text, prefix)
    if len(account) != ACCOUNT_SIZE:
        raise AddressError("not an account of 20 bytes")
    return account
