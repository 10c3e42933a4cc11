"""Who controls an Algorand account that may have been rekeyed. Pure.

An account obeys the key of its own address, or, once it was rekeyed, that of its `auth-addr`. An
indexer tells that of today, so it counts for the snapshot only if the account was neither rekeyed
nor closed since.

`proven`: the key that signed is the one that the account obeys. `failed`: the account's own key
signed, and it obeys another address. Any other key leaves the row open: an address can be that of
a multisig account or of a program, which does not tell whose keys are in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Control, ControlQuery, ControlWord, OwnershipWord
from chains.algorand.addresses import canonical, encode
from chains.ed25519 import listed_key_query

if TYPE_CHECKING:
    from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict
    from chains.algorand.answers import Authority

NO_ACCOUNT = Control(
    ControlWord.UNSETTLED, "no-account", "There was no such account at the snapshot."
)


def query_of(
    row: OwnershipMaterial, verdict: OwnershipVerdict, rule: OwnershipRule
) -> ControlQuery | None:
    """Return what a row with a valid signature asks, or None when nothing settles it."""
    if verdict.word not in {OwnershipWord.KEY_ONLY, OwnershipWord.PROVEN} or not verdict.digest:
        return None
    if row.owner1 or row.owner2 or row.staking:
        return None
    return listed_key_query(row, rule, canonical)


def settle(query: ControlQuery, found: Authority, *, is_changed: bool) -> Control:
    """Return what the account's record shows, unless it `is_changed` since the snapshot."""
    if is_changed:
        return Control(
            ControlWord.UNSETTLED,
            "changed-since",
            "The account was rekeyed or closed after the snapshot; whom it obeyed is not known.",
        )
    obeyed = found.auth or query.account
    at = f"as of round {found.round}, and it was not rekeyed since the snapshot"
    if obeyed in query.signers:
        return Control(
            ControlWord.PROVEN, "auth-address", f"The account obeys the key that signed, {at}."
        )
    if query.account in query.signers:
        return Control(
            ControlWord.FAILED,
            "rekeyed",
            f"The account's own key signed; it obeys {encode(obeyed)}, {at}.",
        )
    return Control(
        ControlWord.UNSETTLED,
        "other-key",
        f"The account obeys {encode(obeyed)}, which is not the address of the key that signed, "
        f"{at}.",
    )
