"""Rows that name an owner instead of signing for the address itself. Pure; for every family.

Such a row shows at most that the owner holds a key. Whether the owner controls the address is a
fact of the chain (contract owners, permissions, withdrawal credentials), so the best word here
is `key-only`, whatever the signatures say. What must hold:

1. The address decodes. Not for a staking row: its cell holds a validator key, which only the
   chain can judge.
2. Each listed owner with a signature in its column signed: the row judged with that owner in
   place of the address would be `proven`. A false signature fails the row.
3. `owner2` without a signature is no failure but a smaller claim: only one owner signed.
4. In an Eigenlayer row `owner2` is the EigenPod, a contract: it cannot sign and is not asked to.

A row without owner and staking cells goes straight to the family's own verifier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import OwnershipMaterial, OwnershipVerdict, OwnershipWord, Verifier
from chains.verdicts import Reason, owner_signed, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NULL_TOKENS = frozenset({"", "null", "NULL", "Null", "\\N", "-"})
"""Spellings of an empty cell (specs/wallet-lists: III.5); the parser of lists blanks them."""

_WRITTEN_TOKENS = NULL_TOKENS - {""}

EIGENLAYER = "eigenlayer staking"

_OWNER_REASONS: Mapping[str, Reason] = {
    Reason.WRONG_SIGNER: Reason.OWNER_MISMATCH,
    Reason.KEY_MISMATCH: Reason.OWNER_MISMATCH,
    Reason.ADDRESS_UNDECODABLE: Reason.OWNER_UNDECODABLE,
    Reason.ADDRESS_FOREIGN: Reason.OWNER_UNDECODABLE,
}
"""What a reason about the address is called when the "address" was an owner."""


def with_owners(plain: Verifier, read: Callable[[str], object], family: str = "") -> Verifier:
    """Return `plain` extended to rows with owner or staking cells.

    `read` gives a verdict for a text that is no address of the network, anything else otherwise.
    With a `family` that has one, the verdict on owners names that family's fact on the chain.
    """

    def judge(row: OwnershipMaterial) -> OwnershipVerdict:
        if row.owner1 or row.owner2 or row.staking:
            blanked = _blank_null_tokens(row)
            if blanked.owner1 or blanked.owner2 or blanked.staking:
                return _judge_owners(plain, read, blanked, family)
            return plain(blanked)
        found = plain(row)
        if found.word is OwnershipWord.FAILED and not _WRITTEN_TOKENS.isdisjoint(row):
            return plain(_blank_null_tokens(row))
        return found

    return judge


def _blank_null_tokens(row: OwnershipMaterial) -> OwnershipMaterial:
    return OwnershipMaterial(*("" if cell in NULL_TOKENS else cell for cell in row))


def _judge_owners(  # noqa: C901, PLR0911 (one return a check)
    plain: Verifier, read: Callable[[str], object], row: OwnershipMaterial, family: str
) -> OwnershipVerdict:
    if not row.staking:
        address = read(row.address)  # 1
        if isinstance(address, OwnershipVerdict):
            return address
    asked = _owners_and_signatures(row)
    signed: list[OwnershipVerdict] = []
    for owner, signature in asked:
        if not signature:
            continue  # 3
        found = plain(OwnershipMaterial(owner, row.message, signature, "", row.key, "", "", ""))
        if found.word is OwnershipWord.PARTIAL:
            return verdict(Reason.OWNER_SIGNED_IN_PART, found.digest, found.message)
        if found.word not in (OwnershipWord.PROVEN, OwnershipWord.KEY_ONLY):
            return verdict(_OWNER_REASONS.get(found.reason, Reason(found.reason)))  # 2
        signed.append(found)
    if not signed:
        return verdict(Reason.UNSIGNED)
    if signed[0].word is OwnershipWord.KEY_ONLY:
        return signed[0]  # the listed owner is not bound to the key that signed either
    if row.staking:
        reason = Reason.STAKING_OWNER_SIGNED
    elif len(signed) < len(asked):
        reason = Reason.OWNER_SIGNED_IN_PART
    else:
        return owner_signed(family, signed[0].digest, signed[0].message)
    return verdict(reason, signed[0].digest, signed[0].message)


def _owners_and_signatures(row: OwnershipMaterial) -> list[tuple[str, str]]:
    """Return each party that should have signed with its signature, which may be empty."""
    parties = [(row.owner1, row.signature1), (row.owner2, row.signature2)]
    if row.owner1 and row.staking.strip().lower() == EIGENLAYER:  # 4
        parties.pop()
    named = [(owner, signature) for owner, signature in parties if owner]
    if len(named) > 1:
        return named
    # One party, whose signature may stand in either column; a staking row may name no owner.
    owner, signature = named[0] if named else (row.address, "")
    return [(owner, signature or row.signature1 or row.signature2)]
