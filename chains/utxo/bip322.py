"""BIP-322: a message signed as if it were a payment from the address. Pure.

What must hold for `proven`, in the order in which it is checked:

1. The text is base64 without flaws, behind ``smp`` (or no mark) for the *simple* form, a witness
   for a segwit address (in P2SH too, whose input script then follows from the witness), or
   behind ``ful`` for the *full* form, a transaction. ``pof`` (proof of funds) is `unsupported`.
2. A full transaction spends output 0 of the virtual transaction `to_spend`, which commits to the
   address and the message, and nothing else; it has version 0 or 2 and one output of nothing to
   ``OP_RETURN``. With further inputs, which prove funds, it is `unsupported`. Its lock time and
   sequence are signed along; they matter only to a script with a time lock.
3. The witness (or input script) satisfies the script of the address:

   * P2PKH, P2WPKH, P2SH-P2WPKH: a signature by the key whose hash the address is;
   * P2WSH, P2SH-P2WSH and P2SH: a strict m-of-n script that the address is the hash of, and m
     signatures by keys in the order in which the script lists them;
   * P2TR: a BIP-340 signature by the output key, or a script that it commits to;
   * P2WSH, P2SH-P2WSH and P2TR: a script that one key satisfies at once, and another one after a
     time lock, which the transaction's lock time or sequence must then pass
     (`threshold-met-later`: the BIP's "valid at time T and age S").

   Other scripts are `unsupported`. Signatures are strict DER with low s and SIGHASH_ALL, keys in
   segwit are compressed, and nothing stands on the stack that is not needed (the BIP's required
   rules).
"""

from __future__ import annotations

import binascii
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from chains.messages import sized
from chains.signatures import (
    compress,
    hash160,
    is_public_key,
    is_schnorr_signature,
    is_strict_signature,
    is_tweaked_key,
)
from chains.utxo.addresses import Address, Form, script_pubkey
from chains.utxo.message_transactions import (
    MAX_SIZE,
    SIGHASH_ALL,
    SIGHASH_DEFAULT,
    Input,
    Output,
    Transaction,
    TransactionError,
    decode,
    decode_witness,
    legacy_hash,
    segwit_hash,
    tagged_hash,
    taproot_hash,
)
from chains.utxo.scripts import (
    MAX_REDEEM_SCRIPT_SIZE,
    MAX_SCRIPT_SIZE,
    Timed,
    is_multisig_like,
    parse_multisig,
    parse_timed,
    witness_key_hash,
)
from chains.verdicts import Reason

if TYPE_CHECKING:
    from collections.abc import Callable

SIMPLE, FULL, PROOF_OF_FUNDS = "smp", "ful", "pof"
OP_RETURN = b"\x6a"
VERSIONS = (0, 2)
ANNEX = b"\x50"
COMPRESSED_SIZE = 33
SCHNORR_SIZE = 64
X_ONLY_SIZE = 32
TAPSCRIPT = 0xC0
MAX_DEPTH = 128
"""Branches above a script in a taproot tree (BIP-341)."""

HOLDING = frozenset({Reason.ADDRESS_SIGNED, Reason.THRESHOLD_MET, Reason.THRESHOLD_MET_LATER})
"""The reasons that prove something."""

_PUSH_LIMIT, _PUSHDATA1, _PUSHDATA2 = 0x4B, 0x4C, 0x4D
_NOWHERE = bytes(32) + b"\xff" * 4


class _Refused(Exception):  # noqa: N818 (it says what happened)
    """A check that does not hold, or cannot be made. Never leaves this module."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class _Spending(NamedTuple):
    """The virtual payment: what is spent, and by what."""

    spent: Output
    transaction: Transaction
    has_segwit: bool


def judge(address: Address, text: str, signed: bytes, *, has_segwit: bool) -> Reason:
    """Return the reason of the verdict on one signature.

    `signed` is the digest ``bip322`` of the message. Only those of HOLDING prove anything.
    """
    try:
        spending = _spending(address, text, signed, has_segwit=has_segwit)
        return _satisfied(address, spending)
    except TransactionError:
        return Reason.SIGNATURE_MALFORMED
    except _Refused as refused:
        return refused.reason


def to_spend(script: bytes, signed: bytes) -> Transaction:
    """Return the virtual transaction whose output is "spent" from an output script."""
    first = Input(_NOWHERE, b"\x00\x20" + signed, 0)
    return Transaction(0, (first,), (Output(0, script),), 0)


def _spending(address: Address, text: str, signed: bytes, *, has_segwit: bool) -> _Spending:
    mark, body = (text[:3], text[3:]) if text[:3] in {SIMPLE, FULL, PROOF_OF_FUNDS} else (SIMPLE, text)  # fmt: skip # noqa: E501
    if mark == PROOF_OF_FUNDS:
        raise _Refused(Reason.SIGNATURE_FORM)
    data = _base64(body)  # 1
    spent = to_spend(script_pubkey(address), signed)
    previous = spent.id() + bytes(4)
    if mark == SIMPLE:
        witness = decode_witness(data)
        if address.form is Form.P2PKH or (address.form is Form.P2SH and not has_segwit):
            raise _Refused(Reason.SIGNATURE_INVALID)  # these need an input script
        script = _nested(address.payload, witness) if address.form is Form.P2SH else b""
        only = Input(previous, script, 0, witness)
        transaction = Transaction(0, (only,), (Output(0, OP_RETURN),), 0)
        return _Spending(spent.outputs[0], transaction, has_segwit)
    transaction = decode(data)  # 2
    if not transaction.inputs or transaction.inputs[0].previous != previous:
        raise _Refused(Reason.SIGNATURE_INVALID)
    if transaction.version not in VERSIONS or transaction.outputs != (Output(0, OP_RETURN),):
        raise _Refused(Reason.SIGNATURE_INVALID)
    if len(transaction.inputs) > 1:
        raise _Refused(Reason.SIGNATURE_FORM)
    return _Spending(spent.outputs[0], transaction, has_segwit)


def _nested(payload: bytes, witness: tuple[bytes, ...]) -> bytes:
    """Return the input script that a simple signature leaves out: it pushes a witness program."""
    last = witness[-1] if witness else b""
    for program in (b"\x00\x14" + hash160(last), b"\x00\x20" + sha256(last).digest()):
        if hash160(program) == payload:
            return bytes([len(program)]) + program
    raise _Refused(Reason.SIGNATURE_INVALID)


def _base64(text: str) -> bytes:
    if len(text) > MAX_SIZE * 4 // 3:
        raise _Refused(Reason.SIGNATURE_MALFORMED)
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise _Refused(Reason.SIGNATURE_MALFORMED) from error
    if binascii.b2a_base64(data, newline=False).decode() != text:
        raise _Refused(Reason.SIGNATURE_MALFORMED)
    return data


def _satisfied(address: Address, spending: _Spending) -> Reason:  # 3
    """Return the reason of a proof that holds; raises _Refused otherwise."""
    form, payload = address
    only = spending.transaction.inputs[0]
    if form is Form.P2PKH or form is Form.P2SH:
        pushes = _pushes(only.script)
    elif only.script:
        raise _Refused(Reason.SIGNATURE_INVALID)
    else:
        pushes = []
    match form:
        case Form.P2PKH:
            _require_key(pushes, payload, legacy_hash(spending.transaction, spending.spent.script))
            _require(not only.witness)
            return Reason.ADDRESS_SIGNED
        case Form.P2WPKH:
            return _key_witness(payload, spending)
        case Form.P2WSH:
            return _script_witness(payload, spending)
        case Form.P2SH:
            return _script_hash(payload, pushes, spending)
        case Form.P2TR:
            return _taproot(payload, spending)
        case Form.P2PK | Form.OTHER:
            raise _Refused(Reason.ADDRESS_FORM)


def _script_hash(payload: bytes, pushes: list[bytes], spending: _Spending) -> Reason:
    _require(bool(pushes))
    script = pushes[-1]
    if hash160(script) != payload:
        raise _Refused(Reason.SCRIPT_MISMATCH)
    key_hash = witness_key_hash(script) if spending.has_segwit else None
    is_witness_script = spending.has_segwit and script.startswith(b"\x00\x20") and len(script) == 34  # noqa: PLR2004
    if key_hash is not None or is_witness_script:
        _require(len(pushes) == 1)
        if key_hash is not None:
            return _key_witness(key_hash, spending)
        return _script_witness(script[2:], spending)
    _require(not spending.transaction.inputs[0].witness)
    signed = legacy_hash(spending.transaction, script)
    return _multisig(script, pushes[:-1], signed, limit=MAX_REDEEM_SCRIPT_SIZE)


def _key_witness(key_hash: bytes, spending: _Spending) -> Reason:
    code = b"\x76\xa9\x14" + key_hash + b"\x88\xac"
    signed = segwit_hash(spending.transaction, code, spending.spent.value)
    stack = list(spending.transaction.inputs[0].witness)
    _require(len(stack) == 2 and len(stack[1]) == COMPRESSED_SIZE)  # noqa: PLR2004
    _require_key(stack, key_hash, signed)
    return Reason.ADDRESS_SIGNED


def _script_witness(program: bytes, spending: _Spending) -> Reason:
    stack = spending.transaction.inputs[0].witness
    _require(bool(stack))
    script = stack[-1]
    if sha256(script).digest() != program:
        raise _Refused(Reason.SCRIPT_MISMATCH)
    signed = segwit_hash(spending.transaction, script, spending.spent.value)
    timed = parse_timed(script, COMPRESSED_SIZE)
    if timed is not None:
        return _timed(
            timed, stack[:-1], spending, lambda key, signature: _signed_by(key, signature, signed)
        )
    return _multisig(script, list(stack[:-1]), signed, limit=MAX_SCRIPT_SIZE, is_segwit=True)


def _multisig(
    script: bytes, stack: list[bytes], signed: bytes, *, limit: int, is_segwit: bool = False
) -> Reason:
    multisig = parse_multisig(script)
    if multisig is None:
        raise _Refused(Reason.SCRIPT_INVALID if is_multisig_like(script) else Reason.SCRIPT_FORM)
    sound = all(
        is_public_key(key) and not (is_segwit and len(key) != COMPRESSED_SIZE)
        for key in multisig.keys
    )
    if len(script) > limit or not sound:
        raise _Refused(Reason.SCRIPT_INVALID)
    # The opcode takes one value more than it needs, which must be empty.
    _require(len(stack) == 1 + multisig.required and not stack[0])
    keys = iter(multisig.keys)
    for signature in stack[1:]:
        _require(any(_signed_by(key, signature, signed) for key in keys))
    points = {key if len(key) == COMPRESSED_SIZE else compress(key) for key in multisig.keys}
    if len(points) < len(multisig.keys):
        raise _Refused(Reason.SCRIPT_FORM)  # a key that counts twice is one signer
    return Reason.THRESHOLD_MET


def _timed(
    script: Timed,
    stack: tuple[bytes, ...],
    spending: _Spending,
    is_signed_by: Callable[[bytes, bytes], bool],
) -> Reason:
    _require(len(stack) == 2)  # noqa: PLR2004 (signature, branch)
    signature, branch = stack
    if branch == b"\x01":
        _require(is_signed_by(script.now, signature))
        return Reason.THRESHOLD_MET
    transaction = spending.transaction
    only = transaction.inputs[0]
    _require(not branch)
    _require(script.is_open(transaction.version, transaction.lock_time, only.sequence))
    _require(is_signed_by(script.later, signature))
    return Reason.THRESHOLD_MET_LATER


def _taproot(output_key: bytes, spending: _Spending) -> Reason:
    stack = spending.transaction.inputs[0].witness
    _require(bool(stack))
    if len(stack) > 1:
        return _tapscript(output_key, stack, spending)
    _require(_schnorr_signed_by(output_key, stack[0], spending))
    return Reason.ADDRESS_SIGNED


def _tapscript(output_key: bytes, stack: tuple[bytes, ...], spending: _Spending) -> Reason:
    *_, script, control = stack
    if control.startswith(ANNEX):
        raise _Refused(Reason.SIGNATURE_FORM)
    depth, rest = divmod(len(control) - 1 - X_ONLY_SIZE, X_ONLY_SIZE)
    _require(0 <= depth <= MAX_DEPTH and not rest)
    version, is_odd = control[0] & 0xFE, bool(control[0] & 1)
    internal, path = control[1 : 1 + X_ONLY_SIZE], control[1 + X_ONLY_SIZE :]
    leaf = node = tagged_hash("TapLeaf", bytes([version]) + sized(script))
    for place in range(0, len(path), X_ONLY_SIZE):
        pair = sorted((node, path[place : place + X_ONLY_SIZE]))
        node = tagged_hash("TapBranch", b"".join(pair))
    tweak = tagged_hash("TapTweak", internal + node)
    _require(is_tweaked_key(output_key, internal, tweak, is_odd=is_odd))
    if version != TAPSCRIPT:
        raise _Refused(Reason.SIGNATURE_FORM)
    timed = parse_timed(script, X_ONLY_SIZE)
    if timed is None:
        raise _Refused(Reason.SCRIPT_FORM)
    return _timed(
        timed,
        stack[:-2],
        spending,
        lambda key, signature: _schnorr_signed_by(key, signature, spending, leaf),
    )


def _schnorr_signed_by(
    key: bytes, signature: bytes, spending: _Spending, leaf: bytes = b""
) -> bool:
    hash_type = SIGHASH_DEFAULT
    if len(signature) == SCHNORR_SIZE + 1:
        hash_type = signature[-1]
        if hash_type != SIGHASH_ALL:
            return False
    elif len(signature) != SCHNORR_SIZE:
        return False
    signed = taproot_hash(spending.transaction, spending.spent, hash_type, leaf)
    return is_schnorr_signature(key, signature[:SCHNORR_SIZE], signed)


def _require_key(stack: list[bytes], key_hash: bytes, signed: bytes) -> None:
    _require(len(stack) == 2)  # noqa: PLR2004 (signature, key)
    signature, key = stack
    if hash160(key) != key_hash:
        raise _Refused(Reason.WRONG_SIGNER)
    _require(is_public_key(key) and _signed_by(key, signature, signed))


def _signed_by(key: bytes, signature: bytes, signed: bytes) -> bool:
    if not signature or signature[-1] != SIGHASH_ALL:
        return False
    return is_strict_signature(key, signature[:-1], signed)


def _require(condition: bool) -> None:  # noqa: FBT001 (it is an assertion)
    if not condition:
        raise _Refused(Reason.SIGNATURE_INVALID)


def _pushes(script: bytes) -> list[bytes]:
    """Return what an input script pushes, each in its shortest form; raises _Refused."""
    found: list[bytes] = []
    place = 0
    while place < len(script):
        size = script[place]
        place += 1
        if size == _PUSHDATA1:
            size, place = int.from_bytes(script[place : place + 1], "little"), place + 1
            _require(size > _PUSH_LIMIT)
        elif size == _PUSHDATA2:
            size, place = int.from_bytes(script[place : place + 2], "little"), place + 2
            _require(size > 0xFF)  # noqa: PLR2004
        else:
            _require(size <= _PUSH_LIMIT)
        pushed = script[place : place + size]
        _require(len(pushed) == size)
        found.append(pushed)
        place += size
    return found
