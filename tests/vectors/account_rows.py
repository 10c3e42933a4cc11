"""Signed rows of the families whose address is an account: EVM, TRON, Solana."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from eth_utils.crypto import keccak
from nacl.bindings import crypto_scalarmult_ed25519_base_noclamp
from nacl.signing import SigningKey

from tests.vectors.signing import (
    EVM_OKX,
    MESSAGE,
    OKX_KECCAK,
    PROVEN,
    TRON_V1,
    TRON_V2,
    Line,
    Part,
    account,
    base58,
    base58check,
    hex_signature,
    line,
    okx,
    personal,
    sha256,
)
from tests.vectors.text_forms import bech32

if TYPE_CHECKING:
    from collections.abc import Iterator


OWN, OTHER = "0x" + account(1).hex(), "0x" + account(2).hex()
CONTRACT, VALIDATOR = "0x" + "c0" * 20, "0x" + "ab" * 48
SIGNED, SECOND = hex_signature(1, EVM_OKX), hex_signature(2, EVM_OKX)


def evm_line(
    name: str,
    expected: str,
    address: str,
    signature1: str = "",
    *,
    digests: tuple[str, ...] = ("evm-okx",),
    digest: str = "",
    **rest: Part,
) -> Line:
    if expected.split(maxsplit=1)[0] in ("proven", "key-only"):
        digest = digest or digests[0]
    return line(name, "evm", expected, address, signature1, digests=digests, digest=digest, **rest)


def evm() -> Iterator[Line]:
    yield evm_line("plain", PROVEN, OWN, SIGNED)
    yield evm_line("no-prefix", PROVEN, OWN[2:], SIGNED[2:])
    yield evm_line("upper-case", PROVEN, "0X" + OWN[2:].upper(), "0X" + SIGNED[2:].upper())
    yield evm_line("v-0", PROVEN, OWN, hex_signature(1, EVM_OKX, v=0))
    yield evm_line("v-31", PROVEN, OWN, hex_signature(1, EVM_OKX, v=31))
    yield evm_line("high-s", PROVEN, OWN, hex_signature(1, EVM_OKX, high_s=True))
    yield evm_line("second-column", PROVEN, OWN, "", signature2=SIGNED)
    yield evm_line("null-tokens", PROVEN, OWN, SIGNED, owner1="null", owner2="\\N", key="-")
    yield evm_line(
        "eip191",
        PROVEN,
        OWN,
        hex_signature(1, personal(MESSAGE.encode())),
        digests=("evm-okx", "eip191"),
        digest="eip191",
    )
    yield evm_line(
        "keccak", PROVEN, OWN, hex_signature(1, keccak(MESSAGE.encode())), digests=("keccak",)
    )
    yield evm_line(
        "okc",
        PROVEN,
        OWN,
        hex_signature(1, OKX_KECCAK),
        digests=("okx-keccak",),
        parameters={"bech32_hrp": "ex"},
    )
    yield evm_line(
        "okc-bech32",
        PROVEN,
        bech32("ex", account(1)),
        hex_signature(1, OKX_KECCAK),
        digests=("okx-keccak",),
        parameters={"bech32_hrp": "ex"},
    )
    yield evm_line(
        "lat", PROVEN, bech32("lat", account(1)), SIGNED, parameters={"bech32_hrp": "lat"}
    )
    delegated = account(1) + hashlib.blake2b(b"\x04\x0a" + account(1), digest_size=4).digest()
    f410 = "f410f" + base64.b32encode(delegated).decode().lower().rstrip("=")
    yield evm_line("f410", PROVEN, f410, SIGNED, parameters={"f410": True})
    yield evm_line("f410-hex", PROVEN, OWN, SIGNED, parameters={"f410": True})
    yield evm_line("f0", "unsupported address-form", "f01234", SIGNED, parameters={"f410": True})
    yield evm_line(
        "f410-checksum",
        "failed address-undecodable",
        f410[:-3] + "aaa",
        SIGNED,
        parameters={"f410": True},
    )
    yield evm_line("f410-elsewhere", "failed address-undecodable", f410, SIGNED)
    yield evm_line(
        "lat-elsewhere",
        "failed address-wrong-network",
        bech32("lat", account(1)),
        SIGNED,
        parameters={"bech32_hrp": "ex"},
    )
    yield evm_line("address-short", "failed address-undecodable", OWN[:-2], SIGNED)
    yield evm_line("address-unsigned", "failed address-undecodable", "somewhere")
    yield evm_line("unsigned", "unsigned no-signature", OWN)
    yield evm_line("unsigned-null", "unsigned no-signature", OWN, "null", signature2="\\N")
    yield evm_line(
        "other-message", "failed message-not-agreed", OWN, SIGNED, message="login nonce 4711"
    )
    yield evm_line("other-signer", "failed wrong-signer", OWN, SECOND)
    yield evm_line("other-digest", "failed wrong-signer", OWN, hex_signature(1, OKX_KECCAK))
    yield evm_line("short", "failed signature-malformed", OWN, SIGNED[:-2])
    yield evm_line(
        "blank-inside", "failed signature-malformed", OWN, SIGNED[:10] + "  " + SIGNED[12:]
    )
    yield evm_line("v-5", "failed signature-malformed", OWN, hex_signature(1, EVM_OKX, v=5))
    yield evm_line("zero", "failed signature-invalid", OWN, "0x" + "00" * 64 + "1b")


def evm_owners() -> Iterator[Line]:
    owners = "key-only owner-signature"
    yield evm_line("owner", owners, CONTRACT, SIGNED, owner1=OWN)
    yield evm_line("owner-in-second-column", owners, CONTRACT, "", signature2=SIGNED, owner2=OWN)
    yield evm_line("owners", owners, CONTRACT, SIGNED, signature2=SECOND, owner1=OWN, owner2=OTHER)
    yield evm_line(
        "owner-twice", owners, CONTRACT, SIGNED, signature2=SIGNED, owner1=OWN, owner2=OWN
    )
    yield evm_line("owner-is-address", owners, OWN, SIGNED, owner1=OWN)
    yield evm_line(
        "owner2-unsigned",
        "key-only owner-signature-incomplete",
        CONTRACT,
        SIGNED,
        owner1=OWN,
        owner2=OTHER,
    )
    yield evm_line("owner-unsigned", "unsigned no-signature", CONTRACT, owner1=OWN)
    yield evm_line("owner-mismatch", "failed owner-mismatch", OWN, SIGNED, owner1=OTHER)
    yield evm_line(
        "owner2-mismatch",
        "failed owner-mismatch",
        CONTRACT,
        SIGNED,
        signature2=SIGNED,
        owner1=OWN,
        owner2=OTHER,
    )
    yield evm_line("owner-undecodable", "failed owner-undecodable", CONTRACT, SIGNED, owner1="me")
    yield evm_line("owner-of-nothing", "failed address-undecodable", "a vault", SIGNED, owner1=OWN)
    yield evm_line(
        "owner-other-message",
        "failed message-not-agreed",
        CONTRACT,
        SIGNED,
        owner1=OWN,
        message="hi",
    )
    staked = "key-only staking-owner-signature"
    yield evm_line("staking", staked, VALIDATOR, SIGNED, owner1=OWN, staking="native eth staking")
    yield evm_line(
        "staking-eigenlayer",
        staked,
        VALIDATOR,
        SIGNED,
        signature2="x",
        owner1=OWN,
        owner2=CONTRACT,
        staking="eigenlayer staking",
    )
    yield evm_line(
        "staking-second-owner",
        "failed owner-mismatch",
        VALIDATOR,
        SIGNED,
        signature2=SIGNED,
        owner1=OWN,
        owner2=OTHER,
        staking="native eth staking",
    )
    yield evm_line(
        "staking-mismatch",
        "failed owner-mismatch",
        VALIDATOR,
        SECOND,
        owner1=OWN,
        staking="native eth staking",
    )
    yield evm_line(
        "staking-unsigned",
        "unsigned no-signature",
        VALIDATOR,
        owner1=OWN,
        staking="native eth staking",
    )
    yield evm_line("staking-itself", staked, OWN, SIGNED, staking="native eth staking")


def tron_lines() -> Iterator[Line]:
    own = base58check(b"\x41" + account(1))
    digests = ("tron-v1", "tron-v2")
    first = hex_signature(1, TRON_V1)
    yield line("v1", "tron", PROVEN, own, first, digests=digests, digest="tron-v1")
    yield line(
        "v2", "tron", PROVEN, own, hex_signature(1, TRON_V2), digests=digests, digest="tron-v2"
    )
    plain = keccak(b"\x19TRON Signed Message:\n32" + MESSAGE.encode())
    yield line(
        "plain-message",
        "tron",
        PROVEN,
        own,
        hex_signature(1, plain)[2:],
        digests=("tron-plain",),
        digest="tron-plain",
    )
    yield line(
        "v1-only",
        "tron",
        "failed wrong-signer",
        own,
        hex_signature(1, TRON_V2),
        digests=("tron-v1",),
    )
    yield line(
        "other-signer",
        "tron",
        "failed wrong-signer",
        own,
        hex_signature(2, TRON_V1),
        digests=digests,
    )
    yield line(
        "lower-case", "tron", "failed address-undecodable", own.lower(), first, digests=digests
    )
    yield line(
        "bitcoin",
        "tron",
        "failed address-wrong-network",
        base58check(b"\x00" + account(1)),
        first,
        digests=digests,
    )
    yield line(
        "hex", "tron", "failed address-undecodable", "41" + account(1).hex(), first, digests=digests
    )
    yield line("unsigned", "tron", "unsigned no-signature", own, digests=digests)


def solana() -> Iterator[Line]:
    key = SigningKey(sha256(b"assay throw-away key 1"))
    public = bytes(key.verify_key)
    own, signed = base58(public), "0x" + key.sign(okx(MESSAGE)).signature.hex()
    stranger = bytes(SigningKey(sha256(b"assay throw-away key 2")).verify_key)

    def solana_line(
        name: str, expected: str, address: str, signature: str = "", **rest: Part
    ) -> Line:
        if expected.split(maxsplit=1)[0] in ("proven", "key-only"):
            rest["digest"] = "okx-raw"
        return line(name, "solana", expected, address, signature, digests=("okx-raw",), **rest)

    yield solana_line("key", PROVEN, own, signed, key=public.hex())
    yield solana_line("key-prefix", PROVEN, own, signed[2:], key="0x" + public.hex().upper())
    yield solana_line("no-key", PROVEN, own, signed)
    yield solana_line("null-key", PROVEN, own, signed, key="null")
    yield solana_line(
        "swapped-case",
        "failed address-undecodable",
        own.swapcase().replace("o", "0"),
        signed,
        key=public.hex(),
    )
    yield solana_line(
        "other-address", "failed key-mismatch", base58(stranger), signed, key=public.hex()
    )
    yield solana_line(
        "other-key", "failed signature-invalid", base58(stranger), signed, key=stranger.hex()
    )
    yield solana_line("key-short", "failed key-malformed", own, signed, key=public.hex()[:-2])
    yield solana_line(
        "signature-short", "failed signature-malformed", own, signed[:-2], key=public.hex()
    )
    yield solana_line(
        "other-message", "failed message-not-agreed", own, signed, message="I am somebody"
    )
    yield solana_line(
        "address-long", "failed address-undecodable", base58(public + b"\x01"), signed
    )
    yield solana_line("unsigned", "unsigned no-signature", own, key=public.hex())
    yield solana_line(
        "owner", "key-only owner-signature", base58(stranger), signed, key=public.hex(), owner1=own
    )
    yield solana_line(
        "owner-mismatch",
        "failed owner-mismatch",
        own,
        signed,
        key=public.hex(),
        owner1=base58(stranger),
    )
    # A signature that holds for the key of order 4 and any message: R = [s]B found by search.
    yield solana_line(
        "small-order",
        "failed signature-invalid",
        "1" * 32,
        "0x" + small_order_forgery().hex(),
        key="00" * 32,
    )


def small_order_forgery() -> bytes:
    """Return R || s that a careless verifier takes for a signature by the all-zero key."""
    order = 2**252 + 27742317777372353535851937790883648493
    for s in range(1, 100):
        scalar = s.to_bytes(32, "little")
        point = crypto_scalarmult_ed25519_base_noclamp(scalar)
        hashed = hashlib.sha512(point + bytes(32) + okx(MESSAGE)).digest()
        if int.from_bytes(hashed, "little") % order % 4 == 0:
            return point + scalar
    raise AssertionError("no forgery in a hundred tries")
