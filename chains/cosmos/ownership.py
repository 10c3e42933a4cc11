"""Ledgers of the Cosmos kind: who signed for an account. Pure.

The address is classic bech32 of 20 bytes. The rule is `chains.secp256k1`. Parameters:

* ``bech32_hrp``: the network's prefix (``cosmos``, ``terra``, ``inj``);
* ``account_hash``: ``hash160`` of the compressed key (when absent), or ``keccak``, the tail of
  Keccak-256 of x || y (Injective).

Validator and consensus addresses have prefixes of their own and are foreign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains import secp256k1
from chains.cosmos.addresses import canonical
from chains.errors import RegistryError
from chains.signatures import compress, evm_account, hash160
from chains.verdicts import address_reader

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, Verifier


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    if not rule.parameters.get("bech32_hrp"):
        raise RegistryError(f"{rule.network}: a Cosmos network needs bech32_hrp")
    is_keccak = rule.parameters.get("account_hash") == "keccak"
    return secp256k1.verifier(
        rule,
        read=address_reader(canonical, rule.parameters),
        derive=evm_account if is_keccak else lambda key: hash160(compress(key)),
        with_key=True,
    )
