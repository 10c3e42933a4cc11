"""Throw-away keys, the addresses they own, and what they sign: for the demo list.

Written from the standards alone and on purpose independent of the packages under test, so that
a list that verifies is a cross-check of both. The keys are hashes of public text: they protect
nothing and must never hold anything.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import new, sha256
from typing import TYPE_CHECKING, NamedTuple

import sha3
from coincurve import PrivateKey
from nacl.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Sequence

MESSAGE = "I am an OKX address"

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def secret(label: str, number: int) -> bytes:
    """Return the 32 secret bytes called `label` `number`; the same on every machine."""
    return sha256(f"assay demo {label} {number}".encode()).digest()


def keccak(data: bytes) -> bytes:
    digest: bytes = sha3.keccak_256(data).digest()
    return digest


def double_sha256(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


def hash160(data: bytes) -> bytes:
    return new("ripemd160", sha256(data).digest()).digest()


def base58(data: bytes) -> str:
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def base58check(data: bytes) -> str:
    return base58(data + double_sha256(data)[:4])


def segwit_v0(program: bytes) -> str:
    """Return the mainnet address of a version 0 witness program (BIP-173)."""
    bits = int.from_bytes(program, "big")
    size = -(-len(program) * 8 // 5)
    bits <<= size * 5 - len(program) * 8
    words = [0, *((bits >> 5 * (size - 1 - index)) & 31 for index in range(size))]
    check = 1
    for word in [3, 3, 0, 2, 3, *words, 0, 0, 0, 0, 0, 0]:  # "bc", expanded
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ word
        for index, generator in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            check ^= generator if top >> index & 1 else 0
    check ^= 1
    words += [(check >> 5 * (5 - index)) & 31 for index in range(6)]
    return "bc1" + "".join(BECH32[word] for word in words)


def compact(text: str) -> bytes:
    """Return `text` behind its CompactSize length; short texts only."""
    raw = text.encode()
    if len(raw) >= 253:
        raise ValueError("too long for one length byte")
    return bytes([len(raw)]) + raw


def evm_digest(message: str) -> bytes:
    return keccak(b"\x19Ethereum Signed Message:\n32" + keccak(message.encode()))


def tron_v2_digest(message: str) -> bytes:
    raw = message.encode()
    return keccak(b"\x19TRON Signed Message:\n" + str(len(raw)).encode() + raw)


def bitcoin_digest(message: str) -> bytes:
    return double_sha256(compact("Bitcoin Signed Message:\n") + compact(message))


class Proof(NamedTuple):
    """The cells of a row that speak of ownership, as published."""

    address: str
    signature1: str
    signature2: str = ""
    script_or_key: str = ""
    owner1: str = ""
    owner2: str = ""
    message: str = MESSAGE


# --- secp256k1 -------------------------------------------------------------------


def evm_address(number: int) -> str:
    point = PrivateKey(secret("key", number)).public_key.format(compressed=False)
    return "0x" + keccak(point[1:])[12:].hex()


def _recoverable_hex(number: int, digest: bytes) -> str:
    signature = PrivateKey(secret("key", number)).sign_recoverable(digest, hasher=None)
    return "0x" + signature[:64].hex() + f"{27 + signature[64]:02x}"


def evm_signature(number: int, message: str = MESSAGE) -> str:
    return _recoverable_hex(number, evm_digest(message))


def evm(number: int) -> Proof:
    return Proof(evm_address(number), evm_signature(number))


def tron(number: int) -> Proof:
    address = base58check(b"\x41" + bytes.fromhex(evm_address(number)[2:]))
    return Proof(address, _recoverable_hex(number, tron_v2_digest(MESSAGE)))


def bitcoin_signature(number: int, first_head: int) -> str:
    signature = PrivateKey(secret("key", number)).sign_recoverable(
        bitcoin_digest(MESSAGE), hasher=None
    )
    return b64encode(bytes([first_head + signature[64]]) + signature[:64]).decode()


def bitcoin_key(number: int, *, compressed: bool = True) -> bytes:
    return PrivateKey(secret("key", number)).public_key.format(compressed=compressed)


def p2pkh(number: int, *, compressed: bool = True) -> Proof:
    key = bitcoin_key(number, compressed=compressed)
    head = 31 if compressed else 27
    return Proof(base58check(b"\0" + hash160(key)), bitcoin_signature(number, head))


def p2wpkh(number: int, *, head: int = 39) -> Proof:
    return Proof(segwit_v0(hash160(bitcoin_key(number))), bitcoin_signature(number, head))


def p2sh_p2wpkh(number: int, *, head: int = 35) -> Proof:
    program = b"\x00\x14" + hash160(bitcoin_key(number))
    return Proof(base58check(b"\x05" + hash160(program)), bitcoin_signature(number, head))


def two_of_three(numbers: Sequence[int], signers: tuple[int, int], *, witness: bool) -> Proof:
    """Return a P2SH or P2WSH row of a 2-of-3 script, with one signature of each of `signers`."""
    keys = b"".join(b"\x21" + bitcoin_key(number) for number in numbers)
    script = b"\x52" + keys + b"\x53\xae"
    address = (
        segwit_v0(sha256(script).digest()) if witness else base58check(b"\x05" + hash160(script))
    )
    first, second = (bitcoin_signature(signer, 31) for signer in signers)
    return Proof(address, first, second, script.hex())


# --- ed25519 ---------------------------------------------------------------------


def solana(number: int) -> Proof:
    key = SigningKey(secret("key", number))
    public = key.verify_key.encode()
    raw = compact("OKX Signed Message:\n") + compact(MESSAGE)
    return Proof(base58(public), "0x" + key.sign(raw).signature.hex(), "", public.hex())


def sign_evm(number: int, message: str = MESSAGE) -> tuple[bytes, bytes]:
    """Return the account of key `number` and its 65-byte signature of a statement (``evm-okx``)."""
    signature = _recoverable_hex(number, evm_digest(message))
    return bytes.fromhex(evm_address(number)[2:]), bytes.fromhex(signature[2:])
