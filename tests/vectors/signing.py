"""Throw-away keys, digests and signatures for the ownership vectors.

Nothing of `chains` is imported: digests and addresses are written here a second time, over other
libraries where there are some, so that one mistake cannot hide in both. The private keys are the
SHA-256 of public texts: whoever sends money to these addresses gives it away.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import wallycore
from coincurve import PrivateKey
from eth_account.messages import encode_defunct
from eth_utils.crypto import keccak

MESSAGE = "I am an OKX address"
BITCOIN = "Bitcoin Signed Message:\n"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

Line = dict[str, Any]
Part = str | tuple[str, ...] | Mapping[str, str | int | bool]
"""A cell, or the digests or parameters of a rule."""


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def hash160(data: bytes) -> bytes:
    return bytes(wallycore.hash160(data))


def base58check(data: bytes) -> str:
    return str(wallycore.base58_from_bytes(data, wallycore.BASE58_FLAG_CHECKSUM))


def base58(data: bytes) -> str:
    return str(wallycore.base58_from_bytes(data, 0))


def segwit(script: bytes, prefix: str) -> str:
    return str(wallycore.addr_segwit_from_bytes(script, prefix, 0))


def secret(number: int) -> PrivateKey:
    return PrivateKey(sha256(f"assay throw-away key {number}".encode()))


def compressed(number: int) -> bytes:
    return secret(number).public_key.format(compressed=True)


def uncompressed(number: int) -> bytes:
    return secret(number).public_key.format(compressed=False)


def account(number: int) -> bytes:
    return keccak(uncompressed(number)[1:])[12:]


# --- what is signed ----------------------------------------------------------------


def personal(body: bytes) -> bytes:
    signable = encode_defunct(primitive=body)
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def tron(body: bytes) -> bytes:
    return keccak(b"\x19TRON Signed Message:\n" + str(len(body)).encode() + body)


def bitcoin(message: str, header: str = BITCOIN) -> bytes:
    # All of these texts are shorter than 253 bytes, so that their length is one byte.
    parts = (header.encode(), message.encode())
    return sha256(sha256(b"".join(bytes([len(part)]) + part for part in parts)))


def okx(message: str) -> bytes:
    parts = (b"OKX Signed Message:\n", message.encode())
    return b"".join(bytes([len(part)]) + part for part in parts)


EVM_OKX = personal(keccak(MESSAGE.encode()))
TRON_V1 = tron(keccak(MESSAGE.encode()))
TRON_V2 = tron(MESSAGE.encode())
OKX_KECCAK = keccak(okx(MESSAGE))


# --- signatures ----------------------------------------------------------------------


def hex_signature(number: int, digest: bytes, *, v: int = 27, high_s: bool = False) -> str:
    signed = secret(number).sign_recoverable(digest, hasher=None)
    s, recovery_id = int.from_bytes(signed[32:64], "big"), signed[64]
    if high_s:
        s, recovery_id = ORDER - s, recovery_id ^ 1
    return "0x" + (signed[:32] + s.to_bytes(32, "big") + bytes([v + recovery_id])).hex()


def text_signature(
    number: int, *, head: int = 31, message: str = MESSAGE, header: str = BITCOIN
) -> str:
    signed = secret(number).sign_recoverable(bitcoin(message, header), hasher=None)
    return base64.b64encode(bytes([head + signed[64]]) + signed[:64]).decode()


# --- rows ----------------------------------------------------------------------------


def line(
    name: str, family: str, expected: str, address: str, signature1: str = "", **rest: Part
) -> Line:
    """Return one vector: `expected` is "word reason", `rest` further cells or parts of the rule."""
    word, reason = expected.split()
    cells = {
        "address": address,
        "message": rest.pop("message", MESSAGE),
        "signature1": signature1,
        "signature2": rest.pop("signature2", ""),
        "key": rest.pop("key", ""),
        "owner1": rest.pop("owner1", ""),
        "owner2": rest.pop("owner2", ""),
        "staking": rest.pop("staking", ""),
    }
    found: Line = {
        "id": f"{family}-{name}",
        "rule": {
            "family": family,
            "digests": rest.pop("digests"),
            "parameters": rest.pop("parameters", {}),
        },
        "cells": cells,
        "word": word,
        "reason": reason,
        "digest": rest.pop("digest", ""),
    }
    if rest:
        raise TypeError(f"unknown parts of a vector: {sorted(rest)}")
    return found


PROVEN = "proven address-signed"
