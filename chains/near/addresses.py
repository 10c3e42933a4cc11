"""NEAR accounts: a name, or a key in hex. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chains.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

MAX_NAME = 64
IMPLICIT = b"#"
_IMPLICIT = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9]+([-_.][a-z0-9]+)*")


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return ``#`` and the key of an implicit account, ``@`` and the name of another.

    Raises AddressError.

    >>> canonical("exchange.near", {})
    b'@exchange.near'
    """
    if _IMPLICIT.fullmatch(text):
        return IMPLICIT + bytes.fromhex(text)
    if len(text) > MAX_NAME or not _NAME.fullmatch(text):
        raise AddressError("neither an implicit account nor a name")
    return b"@" + text.encode()


def derive(key: bytes) -> bytes:
    """Return the canonical implicit account of an Ed25519 key."""
    return IMPLICIT + key


def account_id(account: bytes) -> str:
    """Return the text of a canonical account.

    >>> account_id(b"@exchange.near"), account_id(b"#" + bytes(32))[:4]
    ('exchange.near', '0000')
    """
    return account[1:].hex() if account[:1] == IMPLICIT else account[1:].decode()
