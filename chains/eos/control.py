"""What a row of EOS, Vaulta or WAX asks of the ledger: do the signing keys move the account? Pure.

An account obeys the keys of its `owner` and `active` permissions, each with a weight, where the
weights reach the permission's threshold. `proven`: those that signed reach one of the thresholds.
`partial`: they have some weight. `failed`: neither permission names them. Where other accounts are
named beside the keys, a row that names none of the keys is unsettled.

A node knows only the permissions of its head, so the block that they are of is named, and they
count for the snapshot only if the history shows no change of either permission since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Control, ControlQuery, ControlWord, OwnershipWord
from chains.eos.addresses import canonical
from chains.eos.ownership import pairs_of, read_keys
from chains.errors import AddressError

if TYPE_CHECKING:
    from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict
    from chains.eos.answers import Account, Permission

THAT_MOVE_FUNDS = ("owner", "active")
NO_ACCOUNT = Control(
    ControlWord.UNSETTLED, "no-account", "The ledger had no such account at the snapshot."
)


def query_of(
    row: OwnershipMaterial, verdict: OwnershipVerdict, rule: OwnershipRule
) -> ControlQuery | None:
    """Return what a `key-only` row with valid signatures asks, or None when nothing settles it."""
    if verdict.word is not OwnershipWord.KEY_ONLY or not verdict.digest:
        return None
    if row.owner1 or row.owner2 or row.staking:
        return None
    keys = read_keys(row.key)
    try:
        account = canonical(row.address, rule.parameters)
    except AddressError:
        return None
    if keys is None:
        return None
    # The verdict is `key-only` only when every signature is that of its key.
    signed = pairs_of(keys, row.signature1, row.signature2)
    return ControlQuery(account, frozenset(key for key, _ in signed), b"", ())


def settle(query: ControlQuery, account: Account, *, is_changed: bool) -> Control:
    """Return what the permissions of the head show, unless one `is_changed` since the snapshot."""
    at = f"as of block {account.head}"
    if is_changed:
        return Control(
            ControlWord.UNSETTLED,
            "changed-since",
            f"The account's permissions were changed after the snapshot; what they were then is "
            f"not known ({at}).",
        )
    at = f"{at}, and neither was changed since the snapshot"
    found = [one for one in account.permissions if one.name in THAT_MOVE_FUNDS]
    partial: Control | None = None
    for one in found:
        weight = sum(weight for key, weight in one.keys if key in query.signers)
        if weight >= one.threshold:
            return Control(ControlWord.PROVEN, f"{one.name}-permission", _said(weight, one, at))
        if weight and partial is None:
            partial = Control(ControlWord.PARTIAL, f"{one.name}-permission", _said(weight, one, at))
    if partial is not None:
        return partial
    if not found or any(one.has_accounts for one in found):
        return Control(
            ControlWord.UNSETTLED,
            "other-accounts",
            f"The account obeys other accounts, whose keys are not asked for ({at}).",
        )
    return Control(
        ControlWord.FAILED,
        "other-keys",
        f"The account's owner and active permissions name none of the keys that signed ({at}).",
    )


def _said(weight: int, permission: Permission, at: str) -> str:
    return (
        f"Those who signed have weight {weight} of {permission.threshold} in the account's "
        f"{permission.name} permission, {at}."
    )
