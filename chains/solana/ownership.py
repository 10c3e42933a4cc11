"""Who signed for a Solana account. Pure.

The rule is `chains.ed25519`, with: the address is the public key itself, so the key column may
be empty. A token row is judged by the wallet address that it names, like a SOL row.

No parameters of the network are read.
"""

from __future__ import annotations

from operator import eq
from typing import TYPE_CHECKING

from chains import ed25519
from chains.solana.addresses import canonical
from chains.verdicts import address_reader

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, Verifier


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    return ed25519.verifier(rule, read=read, fits=eq, is_key=True)
