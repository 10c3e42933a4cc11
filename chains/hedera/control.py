"""What a Hedera row asks of the ledger: is the key that signed the account's own? Pure.

`proven`: the account's key was that key at the snapshot. `failed`: it was another single key.
Lists and thresholds of keys leave the row unsettled, and so does an account that was not there, was
deleted, or has no key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Control, ControlQuery, ControlWord, OwnershipWord
from chains.ed25519 import listed_key_query
from chains.encodings import hex_bytes
from chains.hedera.addresses import canonical, is_numbered
from chains.signatures import ED25519_KEY_SIZE

if TYPE_CHECKING:
    from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict
    from chains.hedera.answers import AccountAnswer

ED25519, ECDSA = "ED25519", "ECDSA_SECP256K1"


def query_of(
    row: OwnershipMaterial, verdict: OwnershipVerdict, rule: OwnershipRule
) -> ControlQuery | None:
    """Return what a `key-only` row with a valid signature asks, or None when nothing settles it."""
    if verdict.word is not OwnershipWord.KEY_ONLY or not verdict.digest:
        return None
    if row.owner1 or row.owner2 or row.staking:
        return None
    query = listed_key_query(row, rule, canonical)
    return query if query is not None and is_numbered(query.account) else None


def settle(query: ControlQuery, account: AccountAnswer | None) -> Control:
    """Return what the key in an account's record shows of a row; None: there was no account."""
    if account is None:
        return Control(ControlWord.UNSETTLED, "no-account", "There was no such account.")
    if account.is_deleted:
        return Control(ControlWord.UNSETTLED, "no-account", "The account had been deleted.")
    found = account.key
    if found is None:
        return Control(ControlWord.UNSETTLED, "no-key", "The account's record holds no key.")
    if found.kind == ED25519 and hex_bytes(found.text, ED25519_KEY_SIZE) in query.signers:
        return Control(
            ControlWord.PROVEN, "account-key", "The key that signed is the one in its record."
        )
    if found.kind in {ED25519, ECDSA}:
        return Control(
            ControlWord.FAILED, "other-key", "The account's record holds another key than signed."
        )
    return Control(
        ControlWord.UNSETTLED,
        "complex-key",
        "The account's record holds a list or a threshold of keys, which is not read.",
    )
