"""Toyland: the address is the key, so whoever signs with it holds it. Pure.

What must hold is numbered in `chains.ed25519`.
"""

from __future__ import annotations

from operator import eq
from typing import TYPE_CHECKING

from chains import ed25519
from chains.verdicts import address_reader
from tests.fakes.toy_family.addresses import canonical

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, Verifier


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    return ed25519.verifier(
        rule, read=address_reader(canonical, rule.parameters), fits=eq, is_key=True
    )
