"""EOS, Vaulta, WAX: who signed with the listed keys; the account is never bound offline. Pure.

What must hold for `key-only`, the best verdict, in the order in which it is checked:

1. The address is an account name: 1 to 13 of ``a-z1-5.`` (the thirteenth of ``a-j1-5.``), not
   ending in a dot.
2. The row carries a signature, ``SIG_K1_`` and base58 of 65 bytes and a checksum.
3. The message is one of the agreed statements.
4. The key column lists a key, ``EOS`` or ``PUB_K1_``, or a JSON object of exactly two,
   ``publicKey1`` and ``publicKey2``, which belong to the two signature columns.
5. Every signature recovers the key that it belongs to. One of two is `key-only` with a reason of
   its own, because a listed key did not sign.

The account's permissions settle it (`chains.eos.control`): the listed keys must reach the threshold
of its active or owner permission.
Parameter of the network: ``unsigned``, see `chains.verdicts.without_signature`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict, Verifier
from chains.eos.addresses import canonical
from chains.eos.keys import read_key, read_signature
from chains.owners import NULL_TOKENS, with_owners
from chains.secp256k1 import hashed_statements
from chains.signatures import compress, recover
from chains.verdicts import Reason, address_reader, key_signed, verdict, without_signature

if TYPE_CHECKING:
    from chains.messages import Statement

MAX_KEYS_TEXT = 500


def read_keys(text: str) -> list[bytes] | None:
    """Return the one or two keys of a key column, or None when it is not well-formed."""
    if not text.startswith("{"):
        key = read_key(text)
        return None if key is None else [key]
    if len(text) > MAX_KEYS_TEXT:
        return None
    try:
        pairs = json.loads(text, object_pairs_hook=list, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    if sorted(name for name, _ in pairs) != ["publicKey1", "publicKey2"]:
        return None
    texts = [text for _, text in sorted(pairs) if isinstance(text, str)]
    keys = [key for key in map(read_key, texts) if key is not None]
    return keys if len(keys) == len(pairs) else None


def verifier(rule: OwnershipRule) -> Verifier:  # noqa: C901 (the checks of one row)
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    agreed = hashed_statements(rule)
    unsigned = without_signature(rule)
    is_silent = unsigned.reason != Reason.UNSIGNED
    read = address_reader(canonical, rule.parameters)

    def judge(row: OwnershipMaterial) -> OwnershipVerdict:  # noqa: C901, PLR0911 (the checks)
        texts = [text for text in (row.signature1, row.signature2) if text not in NULL_TOKENS]
        if is_silent and not texts:
            return unsigned
        address = read(row.address)  # 1
        if isinstance(address, OwnershipVerdict):
            return address
        if not texts:  # 2
            return unsigned
        candidates = agreed.get(row.message)  # 3
        if candidates is None:
            return verdict(Reason.MESSAGE_NOT_AGREED)
        if not row.key:  # 4
            return verdict(Reason.KEY_MISSING)
        keys = read_keys(row.key)
        if keys is None:
            return verdict(Reason.KEY_MALFORMED)
        pairs = pairs_of(keys, row.signature1, row.signature2)
        found: Statement | Reason = Reason.SIGNATURE_INVALID
        for key, text in pairs:  # 5
            found = _signed(key, text, candidates)
            if isinstance(found, Reason):
                return verdict(found)
        if isinstance(found, Reason):
            return verdict(found)
        if len(pairs) < len(keys):
            return verdict(Reason.OWNER_SIGNED_IN_PART, found.digest, row.message)
        return key_signed(rule.family, found.digest, row.message)

    return with_owners(judge, read, rule.family)


def pairs_of(keys: list[bytes], first: str, second: str) -> list[tuple[bytes, str]]:
    """Return each key of a column with its signature; keys without one are left out."""
    if len(keys) == 1:
        return [(keys[0], first if first not in NULL_TOKENS else second)]
    listed = zip(keys, (first, second), strict=True)
    return [(key, text) for key, text in listed if text not in NULL_TOKENS]


def _signed(key: bytes, text: str, candidates: tuple[Statement, ...]) -> Statement | Reason:
    """Return the statement that `key` signed, or why there is none."""
    signature = read_signature(text)
    if signature is None:
        return Reason.SIGNATURE_MALFORMED
    refused = Reason.SIGNATURE_INVALID
    for candidate in candidates:
        recovered = recover(signature[1:], (signature[0] - 27) & 3, candidate.signed)
        if recovered is None:
            continue
        if compress(recovered) == key:
            return candidate
        refused = Reason.SIGNER_NOT_LISTED
    return refused
