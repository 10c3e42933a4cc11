"""A signature over a manifest: Ed25519 over its bytes, or an Ethereum key over its digest.

A key file is a PEM or the 32 raw bytes of an Ed25519 seed, or ``0x`` and 64 hex digits: an
Ethereum key, which signs the text ``Assay evidence manifest SHA-256: <hex>`` as wallets do
(EIP-191, personal_sign). ``manifest.sig.json`` says which, with the public key or the address;
whose that is has to be known from elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, Protocol

import msgspec
import nacl.bindings
from coincurve import PrivateKey

from chains.encodings import hex_bytes
from chains.errors import plain_text
from chains.messages import digest
from chains.signatures import evm_account, is_ed25519_signature, recover
from crawler.errors import ConfigurationError

ED25519, EIP191 = "ed25519", "eip191"
TEXT = "Assay evidence manifest SHA-256: {}"

_SEED_SIZE = 32
_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")
"""What stands before the seed in a PKCS #8 Ed25519 key (RFC 8410, section 7)."""
_PEM = re.compile(
    rb"-----BEGIN PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+?)-----END PRIVATE KEY-----\s*"
)
_ETHEREUM_KEY = re.compile(rb"0x([0-9a-fA-F]{64})\s*")
_SIGNATURE_SIZES = {ED25519: 64, EIP191: 65}
_SIGNER_SIZES = {ED25519: 32, EIP191: 20}


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    scheme: Literal["ed25519", "eip191"]
    signer: str
    signature: str


class Signer(Protocol):
    """Signs manifests."""

    def sign(self, manifest: bytes) -> bytes:
        """Return manifest.sig.json for these bytes of a manifest."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Ed25519Signer:
    """Holds a seed of 32 bytes."""

    seed: bytes

    def sign(self, manifest: bytes) -> bytes:
        """Return manifest.sig.json; the signature is over the manifest's bytes (RFC 8032)."""
        public, secret = nacl.bindings.crypto_sign_seed_keypair(self.seed)
        signature = nacl.bindings.crypto_sign(manifest, secret)[:64]
        return _document(ED25519, public, signature)


@dataclass(frozen=True, slots=True, repr=False)
class EthereumSigner:
    """Holds a secp256k1 key of 32 bytes."""

    key: bytes

    def sign(self, manifest: bytes) -> bytes:
        """Return manifest.sig.json; the signature is personal_sign of a text with the digest."""
        key = PrivateKey(self.key)
        signed = key.sign_recoverable(_ethereum_digest(manifest), hasher=None)
        account = evm_account(key.public_key.format(compressed=False))
        return _document(EIP191, account, signed[:64] + bytes([27 + signed[64]]))


def load_signer(path: Path) -> Signer:
    """Return the signer of a key file. Raises ConfigurationError, which repeats nothing of it."""
    try:
        content = path.read_bytes()
    except OSError as error:
        problem = f"--sign-with: {plain_text(path)} cannot be read: {error.strerror}"
        raise ConfigurationError([problem]) from error
    if (found := _ETHEREUM_KEY.fullmatch(content)) is not None:
        key = bytes.fromhex(found[1].decode())
        try:
            PrivateKey(key)
        except ValueError:
            raise ConfigurationError(["--sign-with: the number is no Ethereum key"]) from None
        return EthereumSigner(key)
    if len(content) == _SEED_SIZE:
        return Ed25519Signer(content)
    if (found := _PEM.fullmatch(content)) is not None:
        try:
            packed = base64.b64decode(b"".join(found[1].split()), validate=True)
        except binascii.Error:
            packed = b""
        if packed.startswith(_PKCS8) and len(packed) == len(_PKCS8) + _SEED_SIZE:
            return Ed25519Signer(packed.removeprefix(_PKCS8))
    raise ConfigurationError(
        [f"--sign-with: {plain_text(path)} is no key"],
        hint="an Ed25519 key as PEM (openssl genpkey -algorithm ed25519) or 32 bytes, or an "
        "Ethereum key as 0x and 64 hex digits",
    )


@dataclass(frozen=True, slots=True)
class CheckedSignature:
    """What a signature shows."""

    scheme: str
    signer: str
    """Public key or address, hex with 0x."""
    problem: str
    """Empty when it is valid."""


def check_signature(signature: bytes, manifest: bytes) -> CheckedSignature:
    """Return what manifest.sig.json shows of a manifest. Never raises, whatever it holds."""
    try:
        told = msgspec.json.decode(signature, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return CheckedSignature("", "", "it is not a signature of a known kind")
    scheme = told.scheme
    public = hex_bytes(told.signer, _SIGNER_SIZES[scheme])
    value = hex_bytes(told.signature, _SIGNATURE_SIZES[scheme])
    if public is None or value is None or _document(scheme, public, value) != signature:
        return CheckedSignature("", "", "it is not spelled as a signature is: it was changed")
    if scheme == ED25519:
        holds = is_ed25519_signature(public, value, manifest)
    else:
        is_plain = value[64] in {27, 28}
        key = recover(value, value[64] - 27, _ethereum_digest(manifest)) if is_plain else None
        holds = key is not None and evm_account(key) == public
    problem = "" if holds else "it is not a signature of this manifest by this key"
    return CheckedSignature(scheme, f"0x{public.hex()}", problem)


def _ethereum_digest(manifest: bytes) -> bytes:
    return digest("eip191", TEXT.format(sha256(manifest).hexdigest()))


def _document(scheme: str, signer: bytes, signature: bytes) -> bytes:
    document = {
        "scheme": scheme, "signature": f"0x{signature.hex()}", "signer": f"0x{signer.hex()}",
    }  # fmt: skip
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()
