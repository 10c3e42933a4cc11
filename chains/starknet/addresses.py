"""Starknet addresses: one field element in hex. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chains.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

ADDRESS_SIZE = 32
ADDRESS_LIMIT = (1 << 251) - 256
"""Addresses are smaller than this (Starknet documentation, contract address)."""

_FELT = re.compile(r"(0[xX])?[0-9a-fA-F]{1,64}")


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the 32 bytes of an address; ``0x`` and leading zeros may be left out.

    Raises AddressError.

    >>> canonical("0x1", {})[-1]
    1
    """
    number = felt(text)
    if number is None or not 0 < number < ADDRESS_LIMIT:
        raise AddressError("not a Starknet address")
    return number.to_bytes(ADDRESS_SIZE, "big")


def felt(text: str) -> int | None:
    """Return the number that up to 64 hex digits write, ``0x`` optional; None for other text.

    >>> felt("0x0A"), felt("0x"), felt("ten")
    (10, None, None)
    """
    return int(text, 16) if _FELT.fullmatch(text) else None
