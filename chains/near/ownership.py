"""NEAR: who signed for an account. Pure.

An implicit account is the Ed25519 key in 64 hex digits; the row then proves itself. A named
account (``exchange.near``) is `key-only`, and so is an implicit one with another listed key: the
ledger keeps the access keys of both. The rule is `chains.ed25519`.

No parameters of the network are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains import ed25519
from chains.near.addresses import canonical, derive
from chains.verdicts import Binding, address_reader

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, Verifier


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    return ed25519.verifier(rule, read=read, fits=ed25519.hashed(derive), binding=Binding.RECORD)
