"""Decred: no row can be judged yet. Pure.

Decred hashes keys, and checks addresses, with BLAKE-256 (the SHA-3 finalist, not BLAKE2). No
maintained library of it is published for Python, and a hash nobody else looks after is no ground
for a verdict. Every row is `unsupported`, also one whose address is not well-formed.
No parameters of the network are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.errors import AddressError
from chains.verdicts import Reason, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import (
        OwnershipMaterial,
        OwnershipRule,
        OwnershipVerdict,
        Parameter,
        Verifier,
    )

MAX_SIZE = 64


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the text itself, as bytes, its checksum unchecked; raises AddressError.

    >>> canonical("DsUZxxoHJSty8DCfwfartwTYbuhmVct7tJu", {})[:2]
    b'Ds'
    """
    if not text.isascii() or not text.isalnum() or not text.startswith("D") or len(text) > MAX_SIZE:
        raise AddressError("not the text of a Decred address")
    return text.encode()


def verifier(rule: OwnershipRule) -> Verifier:  # noqa: ARG001 (contract)
    """Return the judge of Decred rows: always `unsupported`."""
    found = verdict(
        Reason.NO_RULE,
        detail="Decred hashes keys with BLAKE-256, for which no maintained library is at hand, "
        "so its rows cannot be judged.",
    )

    def judge(row: OwnershipMaterial) -> OwnershipVerdict:  # noqa: ARG001 (contract)
        return found

    return judge
