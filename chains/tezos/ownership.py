"""Tezos: who signed for a ``tz1`` account. Pure.

Accounts of other curves (``tz2``, ``tz3``, ``tz4``), contracts (``KT1``) and other text are
`key-only`: this key does not determine them. The rule is `chains.ed25519`. No parameters of the
network are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains import ed25519
from chains.errors import AddressError
from chains.tezos.addresses import TZ1, canonical, derive
from chains.verdicts import Binding, address_reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, Parameter, Verifier


def _canonical_tz1(text: str, parameters: Mapping[str, Parameter]) -> bytes:
    address = canonical(text, parameters)
    if not address.startswith(TZ1):
        raise AddressError("not the address of an Ed25519 key")
    return address


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(_canonical_tz1, rule.parameters)
    return ed25519.verifier(rule, read=read, fits=ed25519.hashed(derive), binding=Binding.FORM)
