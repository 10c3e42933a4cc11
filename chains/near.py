"""NEAR: who signed for an account. Pure.

An implicit account is the Ed25519 key in 64 hex digits; the row then proves itself. A named
account (``exchange.near``) is `key-only`, and so is an implicit one with another listed key: the
ledger keeps the access keys of both. The rule is `chains.ed25519`.
No parameters of the network are read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chains import ed25519
from chains.errors import AddressError
from chains.verdicts import Binding, address_reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, Parameter, Verifier

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


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    return ed25519.verifier(rule, read=read, fits=ed25519.hashed(derive), binding=Binding.RECORD)
