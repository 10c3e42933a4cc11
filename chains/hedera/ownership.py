"""Hedera: who signed with the listed key; an account is never bound to it offline. Pure.

The rule is `chains.ed25519`, and `key-only` the best verdict: the ledger keeps the key of a
numbered account, and `chains.hedera.control` asks for it. No parameters of the network are read.
"""

from __future__ import annotations

from operator import eq
from typing import TYPE_CHECKING

from chains import ed25519
from chains.verdicts import Binding, unread

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, Verifier


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    return ed25519.verifier(rule, read=unread, fits=eq, binding=Binding.FORM)
