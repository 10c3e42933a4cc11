"""Judges rows of families that sign with Ed25519 and list the public key. Pure.

It is plain Ed25519 (RFC 8032) over the OKX raw message for every chain, Polkadot's included.
What must hold for `proven`, in the order in which it is checked:

1. The address decodes (the family's rule).
2. The row carries a signature.
3. The message is one of the agreed statements, character by character.
4. The public key is 32 bytes in hex, ``0x`` optional. Where the address is itself the key, the
   column may be empty.
5. The family derives the key to exactly the bytes of the address: no letter case is folded.
6. The signature is 64 bytes in hex, ``0x`` optional.
7. The signature is valid for one of the rule's digests; keys and commitments of small order and
   non-canonical encodings are refused, because anybody can sign with them.

Where a ledger can give an account another key, or addresses have forms that no key determines
(`Binding`), step 5 does not fail: a valid signature is then `key-only`. The same holds for text
that is no address of the known form.

Owner columns (rotated keys) are judged by `chains.owners`: the derived bytes are then those of
the listed owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import (
    ControlQuery,
    OwnershipMaterial,
    OwnershipRule,
    OwnershipVerdict,
    Verifier,
)
from chains.encodings import hex_bytes
from chains.errors import AddressError
from chains.messages import statements
from chains.owners import with_owners
from chains.signatures import COMPACT_SIZE, ED25519_KEY_SIZE, is_ed25519_signature
from chains.verdicts import Binding, Reason, key_signed, lenient, verdict, without_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chains.adapter import Parameter


def verifier(  # noqa: C901 (the checks of one row, in their order)
    rule: OwnershipRule,
    *,
    read: Callable[[str], bytes | OwnershipVerdict],
    fits: Callable[[bytes, bytes], bool],
    binding: Binding = Binding.HASH,
    is_key: bool = False,
) -> Verifier:
    """Return the verifier of `rule` for a family with this pair of functions.

    `read` gives the canonical bytes of an address, or a verdict on its text; `fits` says whether
    a public key has an address of these bytes; `is_key` that the address is the key. Raises
    RegistryError when the rule cannot be used.
    """
    agreed = statements(rule)
    unsigned = without_signature(rule)
    is_silent = unsigned.reason != Reason.UNSIGNED
    not_agreed = verdict(Reason.MESSAGE_NOT_AGREED)
    key_missing = verdict(Reason.KEY_MISSING)
    key_malformed = verdict(Reason.KEY_MALFORMED)
    key_mismatch = verdict(Reason.KEY_MISMATCH)
    malformed = verdict(Reason.SIGNATURE_MALFORMED)
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
        candidates = agreed.get(row.message)  # 3
        if candidates is None:
            return not_agreed
        if row.key:  # 4
            key = hex_bytes(row.key, ED25519_KEY_SIZE)
            if key is None:
                return key_malformed
        elif is_key and address:
            key = address
        else:
            return key_missing
        is_bound = bool(address) and fits(key, address)  # 5
        if not is_bound and address and binding is not Binding.RECORD:
            return key_mismatch
        signature = hex_bytes(text, COMPACT_SIZE)  # 6
        if signature is None:
            return malformed
        for candidate in candidates:  # 7
            if is_ed25519_signature(key, signature, candidate.signed):
                if is_bound:
                    return verdict(Reason.ADDRESS_SIGNED, candidate.digest, row.message)
                return key_signed(rule.family, candidate.digest, row.message)
        return invalid

    return with_owners(judge, read, rule.family)


def hashed(derive: Callable[[bytes], bytes]) -> Callable[[bytes, bytes], bool]:
    """Return `fits` for a family in which each key has one address, given by `derive`."""
    return lambda key, address: derive(key) == address


def listed_key_query(
    row: OwnershipMaterial,
    rule: OwnershipRule,
    canonical: Callable[[str, Mapping[str, Parameter]], bytes],
) -> ControlQuery | None:
    """Return what asks whether a row's account obeys its listed key.

    None where the row lists no key of 32 bytes, or no address that `canonical` decodes.
    """
    key = hex_bytes(row.key, ED25519_KEY_SIZE)
    try:
        account = canonical(row.address, rule.parameters)
    except AddressError:
        return None
    return None if key is None else ControlQuery(account, frozenset({key}), b"", ())
