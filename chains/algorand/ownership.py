"""Algorand: who signed for an account. Pure.

The address is upper-case base32 of the Ed25519 key and the last four bytes of its SHA-512/256.
An account can be rekeyed, so another listed key is `key-only`. The rule is `chains.ed25519`.
Parameter of the network: ``unsigned``, see `chains.verdicts.without_signature`.
"""

from __future__ import annotations

from operator import eq
from typing import TYPE_CHECKING

from chains import ed25519
from chains.algorand.addresses import canonical
from chains.verdicts import Binding, address_reader

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, Verifier


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    return ed25519.verifier(rule, read=read, fits=eq, binding=Binding.RECORD)
