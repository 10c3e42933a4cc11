"""Signed rows of the families that list an Ed25519 key.

Addresses come from bip_utils; Cardano's enterprise form and Pi, which it lacks, are written here.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from hashlib import blake2b
from typing import TYPE_CHECKING

from bip_utils import (
    AdaShelleyAddrEncoder,
    AlgoAddrEncoder,
    AptosAddrEncoder,
    EgldAddrEncoder,
    NearAddrEncoder,
    SubstrateEd25519AddrEncoder,
    SuiAddrEncoder,
    TonAddrEncoder,
    TonAddrVersions,
    XlmAddrEncoder,
    XlmAddrTypes,
    XtzAddrEncoder,
    XtzAddrPrefixes,
)
from nacl.signing import SigningKey

from tests.vectors.account_rows import small_order_forgery
from tests.vectors.signing import MESSAGE, PROVEN, Line, Part, base58check, line, okx, sha256
from tests.vectors.text_forms import bech32

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIRST, SECOND = (SigningKey(sha256(f"assay throw-away key {number}".encode())) for number in (1, 2))
KEY, STRANGER = bytes(FIRST.verify_key), bytes(SECOND.verify_key)
SIGNED = "0x" + FIRST.sign(okx(MESSAGE)).signature.hex()
KEY_ONLY = "key-only key-signature"


def enterprise(key: bytes, header: int = 0x61) -> str:
    return bech32("addr", bytes([header]) + blake2b(key, digest_size=28).digest())


def ton(version: TonAddrVersions, *, bounceable: bool = False) -> Callable[[bytes], str]:
    return lambda key: TonAddrEncoder.EncodeKey(key, version=version, is_bounceable=bounceable)


ENCODERS: dict[str, tuple[str, Callable[[bytes], str], dict[str, str | int]]] = {
    "algorand": ("algorand", AlgoAddrEncoder.EncodeKey, {}),
    "aptos": ("aptos", AptosAddrEncoder.EncodeKey, {}),
    "cardano": ("cardano", enterprise, {}),
    "cardano-base": (
        "cardano",
        lambda key: AdaShelleyAddrEncoder.EncodeKey(key, pub_skey=STRANGER),
        {},
    ),
    "multiversx": ("multiversx", EgldAddrEncoder.EncodeKey, {"bech32_hrp": "erd"}),
    "near": ("near", NearAddrEncoder.EncodeKey, {}),
    "stellar": (
        "stellar",
        lambda key: XlmAddrEncoder.EncodeKey(key, addr_type=XlmAddrTypes.PUB_KEY),
        {},
    ),
    "polkadot": (
        "substrate",
        lambda key: SubstrateEd25519AddrEncoder.EncodeKey(key, ss58_format=0),
        {"ss58_prefix": 0},
    ),
    "enjin": (
        "substrate",
        lambda key: SubstrateEd25519AddrEncoder.EncodeKey(key, ss58_format=2135),
        {"ss58_prefix": 2135},
    ),
    "sui": ("sui", SuiAddrEncoder.EncodeKey, {}),
    "tezos": (
        "tezos",
        lambda key: XtzAddrEncoder.EncodeKey(key, prefix=XtzAddrPrefixes.TZ1),
        {},
    ),
    "ton-v3r2": ("ton", ton(TonAddrVersions.V3R2, bounceable=True), {}),
    "ton-v4": ("ton", ton(TonAddrVersions.V4), {}),
    "ton-v5r1": ("ton", ton(TonAddrVersions.V5R1), {}),
}
"""Name -> family, address of a key, parameters."""

OPEN = {"algorand": "key-only", "near": "key-only"}
"""Families in which an account's key may change: a stranger's address is left to the chain."""


def of(
    name: str,
    family: str,
    expected: str,
    address: str,
    signature: str = SIGNED,
    **rest: Part | dict[str, str | int],
) -> Line:
    if expected.split(maxsplit=1)[0] in ("proven", "key-only"):
        rest["digest"] = "okx-raw"
    rest.setdefault("key", KEY.hex())
    return line(name, family, expected, address, signature, digests=("okx-raw",), **rest)


def listed() -> Iterator[Line]:
    """Yield the same rows for every address form."""
    for form, (family, encode, parameters) in ENCODERS.items():
        own, stranger = encode(KEY), encode(STRANGER)
        is_open = family in OPEN

        def row(name: str, expected: str, address: str, *cells: str, **rest: str) -> Line:
            return of(
                f"{form}-{name}",  # noqa: B023 (called before the loop goes on)
                family,  # noqa: B023
                expected,
                address,
                *cells,
                parameters=parameters,  # noqa: B023
                **rest,
            )

        yield row("key", PROVEN, own)
        yield row("key-prefix", PROVEN, own, SIGNED[2:], key="0x" + KEY.hex())
        yield row("other-address", KEY_ONLY if is_open else "failed key-mismatch", stranger)
        yield row("other-key", "failed signature-invalid", stranger, key=STRANGER.hex())
        yield row("no-key", "failed key-missing", own, key="")
        yield row("key-short", "failed key-malformed", own, key=KEY.hex()[2:])
        yield row("short", "failed signature-malformed", own, SIGNED[:-2])
        yield row("other-message", "failed message-not-agreed", own, message="hi")
        yield row("unsigned", "unsigned no-signature", own, "")
        yield row("owner", "key-only owner-signature", stranger, owner1=own)
        text = KEY_ONLY if is_open or family in ("tezos", "multiversx") else None
        yield row("text", text or "failed address-undecodable", "foreign address")
        # Anybody can sign for the all-zero key; its addresses are the famous ones.
        forged = small_order_forgery().hex()
        yield row(
            "small-order", "failed signature-invalid", encode(bytes(32)), forged, key="00" * 32
        )


def listed_forms() -> Iterator[Line]:
    """Yield the forms that only one family has."""
    foreign, form = "failed address-wrong-network", "unsupported address-form"
    number = next(n for n in range(1000) if aptos_of(n).startswith("0x0"))
    signer = signer_of(number)
    public, signed = bytes(signer.verify_key).hex(), signer.sign(okx(MESSAGE)).signature.hex()
    short = "0x" + aptos_of(number)[2:].lstrip("0")
    yield of("zeros-stripped", "aptos", PROVEN, short, signed, key=public)
    yield of("zeros-kept", "aptos", PROVEN, aptos_of(number), signed, key=public)
    rotated = AptosAddrEncoder.EncodeKey(KEY)
    yield of("rotated", "aptos", "key-only owner-signature", "0x" + "de" * 32, owner1=rotated)
    yield of("reward", "cardano", foreign, bech32("stake", b"\xe1" + bytes(28)))
    yield of("script", "cardano", form, enterprise(KEY, 0x71))
    yield of("test-network", "cardano", foreign, enterprise(KEY, 0x60))
    yield of("named", "near", KEY_ONLY, "exchange.near")
    yield of("hydra", "multiversx", foreign, bech32("bc", KEY))
    yield of("contract", "tezos", KEY_ONLY, base58check(bytes.fromhex("025a79") + bytes(20)))
    yield of("swapped-case", "substrate", "failed address-undecodable",
             SubstrateEd25519AddrEncoder.EncodeKey(KEY, ss58_format=0).swapcase(),
             parameters={"ss58_prefix": 0})  # fmt: skip
    yield of("other-prefix", "substrate", foreign,
             SubstrateEd25519AddrEncoder.EncodeKey(KEY, ss58_format=2),
             parameters={"ss58_prefix": 0})  # fmt: skip
    yield of("no-prefix", "substrate", KEY_ONLY, "anything")
    raw = "0:" + _raw(ENCODERS["ton-v4"][1](KEY)).hex()
    yield of("raw", "ton", PROVEN, raw)
    yield of("raw-masterchain", "ton", "failed key-mismatch", "-1" + raw[1:])
    for family in ("hedera", "icp", "casper", "kadena", "iost", "siacoin", "venom", "canton"):
        yield of(family, family, KEY_ONLY, "0.0.98")
        yield of(f"{family}-signature", family, "failed signature-invalid", "0.0.98", "00" * 64)
        yield of(f"{family}-no-key", family, "failed key-missing", "0.0.98", key="")
    yield of("silent", "algorand", "unsupported silent-name", "x", "", key="",
             parameters={"unsigned": "unsupported"})  # fmt: skip


def signer_of(number: int) -> SigningKey:
    return SigningKey(sha256(f"assay throw-away aptos key {number}".encode()))


def aptos_of(number: int) -> str:
    found: str = AptosAddrEncoder.EncodeKey(bytes(signer_of(number).verify_key))
    return found


def _raw(friendly: str) -> bytes:
    return urlsafe_b64decode(friendly)[2:-2]
