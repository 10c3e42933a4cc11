"""Who controls a TRON account, from its permissions. Pure.

A row whose listed owner signed, and not the address, is `key-only`. An account names its keys in
permissions: `owner_permission` may do everything, an `active_permission` what its operations say.
Those who signed control the account when their weights reach the threshold of its owner permission,
or of an active permission that may transfer TRX and call contracts; with less weight it is
`partial`. An account without an owner permission obeys its own key.

A node knows only today's permissions, so the block that they are of is named, and nothing fails for
them: they may have been others at the snapshot. Nor does a contract: its code decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Control, ControlQuery, ControlWord, OwnershipWord
from chains.errors import AddressError, RegistryError
from chains.messages import digest
from chains.secp256k1 import signers
from chains.signatures import evm_account
from chains.tron import addresses

if TYPE_CHECKING:
    from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict
    from chains.tron.answers import Account, Permission


def query_of(
    row: OwnershipMaterial, verdict: OwnershipVerdict, rule: OwnershipRule
) -> ControlQuery | None:
    """Return what a `key-only` row asks of the ledger, or None when nothing could settle it."""
    if verdict.word is not OwnershipWord.KEY_ONLY or not verdict.digest:
        return None
    try:
        signed = digest(verdict.digest, verdict.message)
        account = addresses.canonical(row.address, rule.parameters)
        version = addresses.version(rule.parameters)
    except (AddressError, RegistryError):
        return None
    found = signers(row, signed, lambda key: version + evm_account(key))
    if not found:
        return None
    return ControlQuery(account, frozenset(found), signed, tuple(found[one] for one in found))


def settle(query: ControlQuery, account: Account | None, height: int) -> Control:
    """Return what the permissions of block `height` say of the signers of `query`."""
    at = f"as of block {height}, not of the snapshot"
    if account is None:
        return Control(
            ControlWord.UNSETTLED, "no-account", f"The ledger has no such account, {at}."
        )
    best: tuple[int, str, Permission] | None = None
    for name, permission in _that_move_funds(account):
        weight = sum(weight for key, weight in permission.keys if key in query.signers)
        if weight >= permission.threshold:
            return Control(ControlWord.PROVEN, name, _said(weight, permission, name, at))
        if weight and best is None:
            best = (weight, name, permission)
    if best is not None:
        weight, name, permission = best
        return Control(ControlWord.PARTIAL, name, _said(weight, permission, name, at))
    if account.is_contract:
        return Control(
            ControlWord.UNSETTLED,
            "contract",
            f"The address is a contract, whose code decides who controls it ({at}).",
        )
    return Control(
        ControlWord.UNSETTLED,
        "other-keys",
        f"None of those who signed is a key of the account {at}.",
    )


def _that_move_funds(account: Account) -> list[tuple[str, Permission]]:
    named = [("active-permission", one) for one in account.active if one.moves_funds]
    return [("owner-permission", account.owner), *named] if account.owner is not None else named


def _said(weight: int, permission: Permission, name: str, at: str) -> str:
    shown = name.replace("-", " ")
    return (
        f"Those who signed have weight {weight} of {permission.threshold} in the account's "
        f"{shown}, {at}."
    )
