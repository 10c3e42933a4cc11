"""What a NEAR row asks of the ledger: is the key that signed an access key of the account? Pure.

`proven`: the key has full access at the snapshot block. `failed`: the account has no such key then,
or one that may only call functions. A deleted or unknown account leaves the row unsettled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import ControlQuery, OwnershipWord
from chains.ed25519 import listed_key_query
from chains.encodings import base58_text
from chains.near.addresses import canonical

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
    return listed_key_query(row, rule, canonical)


def key_text(key: bytes) -> str:
    """Return an Ed25519 key as NEAR writes it.

    >>> key_text(bytes(32))
    'ed25519:11111111111111111111111111111111'
    """
    return f"ed25519:{base58_text(key)}"
