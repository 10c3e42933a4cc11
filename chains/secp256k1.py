"""Judges rows of families whose signatures give their key: hex r || s || v. Pure.

Shared by every family that recovers a secp256k1 key and hashes it to an address. What must hold
for `proven`, in the order in which it is checked:

1. The address decodes (the family's rule).
2. The row carries a signature. A second signature column is not judged here: one key, one
   signature.
3. The message is one of the agreed statements, character by character.
4. The signature is 65 bytes in hex, ``0x`` optional, v of 0, 1 or 27 to 34.
5. In one of the rule's digests, tried in their stated order, the signature recovers a key that
   the family derives to exactly the bytes of the address.

A family may ask for the listed key as well (`with_key`): when the column is filled, the key must
be that of the signature, and where the ledger can give an account another key (`Binding`), a
row whose address is not that of the key is `key-only` instead of `failed`.

High-s signatures are accepted like low-s ones (see `chains.signatures`). Owner and staking
columns are judged by `chains.owners`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict, Verifier
from chains.encodings import hex_bytes, hex_script
from chains.errors import RegistryError
from chains.messages import Statement, statements
from chains.owners import with_owners
from chains.signatures import (
    COMPACT_SIZE,
    UNCOMPRESSED_SIZE,
    is_public_key,
    recover,
    uncompress,
)
from chains.verdicts import Binding, Reason, key_signed, lenient, verdict, without_signature

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNATURE_SIZE = 65
DIGEST_SIZE = 32

RECOVERY_IDS = {0: 0, 1: 1} | {v: (v - 27) & 3 for v in range(27, 35)}
"""v -> recovery id. 31 to 34 are 27 to 30 with Bitcoin's mark for compressed keys."""


def verifier(  # noqa: C901 (the checks of one row, in their order)
    rule: OwnershipRule,
    *,
    read: Callable[[str], bytes | OwnershipVerdict],
    derive: Callable[[bytes], bytes],
    or_derive: Callable[[bytes], bytes] | None = None,
    with_key: bool = False,
    binding: Binding = Binding.HASH,
) -> Verifier:
    """Return the verifier of `rule` for a family with this pair of functions.

    `read` gives the canonical bytes of an address, or a verdict on its text; `derive` gives the
    same bytes for an uncompressed public key, and so does `or_derive` where a key has two.
    Raises RegistryError when the rule cannot be used.
    """
    agreed = hashed_statements(rule)
    unsigned = without_signature(rule)
    is_silent = unsigned.reason != Reason.UNSIGNED
    not_agreed = verdict(Reason.MESSAGE_NOT_AGREED)
    malformed = verdict(Reason.SIGNATURE_MALFORMED)
    wrong_signer = verdict(Reason.WRONG_SIGNER)
    key_mismatch = verdict(Reason.SIGNER_NOT_LISTED)
    invalid = verdict(Reason.SIGNATURE_INVALID)
    read = lenient(read, binding)

    def judge(row: OwnershipMaterial) -> OwnershipVerdict:  # noqa: C901, PLR0911, PLR0912 (the checks)
        text = row.signature1 or row.signature2
        if is_silent and not text:
            return unsigned
        address = read(row.address)  # 1
        if isinstance(address, OwnershipVerdict):
            return address
        if not text:  # 2
            return unsigned
        message = row.message
        candidates = agreed.get(message)  # 3
        if candidates is None:
            return not_agreed
        signature = hex_bytes(text, SIGNATURE_SIZE)  # 4
        if signature is None:
            return malformed
        recovery_id = RECOVERY_IDS.get(signature[64])
        if recovery_id is None:
            return malformed
        listed = None
        if with_key and (row.key or not address):
            listed = listed_key(row.key)
            if isinstance(listed, OwnershipVerdict):
                return listed
        refused = invalid
        for candidate in candidates:  # 5
            key = recover(signature, recovery_id, candidate.signed)
            if key is None:
                continue
            if listed is not None and listed != key:
                refused = key_mismatch
                continue
            if derive(key) == address or (or_derive is not None and or_derive(key) == address):
                if candidate is not candidates[0]:
                    agreed[message] = _first(candidate, candidates)
                return verdict(Reason.ADDRESS_SIGNED, candidate.digest, message)
            if listed is not None and (not address or binding is Binding.RECORD):
                return key_signed(rule.family, candidate.digest, message)
            refused = wrong_signer
        return refused

    return with_owners(judge, read, rule.family)


def listed_key(text: str) -> bytes | OwnershipVerdict:
    """Return the uncompressed key that a key column lists in hex, or the verdict on the column.

    Read are 33 bytes, 65 bytes (04), and 64 bytes of x || y.
    """
    if not text:
        return verdict(Reason.KEY_MISSING)
    key = hex_script(text, UNCOMPRESSED_SIZE)
    if key is not None and len(key) == COMPACT_SIZE:
        key = b"\x04" + key
    if key is None or not is_public_key(key):
        return verdict(Reason.KEY_MALFORMED)
    return uncompress(key)


def hashed_statements(rule: OwnershipRule) -> dict[str, tuple[Statement, ...]]:
    """Return the statements of `rule`; RegistryError when one of them is not a 32-byte hash."""
    agreed = statements(rule)
    for statement in (found for several in agreed.values() for found in several):
        if len(statement.signed) != DIGEST_SIZE:
            raise RegistryError(
                f"{rule.network}: the digest {statement.digest!r} is no hash, "
                "and a secp256k1 signature signs a hash"
            )
    return agreed


def _first(found: Statement, candidates: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """Return the candidates with `found` in front, for speed: lists keep to one format.

    No verdict can depend on it, as one signature recovers an address's key in one digest only.
    The tuple is replaced, never changed, because another thread may be iterating over it.
    """
    return (found, *(other for other in candidates if other is not found))


def signers(
    row: OwnershipMaterial, signed: bytes, derive: Callable[[bytes], bytes]
) -> dict[bytes, bytes]:
    """Return the accounts whose keys signed `signed` in a row's signature columns.

    Each comes with its signature of 65 bytes, as published. A signature of something else gives an
    account too, whose key nobody has: whoever controls an account on the chain is not among those
    by chance.
    """
    found: dict[bytes, bytes] = {}
    for text in (row.signature1, row.signature2):
        signature = hex_bytes(text, SIGNATURE_SIZE)
        recovery_id = None if signature is None else RECOVERY_IDS.get(signature[64])
        if signature is None or recovery_id is None:
            continue
        key = recover(signature, recovery_id, signed)
        if key is not None:
            found.setdefault(derive(key), signature)
    return found
