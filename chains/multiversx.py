"""MultiversX: who signed for an account. Pure.

The address is classic bech32 ``erd`` of the Ed25519 key. Text that is no bech32 is `key-only`:
herotags and the like name accounts only on the ledger. The rule is `chains.ed25519`.
Parameter of the network: ``bech32_hrp``, ``"erd"`` when absent.
"""

from __future__ import annotations

from operator import eq
from typing import TYPE_CHECKING

from chains import ed25519
from chains.encodings import bech32_bytes
from chains.errors import AddressError
from chains.verdicts import Binding, address_reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, Parameter, Verifier

KEY_SIZE = 32


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:
    """Return the 32 bytes of the key in an address.

    Raises ForeignAddress for a sound bech32 text of another network, AddressError for other text.
    """
    key = bech32_bytes(text, str(parameters.get("bech32_hrp", "erd")))
    if len(key) != KEY_SIZE:
        raise AddressError("not a key of 32 bytes")
    return key


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    return ed25519.verifier(rule, read=read, fits=eq, binding=Binding.FORM)
