"""Accounts of Hedera. Pure.

An account is a number, written ``0.0.98``. No parameters of the network are read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chains.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

MAX_SIZE = 256
_NUMBERED = re.compile(rb"0\.0\.(0|[1-9][0-9]{0,17})")


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the text itself, as bytes; AddressError for text that no account can be.

    Aliases and accounts of other realms are text as well, and are not read (`is_numbered`).

    >>> canonical("0.0.98", {})
    b'0.0.98'
    """
    if not text.isascii() or not text.isprintable() or not 0 < len(text) <= MAX_SIZE:
        raise AddressError("not the text of an account")
    return text.encode()


def is_numbered(account: bytes) -> bool:
    """Return whether an account is written by its number, without leading zeros."""
    return _NUMBERED.fullmatch(account) is not None
