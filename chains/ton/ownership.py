"""Who signed for a TON account. Pure.

The rule is `chains.ed25519`, with: the account is the hash of a wallet contract (the module
`wallets`) whose data holds the listed key, in workchain 0. The text form of the address plays no
part.
A wallet of another contract or another wallet number fails, as nothing ties it to the key.

No parameters of the network are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains import ed25519
from chains.ton.addresses import canonical
from chains.ton.wallets import accounts
from chains.verdicts import address_reader

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, Verifier


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    return ed25519.verifier(rule, read=read, fits=fits)


def fits(key: bytes, address: bytes) -> bool:
    """Return whether `address` (33 bytes) is that of a wallet of an Ed25519 key."""
    return address[0] == 0 and address[1:] in accounts(key)
