"""Stellar and Pi: who signed for an account. Pure.

The address is the key; muxed accounts (``M``) and contracts (``C``) are `unsupported`. The rule is
`chains.ed25519`. No parameters of the network are read.
"""

from __future__ import annotations

from operator import eq
from typing import TYPE_CHECKING

from chains import ed25519
from chains.adapter import OwnershipVerdict
from chains.stellar.addresses import ACCOUNT, canonical
from chains.verdicts import Reason, address_reader, verdict

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, Verifier


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    other_form = verdict(Reason.ADDRESS_FORM)

    def read_account(text: str) -> bytes | OwnershipVerdict:
        address = read(text)
        if isinstance(address, OwnershipVerdict):
            return address
        return address[1:] if address[0] == ACCOUNT else other_form

    return ed25519.verifier(rule, read=read_account, fits=eq)
