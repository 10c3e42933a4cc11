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

High-s signatures are accepted like low-s ones (see `chains.signatures`). Owner and staking
columns are judged by `chains.owners`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict, Verifier
from chains.encodings import hex_bytes
from chains.errors import RegistryError
from chains.messages import Statement, statements
from chains.owners import with_owners
from chains.signatures import recover
from chains.verdicts import Reason, verdict

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
) -> Verifier:
    """Return the verifier of `rule` for a family with this pair of functions.

    `read` gives the canonical bytes of an address, or a verdict on its text; `derive` gives the
    same bytes for an uncompressed public key. Raises RegistryError when the rule cannot be used.
    """
    agreed = hashed_statements(rule)
    unsigned = verdict(Reason.UNSIGNED)
    not_agreed = verdict(Reason.MESSAGE_NOT_AGREED)
    malformed = verdict(Reason.SIGNATURE_MALFORMED)
    wrong_signer = verdict(Reason.WRONG_SIGNER)
    invalid = verdict(Reason.SIGNATURE_INVALID)

    def judge(row: OwnershipMaterial) -> OwnershipVerdict:  # noqa: PLR0911 (one return a check)
        address = read(row.address)  # 1
        if isinstance(address, OwnershipVerdict):
            return address
        text = row.signature1 or row.signature2  # 2
        if not text:
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
        refused = invalid
        for candidate in candidates:  # 5
            key = recover(signature, recovery_id, candidate.signed)
            if key is None:
                continue
            if derive(key) == address:
                if candidate is not candidates[0]:
                    agreed[message] = _first(candidate, candidates)
                return verdict(Reason.ADDRESS_SIGNED, candidate.digest, message)
            refused = wrong_signer
        return refused

    return with_owners(judge, read)


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
