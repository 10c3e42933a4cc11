"""Ledgers on which no address is bound to an Ed25519 key here: a row shows the key at most. Pure.

Canton, Casper, Internet Computer, IOST, IOTA, Kadena, Klayr, Lisk (before 2024), Pocket,
Siacoin, Venom. On some the ledger keeps the keys of an account under a name or number; for the
others an address rule exists, but none was checked against a published signature, and a wrong one
would prove what it must not. The rule is `chains.ed25519`, and `key-only` the best verdict; its
sentence says what the chain would have to show (`chains.verdicts.KEY_FACTS`).
No parameters of the network are read.
"""

from __future__ import annotations

from operator import eq
from typing import TYPE_CHECKING

from chains import ed25519
from chains.errors import AddressError
from chains.verdicts import Binding, unread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, Parameter, Verifier

MAX_SIZE = 256
"""Characters: a Canton party is a name and a fingerprint."""


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the text itself, as bytes; AddressError for text that no address can be.

    >>> canonical("k:0098", {})
    b'k:0098'
    """
    if not text.isascii() or not text.isprintable() or not 0 < len(text) <= MAX_SIZE:
        raise AddressError("not the text of an address")
    return text.encode()


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    return ed25519.verifier(rule, read=unread, fits=eq, binding=Binding.FORM)
