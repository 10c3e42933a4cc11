"""Who signed for an account of the XRP Ledger. Pure.

The account is HASH160 of the compressed key. It can be given another key (a RegularKey, a signer
list), so a row whose listed key signed but is not the address's own is `key-only`: `control` asks
the ledger. An X-address is judged as its account: a tag changes nothing about who signs.
The rule is `chains.secp256k1`.

Parameter of the network: ``unsigned``, see `chains.verdicts.without_signature`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains import secp256k1
from chains.signatures import compress, hash160
from chains.verdicts import Binding, address_reader
from chains.xrpl.addresses import canonical

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, Verifier


def account_of(key: bytes) -> bytes:
    """Return the account of an uncompressed public key of 65 bytes."""
    return hash160(compress(key))


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    return secp256k1.verifier(
        rule,
        read=address_reader(canonical, rule.parameters),
        derive=account_of,
        with_key=True,
        binding=Binding.RECORD,
    )
