"""Every reason code of an ownership verdict, with its word and its sentence. Pure.

This table is the only place where the codes are defined; reports and documents quote it.
A reason belongs to exactly one verdict word. Verdicts are shared between rows: one instance per
reason, digest and message, so that a list of 320,000 rows holds a few dozen of them.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from chains.adapter import OwnershipVerdict, OwnershipWord, Parameter
from chains.errors import AddressError, ForeignAddress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Reason(StrEnum):
    """Stable codes: they appear in reports, and a published one is never renamed."""

    ADDRESS_SIGNED = "address-signed"
    THRESHOLD_MET = "threshold-met"

    THRESHOLD_NOT_MET = "threshold-not-met"

    OWNER_SIGNED = "owner-signature"
    OWNER_SIGNED_IN_PART = "owner-signature-incomplete"
    STAKING_OWNER_SIGNED = "staking-owner-signature"
    KEY_SIGNED = "key-signature"

    UNSIGNED = "no-signature"

    NO_RULE = "no-rule"
    TAPROOT = "taproot"
    ADDRESS_FORM = "address-form"
    SCRIPT_FORM = "script-form"
    SIGNATURE_FORM = "signature-form"

    ADDRESS_UNDECODABLE = "address-undecodable"
    ADDRESS_FOREIGN = "address-wrong-network"
    OWNER_UNDECODABLE = "owner-undecodable"
    MESSAGE_NOT_AGREED = "message-not-agreed"
    SIGNATURE_MALFORMED = "signature-malformed"
    SIGNATURE_INVALID = "signature-invalid"
    KEY_MISSING = "key-missing"
    KEY_MALFORMED = "key-malformed"
    KEY_MISMATCH = "key-mismatch"
    WRONG_SIGNER = "wrong-signer"
    OWNER_MISMATCH = "owner-mismatch"
    SCRIPT_MISSING = "script-missing"
    SCRIPT_MALFORMED = "script-malformed"
    SCRIPT_MISMATCH = "script-mismatch"
    SCRIPT_INVALID = "script-invalid"


TABLE: Mapping[Reason, tuple[OwnershipWord, str]] = {
    # --- proven
    Reason.ADDRESS_SIGNED: (
        OwnershipWord.PROVEN,
        "The key that signed the agreed message is the key of this address.",
    ),
    Reason.THRESHOLD_MET: (
        OwnershipWord.PROVEN,
        "As many distinct keys of the address's script signed as it takes to spend.",
    ),
    # --- partial
    Reason.THRESHOLD_NOT_MET: (
        OwnershipWord.PARTIAL,
        "Keys of the address's script signed, but fewer than it takes to spend.",
    ),
    # --- key-only: each sentence ends with the fact on the chain that would settle it
    Reason.OWNER_SIGNED: (
        OwnershipWord.KEY_ONLY,
        (
            "The listed owners signed, not the address; the chain must show at the snapshot block "
            "that they control it (contract owners and threshold, EIP-1271, account permissions)."
        ),
    ),
    Reason.OWNER_SIGNED_IN_PART: (
        OwnershipWord.KEY_ONLY,
        (
            "Not every listed owner signed; the chain must show at the snapshot block that those "
            "who did control the address without the others."
        ),
    ),
    Reason.STAKING_OWNER_SIGNED: (
        OwnershipWord.KEY_ONLY,
        (
            "The listed owner signed, not the validator; the beacon state at the snapshot slot "
            "must show that owner, or its EigenPod, in the validator's withdrawal credentials."
        ),
    ),
    Reason.KEY_SIGNED: (
        OwnershipWord.KEY_ONLY,
        (
            "The listed key signed, but nothing offline ties it to this address; the chain must "
            "show it as the account's key at the snapshot."
        ),
    ),
    # --- unsigned
    Reason.UNSIGNED: (OwnershipWord.UNSIGNED, "The row carries no signature."),
    # --- unsupported
    Reason.NO_RULE: (
        OwnershipWord.UNSUPPORTED,
        "No ownership rule is known for this coin.",
    ),
    Reason.TAPROOT: (
        OwnershipWord.UNSUPPORTED,
        "A taproot address cannot be judged: its keys sign no message of the listed formats.",
    ),
    Reason.ADDRESS_FORM: (
        OwnershipWord.UNSUPPORTED,
        "No ownership rule is known for addresses of this form.",
    ),
    Reason.SCRIPT_FORM: (
        OwnershipWord.UNSUPPORTED,
        "The script fits the address but is no plain m-of-n of keys, so its signers are unknown.",
    ),
    Reason.SIGNATURE_FORM: (
        OwnershipWord.UNSUPPORTED,
        "No rule is known for a signature that proves funds or takes a script path.",
    ),
    # --- failed
    Reason.ADDRESS_UNDECODABLE: (
        OwnershipWord.FAILED,
        "The address cannot be decoded: wrong characters, length or checksum.",
    ),
    Reason.ADDRESS_FOREIGN: (
        OwnershipWord.FAILED,
        "The address is well-formed but belongs to another network.",
    ),
    Reason.OWNER_UNDECODABLE: (
        OwnershipWord.FAILED,
        "A listed owner is not an address of this network.",
    ),
    Reason.MESSAGE_NOT_AGREED: (
        OwnershipWord.FAILED,
        "The row's message is not one of the agreed statements.",
    ),
    Reason.SIGNATURE_MALFORMED: (
        OwnershipWord.FAILED,
        "A signature has the wrong length, characters or recovery byte.",
    ),
    Reason.SIGNATURE_INVALID: (
        OwnershipWord.FAILED,
        "A signature is not valid for the agreed message.",
    ),
    Reason.KEY_MISSING: (
        OwnershipWord.FAILED,
        "The row lists no public key, and this signature cannot be checked without one.",
    ),
    Reason.KEY_MALFORMED: (
        OwnershipWord.FAILED,
        "The listed public key has the wrong length or characters.",
    ),
    Reason.KEY_MISMATCH: (
        OwnershipWord.FAILED,
        "The address is not that of the listed public key.",
    ),
    Reason.WRONG_SIGNER: (
        OwnershipWord.FAILED,
        "The agreed message was signed by no key of this address.",
    ),
    Reason.OWNER_MISMATCH: (
        OwnershipWord.FAILED,
        "The agreed message was not signed by the listed owner.",
    ),
    Reason.SCRIPT_MISSING: (
        OwnershipWord.FAILED,
        "The address is that of a script, and the row does not list the script.",
    ),
    Reason.SCRIPT_MALFORMED: (
        OwnershipWord.FAILED,
        "The listed script is not hexadecimal, or is longer than a script can be.",
    ),
    Reason.SCRIPT_MISMATCH: (
        OwnershipWord.FAILED,
        "The address is not that of the listed script.",
    ),
    Reason.SCRIPT_INVALID: (
        OwnershipWord.FAILED,
        "The script has no sound threshold: its numbers, or one of its keys, are not valid.",
    ),
}


@lru_cache(maxsize=4096)
def verdict(
    reason: Reason, digest: str = "", message: str = "", detail: str = ""
) -> OwnershipVerdict:
    """Return the shared verdict of `reason`; `detail` replaces the table's sentence.

    >>> verdict(Reason.UNSIGNED)
    OwnershipVerdict(word=<OwnershipWord.UNSIGNED: 'unsigned'>, reason='no-signature',
                     detail='The row carries no signature.', digest='', message='')
    """
    word, sentence = TABLE[reason]
    return OwnershipVerdict(word, reason.value, detail or sentence, digest, message)


def address_reader(
    canonical: Callable[[str, Mapping[str, Parameter]], bytes],
    parameters: Mapping[str, Parameter],
) -> Callable[[str], bytes | OwnershipVerdict]:
    """Return a function that gives an address's canonical bytes, or the verdict on bad text."""
    undecodable = verdict(Reason.ADDRESS_UNDECODABLE)
    foreign = verdict(Reason.ADDRESS_FOREIGN)

    def read(text: str) -> bytes | OwnershipVerdict:
        try:
            return canonical(text, parameters)
        except ForeignAddress:
            return foreign
        except AddressError:
            return undecodable

    return read
