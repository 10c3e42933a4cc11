"""Every reason code of an ownership verdict, with its word and its sentence. Pure.

This table is the only place where the codes are defined; reports and documents quote it.
A reason belongs to exactly one verdict word. Verdicts are shared between rows: one instance per
reason, digest and message, so that a list of 320,000 rows holds a few dozen of them.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from chains.adapter import OwnershipRule, OwnershipVerdict, OwnershipWord, Parameter
from chains.errors import AddressError, ForeignAddress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Reason(StrEnum):
    """Stable codes: they appear in reports, and a published one is never renamed."""

    ADDRESS_SIGNED = "address-signed"
    THRESHOLD_MET = "threshold-met"
    THRESHOLD_MET_LATER = "threshold-met-later"

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
    MESSAGE_FORM = "message-form"
    SILENT_NAME = "silent-name"

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
    SIGNER_NOT_LISTED = "signer-not-listed"
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
    Reason.THRESHOLD_MET_LATER: (
        OwnershipWord.PROVEN,
        "A key of the address's script signed that can spend once the script's time lock is over.",
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
        "No rule is known for a signature that proves funds, or for its path to a script.",
    ),
    Reason.MESSAGE_FORM: (
        OwnershipWord.UNSUPPORTED,
        "This ledger's signature format cannot express the row's message, so nothing was judged.",
    ),
    Reason.SILENT_NAME: (
        OwnershipWord.UNSUPPORTED,
        "Lists carry no signatures under this coin name, so its rows say nothing either way.",
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
    Reason.SIGNER_NOT_LISTED: (
        OwnershipWord.FAILED,
        "The agreed message was not signed by the key that the row lists.",
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


KEY_FACTS: Mapping[str, str] = {
    "algorand": "that the account's auth-addr, if it was rekeyed, is this key's address",
    "aptos": "this key's hash as the account's authentication_key",
    "canton": "this key in the party's topology",
    "casper": "this key among the account's associated keys, with weight enough to act",
    "eos": "these keys in its active or owner permission, with weight enough (get_account)",
    "hedera": "this key in the account's record",
    "icp": "the address as the account of this key's principal",
    "iost": "this key in the account's active or owner permission",
    "iota": "the address as one that this key may spend from",
    "kadena": "this key in the guard of the account",
    "klayr": "this key as that of the account",
    "lisk-legacy": "this key as that of the account",
    "multiversx": "this key as that of the account",
    "near": "this key among the account's full-access keys (view_access_key_list)",
    "nuls": "this key as that of the account",
    "pocket": "this key as that of the account",
    "siacoin": "this key in the unlock conditions that the address is the hash of",
    "starknet": "this key as owner in the account contract, under a known class hash",
    "substrate": "the account as that of this key, on the network that its prefix names",
    "tezos": "this key as the account's manager, or as a manager of the contract",
    "venom": "the wallet contract's code, and this key in its data",
    "xrpl": "this key as the account's RegularKey, or in its signer list (account_info)",
}
"""Family -> what the chain would have to show at the snapshot to settle a `key-only` row."""


class Binding(StrEnum):
    """How far the address rule of a family reaches."""

    HASH = "hash"
    """Every address is that of one key: another key's address fails."""
    FORM = "form"
    """Addresses of the known form are; other text (names, contracts) is left to the chain."""
    RECORD = "record"
    """The ledger can give an account another key: a mismatch is left to the chain too."""


@lru_cache(maxsize=1024)
def key_signed(family: str, digest: str, message: str) -> OwnershipVerdict:
    """Return the `key-only` verdict of a row whose address is not bound to its listed key."""
    fact = KEY_FACTS.get(family, "this key as that of the account")
    return verdict(
        Reason.KEY_SIGNED,
        digest,
        message,
        "The listed key signed, but nothing offline ties it to this address; the chain must "
        f"show at the snapshot: {fact}.",
    )


@lru_cache(maxsize=1024)
def owner_signed(family: str, digest: str, message: str) -> OwnershipVerdict:
    """Return the `key-only` verdict of a row whose listed owners signed, all of them."""
    fact = KEY_FACTS.get(family, "")
    return verdict(
        Reason.OWNER_SIGNED,
        digest,
        message,
        f"The listed owner signed, not the address; the chain must show at the snapshot: {fact}."
        if fact
        else "",
    )


def without_signature(rule: OwnershipRule) -> OwnershipVerdict:
    """Return the verdict of a row of `rule` that carries no signature.

    The parameter ``unsigned = "unsupported"`` marks names under which lists never sign.
    """
    silent = rule.parameters.get("unsigned") == "unsupported"
    return verdict(Reason.SILENT_NAME if silent else Reason.UNSIGNED)


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


def unread(_text: str) -> OwnershipVerdict:
    """Return `failed` for every text: for families that read no address, under `lenient`."""
    return verdict(Reason.ADDRESS_UNDECODABLE)


def lenient(
    read: Callable[[str], bytes | OwnershipVerdict], binding: Binding
) -> Callable[[str], bytes | OwnershipVerdict]:
    """Return `read`, giving no bytes for unknown text where `binding` leaves it to the chain."""
    if binding is Binding.HASH:
        return read

    def read_leniently(text: str) -> bytes | OwnershipVerdict:
        found = read(text)
        if isinstance(found, OwnershipVerdict) and found.reason == Reason.ADDRESS_UNDECODABLE:
            return b""
        return found

    return read_leniently
