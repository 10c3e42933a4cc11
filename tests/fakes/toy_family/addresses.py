"""Toyland: ``toy`` and an Ed25519 key in hex. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chains.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

_FORM = re.compile(r"toy[0-9a-f]{64}")


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:
    """Return the key. Raises AddressError."""
    if not _FORM.fullmatch(text):
        raise AddressError("not an address of Toyland")
    return bytes.fromhex(text.removeprefix("toy"))


def encode(account: bytes) -> str:
    """Return the address of a key."""
    return f"toy{account.hex()}"
