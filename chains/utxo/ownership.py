"""Who signed for an address of a Bitcoin-like ledger. Pure.

What must hold for `proven`, in the order in which it is checked:

1. The address decodes, on this network. Taproot and unknown segwit versions are `unsupported`.
2. For a script address (P2SH, P2WSH) the listed script hashes to it: HASH160 for P2SH, SHA-256
   for P2WSH, and both in turn for a witness script inside P2SH. Only P2SH of a key's witness
   program (P2SH-P2WPKH) may leave the script out, as the key alone gives it.
3. The row carries a signature.
4. The message is one of the agreed statements, character by character.
5. Every signature is well-formed: 65 bytes in base64, head first (digest ``bitcoin-message``),
   or ``0x`` and hex, r || s || v (digest ``okx-keccak``). Which of the two a rule allows follows
   from its digests; the hex form ignores the coin's header.
6. Every signature recovers a key. Heads 27 to 30 mean the 65-byte form of that key, 31 to 34 the
   33-byte form, 35 to 42 (BIP-137) the 33-byte form in a segwit address; 0x signatures always
   mean the 33-byte form.
7. A public key in the place of an address (P2PK) is the key, in whichever form. A single-key
   address (P2PKH, P2WPKH, P2SH-P2WPKH) is the hash of that form of the key. A
   script beside a P2PKH or P2WPKH address, and a second signature, are not looked at.
8. A multisig script is strict and all its keys are points; every signature is by one of its
   keys, which the script may list in the 65-byte form though the signature speaks of the 33-byte
   one. `proven` when the distinct keys that signed reach the script's threshold, `partial`
   when they do not. With two signature columns a threshold above two is never reached.

With the digest ``bip322``, a signature that is not of 65 bytes is judged by `chains.utxo.bip322`
instead, after 1, 3 and 4; taproot addresses have a rule then.

Parameters of the network: those of `chains.utxo.addresses`, and ``message_header``, the text
before the message in the digest ``bitcoin-message``, its newline included; and
``unknown_address = "unsupported"`` for a network whose addresses no published row has shown: text
that is none of its address then says nothing either way.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict, Verifier
from chains.encodings import base64_bytes, hex_bytes, hex_script
from chains.errors import AddressError, ForeignAddress
from chains.messages import BIP322, OKX_KECCAK, Statement
from chains.owners import NULL_TOKENS, with_owners
from chains.secp256k1 import SIGNATURE_SIZE, hashed_statements
from chains.signatures import compress, hash160, is_public_key, recover
from chains.utxo import bip322
from chains.utxo.addresses import Address, Form, decode, scheme
from chains.utxo.scripts import (
    MAX_REDEEM_SCRIPT_SIZE,
    MAX_SCRIPT_SIZE,
    Multisig,
    is_multisig_like,
    parse_multisig,
    witness_key_hash,
)
from chains.verdicts import Reason, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MARKS: Mapping[int, tuple[int, bool, bool]] = {
    mark: ((mark - 27) & 3, mark >= 31, mark >= 35)  # noqa: PLR2004
    for mark in range(27, 43)
}
"""Head byte -> recovery id, is_compressed, is_segwit: four groups of four ids (BIP-137)."""

_HEX_MARKS: Mapping[int, tuple[int, bool, bool]] = {
    mark: ((mark - 27) & 3, True, False) for mark in range(27, 35)
}
"""The same for the last byte of the hex form, which always speaks of a 33-byte key."""

_NO_KEY = {
    Form.P2TR: verdict(Reason.TAPROOT),
    Form.OTHER: verdict(Reason.ADDRESS_FORM),
}


class KeyHash(NamedTuple):
    """The condition of a single-key address."""

    form: Form
    """P2PK, P2PKH, P2WPKH, or P2SH for a witness program that the row does not list."""
    digest: bytes
    """Of the key; for P2PK the key itself."""


class Signature(NamedTuple):
    """A signature cell, taken apart."""

    compact: bytes
    """r || s, perhaps with more behind."""
    recovery_id: int
    is_compressed: bool
    is_segwit: bool
    is_hex: bool


class Agreed(NamedTuple):
    """The statements of one agreed message, by the text form of their signatures."""

    base64: tuple[Statement, ...]
    hex: tuple[Statement, ...]
    bip322: tuple[Statement, ...]
    """Judged by `chains.utxo.bip322`."""


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    agreed = {
        message: Agreed(
            tuple(found for found in several if found.digest not in {OKX_KECCAK, BIP322}),
            tuple(found for found in several if found.digest == OKX_KECCAK),
            tuple(found for found in several if found.digest == BIP322),
        )
        for message, several in hashed_statements(rule).items()
    }
    network = scheme(rule.parameters)
    has_segwit = bool(network.segwit_prefix)
    has_bip322 = BIP322 in rule.digests
    foreign, undecodable = verdict(Reason.ADDRESS_FOREIGN), verdict(Reason.ADDRESS_UNDECODABLE)
    if rule.parameters.get("unknown_address") == "unsupported":
        undecodable = verdict(Reason.ADDRESS_FORM)

    def read(text: str) -> Address | OwnershipVerdict:
        try:
            address = decode(text, network)
        except ForeignAddress:
            return foreign
        except AddressError:
            return undecodable
        if has_bip322 and address.form is Form.P2TR:
            return address
        return _NO_KEY.get(address.form, address)

    def judge(row: OwnershipMaterial) -> OwnershipVerdict:
        address = read(row.address)  # 1
        if isinstance(address, OwnershipVerdict):
            return address
        if has_bip322 and not _is_compact(row.signature1 or row.signature2):
            return _judge_bip322(row, address, agreed, has_segwit=has_segwit)
        if address.form is Form.P2TR:
            return _NO_KEY[Form.P2TR]
        return _judge(row, address, agreed, has_segwit=has_segwit)

    return with_owners(judge, read)


def _is_compact(text: str) -> bool:
    """Return whether a signature is none, or one of 65 bytes: not for BIP-322 to judge."""
    return text in NULL_TOKENS or _parse(text) is not None


def _judge_bip322(
    row: OwnershipMaterial, address: Address, agreed: Mapping[str, Agreed], *, has_segwit: bool
) -> OwnershipVerdict:
    statements = agreed.get(row.message)
    if statements is None:
        return verdict(Reason.MESSAGE_NOT_AGREED)
    (statement,) = statements.bip322
    text = row.signature1 or row.signature2
    reason = bip322.judge(address, text, statement.signed, has_segwit=has_segwit)
    if reason in bip322.HOLDING:
        return verdict(reason, statement.digest, row.message)
    return verdict(reason)


def _judge(  # noqa: PLR0911 (one return a check)
    row: OwnershipMaterial, address: Address, agreed: Mapping[str, Agreed], *, has_segwit: bool
) -> OwnershipVerdict:
    texts = [text for text in (row.signature1, row.signature2) if text not in NULL_TOKENS]
    if not (texts or row.key or row.message):
        return verdict(Reason.UNSIGNED)
    condition = _condition(address, row.key, has_segwit=has_segwit)  # 2
    if isinstance(condition, OwnershipVerdict):
        return condition
    is_unlisted = isinstance(condition, KeyHash) and condition.form is Form.P2SH
    if not texts:  # 3
        return verdict(Reason.SCRIPT_MISSING if is_unlisted else Reason.UNSIGNED)
    statements = agreed.get(row.message)
    if statements is None:  # 4
        return verdict(Reason.MESSAGE_NOT_AGREED)
    if isinstance(condition, Multisig):
        return _judge_multisig(texts, row.message, statements, condition)
    found = _signer(texts[0], statements, lambda key, how: _fits(condition, key, how))
    if isinstance(found, Statement):
        return verdict(Reason.ADDRESS_SIGNED, found.digest, row.message)
    if found is Reason.WRONG_SIGNER and is_unlisted:
        return verdict(Reason.SCRIPT_MISSING)
    return verdict(found)


def _condition(  # noqa: PLR0911 (one return a check)
    address: Address, listed: str, *, has_segwit: bool
) -> KeyHash | Multisig | OwnershipVerdict:
    """Return what it takes to sign for `address`, or the verdict on its listed script."""
    form, payload = address
    if form in {Form.P2PK, Form.P2PKH, Form.P2WPKH}:
        return KeyHash(form, payload)
    if not listed:
        if form is Form.P2SH and has_segwit:
            return KeyHash(form, payload)
        return verdict(Reason.SCRIPT_MISSING)
    script = hex_script(listed, MAX_SCRIPT_SIZE)
    if script is None:
        return verdict(Reason.SCRIPT_MALFORMED)
    if form is Form.P2SH and hash160(script) == payload:
        # On a ledger without segwit a witness program in P2SH is spendable by anybody.
        key_hash = witness_key_hash(script) if has_segwit else None
        if key_hash is not None:
            return KeyHash(Form.P2WPKH, key_hash)
        if len(script) > MAX_REDEEM_SCRIPT_SIZE:
            return verdict(Reason.SCRIPT_INVALID)
    elif not _fits_witness_script(address, script, has_segwit=has_segwit):
        return verdict(Reason.SCRIPT_MISMATCH)
    multisig = parse_multisig(script)
    if multisig is None:
        return verdict(Reason.SCRIPT_INVALID if is_multisig_like(script) else Reason.SCRIPT_FORM)
    return multisig


def _fits_witness_script(address: Address, script: bytes, *, has_segwit: bool) -> bool:
    """Return whether `address` is P2WSH of `script`, bare or inside P2SH."""
    program = sha256(script).digest()
    if address.form is Form.P2WSH:
        return program == address.payload
    return has_segwit and hash160(b"\x00\x20" + program) == address.payload


def _fits(condition: KeyHash, key: bytes, signature: Signature) -> bool:  # 7
    """Return whether `key`, in the form that `signature` speaks of, is that of the address."""
    if condition.form is Form.P2PK:
        return condition.digest in {key, compress(key)}
    if condition.form is Form.P2PKH:
        if signature.is_segwit:
            return False
        return hash160(compress(key) if signature.is_compressed else key) == condition.digest
    if not signature.is_compressed:
        return False  # segwit has no 65-byte keys
    digest = hash160(compress(key))
    if condition.form is Form.P2SH:
        digest = hash160(b"\x00\x14" + digest)
    return digest == condition.digest


def _judge_multisig(
    texts: list[str], message: str, statements: Agreed, script: Multisig
) -> OwnershipVerdict:
    listed = set(script.keys)
    signed: dict[bytes, set[bytes]] = {}  # the point, in one form: the keys that the script lists
    digests: list[str] = []

    def is_listed(key: bytes, signature: Signature) -> bool:
        # The 33-byte form is also what signers say that know of no other, as 0x signatures do.
        forms = {compress(key), key} if signature.is_compressed else {key}
        fitting = listed & forms
        if signature.is_segwit or not fitting:
            return False
        signed.setdefault(compress(key), set()).update(fitting)
        return True

    for text in texts:  # 8
        found = _signer(text, statements, is_listed)
        if not isinstance(found, Statement):
            return verdict(found)
        if found.digest not in digests:
            digests.append(found.digest)
    if not all(is_public_key(key) for key in listed.difference(*signed.values())):
        return verdict(Reason.SCRIPT_INVALID)
    names = ", ".join(digests)
    if len(signed) >= script.required:
        return verdict(Reason.THRESHOLD_MET, names, message)
    return verdict(
        Reason.THRESHOLD_NOT_MET,
        names,
        message,
        f"{len(signed)} distinct key(s) of the address's script signed; "
        f"it takes {script.required} to spend.",
    )


def _signer(
    text: str, statements: Agreed, accepts: Callable[[bytes, Signature], bool]
) -> Statement | Reason:
    """Return the statement that an accepted key signed, or the reason why there is none."""
    signature = _parse(text)  # 5
    if signature is None:
        return Reason.SIGNATURE_MALFORMED
    candidates = statements.hex if signature.is_hex else statements.base64
    if not candidates:
        return Reason.SIGNATURE_MALFORMED
    refused = Reason.SIGNATURE_INVALID
    for candidate in candidates:
        key = recover(signature.compact, signature.recovery_id, candidate.signed)  # 6
        if key is not None:
            if accepts(key, signature):
                return candidate
            refused = Reason.WRONG_SIGNER
    return refused


def _parse(text: str) -> Signature | None:
    is_hex = text.startswith(("0x", "0X"))
    decoded = (hex_bytes if is_hex else base64_bytes)(text, SIGNATURE_SIZE)
    if decoded is None:
        return None
    marks = _HEX_MARKS.get(decoded[64]) if is_hex else _MARKS.get(decoded[0])
    if marks is None:
        return None
    return Signature(decoded if is_hex else decoded[1:], *marks, is_hex)
