"""NULS: who signed with the listed key; no address is bound to it. Pure.

The rule is `chains.secp256k1` with the listed key, and `key-only` is the best verdict: no address
rule is published for the name, and none of ours was checked against a vector. A row without a key
shows nothing, because every signature recovers some key. No parameters are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains import secp256k1
from chains.errors import AddressError
from chains.verdicts import Binding, unread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, Parameter, Verifier

MAX_SIZE = 130


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the text itself, as bytes; AddressError for text that no address can be.

    >>> canonical("NULSd6", {})
    b'NULSd6'
    """
    if not text.isascii() or not text.isalnum() or len(text) > MAX_SIZE:
        raise AddressError("not the text of an address")
    return text.encode()


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    return secp256k1.verifier(
        rule,
        read=unread,
        derive=bytes,
        with_key=True,
        binding=Binding.FORM,
    )
