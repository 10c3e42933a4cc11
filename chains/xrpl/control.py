"""Who controls an account of the XRP Ledger, from its own entry at the snapshot. Pure.

A `key-only` row shows that a key signed, a `proven` one that it was the account's own, which the
account can disable. The key controls the account, in this order, when

1. it is the account's own (master) key, unless that is disabled: then the row fails;
2. it is the account's RegularKey;
3. it is in the account's signer list with weight enough: `proven`; with less: `partial`.

Any other key controls nothing here, and the row fails. Source: xrpl.org, "Cryptographic Keys" and
"Multi-Signing".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Control, ControlQuery, ControlWord, OwnershipWord
from chains.errors import AddressError, RegistryError
from chains.messages import digest
from chains.secp256k1 import signers
from chains.xrpl.addresses import canonical, encode
from chains.xrpl.ownership import account_of

if TYPE_CHECKING:
    from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict
    from chains.xrpl.answers import Root


def query_of(
    row: OwnershipMaterial, verdict: OwnershipVerdict, rule: OwnershipRule
) -> ControlQuery | None:
    """Return what a signed row asks of the ledger, or None when nothing could settle it."""
    if verdict.word not in {OwnershipWord.KEY_ONLY, OwnershipWord.PROVEN} or not verdict.digest:
        return None
    try:
        signed = digest(verdict.digest, verdict.message)
        account = canonical(row.address, rule.parameters)
    except (AddressError, RegistryError):
        return None
    found = signers(row, signed, account_of)
    if not found:
        return None
    return ControlQuery(account, frozenset(found), signed, tuple(found[one] for one in found))


def settle(query: ControlQuery, root: Root) -> Control:
    """Return what the account's entry says of the signers of `query`."""
    if query.account in query.signers:
        if root.master_disabled:
            return Control(
                ControlWord.FAILED,
                "master-disabled",
                "The account's own key signed; it is disabled.",
            )
        return Control(ControlWord.PROVEN, "master-key", "The account's own key signed.")
    if root.regular_key is not None and root.regular_key in query.signers:
        return Control(
            ControlWord.PROVEN,
            "regular-key",
            f"The key that signed ({encode(root.regular_key)}) is the account's RegularKey.",
        )
    weight = sum(one.weight for one in root.signers if one.account in query.signers)
    if weight:
        word = ControlWord.PROVEN if weight >= root.quorum else ControlWord.PARTIAL
        return Control(
            word,
            "signer-list",
            f"Those who signed have weight {weight} of {root.quorum} in the account's signer list.",
        )
    known = "no RegularKey" if root.regular_key is None else "another RegularKey"
    listed = f"a signer list of {len(root.signers)} others" if root.signers else "no signer list"
    return Control(
        ControlWord.FAILED,
        "other-key",
        f"The key that signed is not the account's: it has {known} and {listed}.",
    )
