"""What a NEAR row asks of the ledger: is the key that signed an access key of the account? Pure.

`proven`: the key has full access at the snapshot block. `failed`: the account has no such key then,
or one that may only call functions. A deleted or unknown account leaves the row unsettled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import ControlQuery, OwnershipWord
from chains.encodings import base58_text, hex_bytes
from chains.errors import AddressError
from chains.near.addresses import canonical
from chains.signatures import ED25519_KEY_SIZE

if TYPE_CHECKING:
    from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict


def query_of(
    row: OwnershipMaterial, verdict: OwnershipVerdict, rule: OwnershipRule
) -> ControlQuery | None:
    """Return what a `key-only` row with a valid signature asks, or None when nothing settles it."""
    if verdict.word is not OwnershipWord.KEY_ONLY or not verdict.digest:
        return None
    if row.staking:
        return None
    key = hex_bytes(row.key, ED25519_KEY_SIZE)
    try:
        account = canonical(row.address, rule.parameters)
    except AddressError:
        return None
    return None if key is None else ControlQuery(account, frozenset({key}), b"", ())


def key_text(key: bytes) -> str:
    """Return an Ed25519 key as NEAR writes it.

    >>> key_text(bytes(32))
    'ed25519:11111111111111111111111111111111'
    """
    return f"ed25519:{base58_text(key)}"
