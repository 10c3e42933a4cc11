"""Who signed for an account of a Substrate ledger. Pure.

The rule is `chains.ed25519`: OKX's keys are Ed25519, on Polkadot too (not sr25519), and the account
is the key. Parameter of the network: ``ss58_prefix``, a number. Without one no address is read, and
the best verdict is `key-only`.
"""

from __future__ import annotations

from operator import eq
from typing import TYPE_CHECKING

from chains import ed25519
from chains.substrate.addresses import canonical
from chains.verdicts import Binding, address_reader, unread

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, Verifier


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    if "ss58_prefix" in rule.parameters:
        read = address_reader(canonical, rule.parameters)
        return ed25519.verifier(rule, read=read, fits=eq)
    return ed25519.verifier(rule, read=unread, fits=eq, binding=Binding.FORM)
