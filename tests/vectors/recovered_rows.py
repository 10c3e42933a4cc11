"""Signed rows of the families that recover a secp256k1 key from the OKX digest, and of EOS.

Addresses come from bip_utils where it has the ledger, otherwise from a second writing here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import wallycore
from bip_utils import (
    AtomAddrEncoder,
    AvaxXChainAddrEncoder,
    EosAddrEncoder,
    FilSecp256k1AddrEncoder,
    IcxAddrEncoder,
    InjAddrEncoder,
    XrpAddrEncoder,
)

from tests.vectors.signing import (
    MESSAGE,
    OKX_KECCAK,
    PROVEN,
    Line,
    Part,
    account,
    base58,
    base58check,
    compressed,
    hash160,
    hex_signature,
    line,
    okx,
    secret,
    sha256,
    uncompressed,
)
from tests.vectors.text_forms import conflux

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIGNED = hex_signature(1, OKX_KECCAK)


def sha256d(data: bytes) -> bytes:
    return sha256(sha256(data))


def aelf(number: int) -> str:
    return base58check(sha256d(uncompressed(number)))


def core_space(number: int) -> bytes:
    digits = account(number).hex()
    return bytes.fromhex("1" + digits[1:])


def stacks(version: int, digest: bytes) -> str:
    """Return c32check by dividing by 32 over and over, as SIP-005 tells it."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    data = digest + sha256d(bytes([version]) + digest)[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 32)
        text = alphabet[rest] + text
    return "S" + alphabet[version] + "0" * (len(data) - len(data.lstrip(b"\0"))) + text


RULES: dict[str, dict[str, str | bool]] = {
    "aelf": {},
    "avalanche-x": {"bech32_hrp": "avax"},
    "conflux": {},
    "cosmos": {"bech32_hrp": "cosmos", "account_hash": "hash160"},
    "filecoin": {},
    "icon": {},
    "stacks": {},
}


ENCODERS: dict[str, Callable[[int], str]] = {
    "aelf": aelf,
    "avalanche-x": lambda number: str(AvaxXChainAddrEncoder.EncodeKey(compressed(number))),
    "conflux": lambda number: conflux("cfx", b"\0" + core_space(number)),
    "cosmos": lambda number: str(AtomAddrEncoder.EncodeKey(compressed(number), hrp="cosmos")),
    "filecoin": lambda number: str(FilSecp256k1AddrEncoder.EncodeKey(compressed(number))),
    "icon": lambda number: str(IcxAddrEncoder.EncodeKey(compressed(number))),
    "stacks": lambda number: stacks(22, hash160(uncompressed(number))),
}


def recovered() -> Iterator[Line]:
    """Yield the same rows for every family whose addresses are hashes of the key."""
    for family, parameters in RULES.items():

        def of(name: str, expected: str, address: str, signature: str, **rest: Part) -> Line:
            if expected == PROVEN:
                rest["digest"] = "okx-keccak"
            return line(
                name,
                family,  # noqa: B023 (called before the loop goes on)
                expected,
                address,
                signature,
                digests=("okx-keccak",),
                **({"parameters": parameters} | rest),  # noqa: B023
            )

        own, stranger = ENCODERS[family](1), ENCODERS[family](2)
        yield of("plain", PROVEN, own, SIGNED)
        yield of("with-key", PROVEN, own, SIGNED, key=compressed(1).hex())
        yield of("with-point", PROVEN, own, SIGNED, key="0x" + uncompressed(1)[1:].hex())
        yield of("with-long-key", PROVEN, own, SIGNED, key=uncompressed(1).hex())
        yield of("other-key", "failed signer-not-listed", own, SIGNED, key=compressed(2).hex())
        yield of("key-short", "failed key-malformed", own, SIGNED, key=compressed(1).hex()[2:])
        yield of("key-no-point", "failed key-malformed", own, SIGNED, key="02" + "ff" * 32)
        yield of("stranger", "failed wrong-signer", stranger, SIGNED)
        # the reference compares the key and forgets the address
        yield of("hole-9", "failed wrong-signer", stranger, SIGNED, key=compressed(1).hex())
        yield of("other-message", "failed message-not-agreed", own, SIGNED, message="hi")
        yield of("cut-off", "failed address-undecodable", own[:-1], SIGNED)
        yield of("text", "failed address-undecodable", "f1foreign", SIGNED)
        yield of("unsigned", "unsigned no-signature", own, "")


def recovered_forms() -> Iterator[Line]:
    """Yield the text forms that only one family has."""

    def of(name: str, family: str, expected: str, address: str, **rest: Part) -> Line:
        if expected.startswith(("proven", "key-only")):
            rest["digest"] = "okx-keccak"
        return line(
            name,
            family,
            expected,
            address,
            SIGNED,
            digests=("okx-keccak",),
            **({"parameters": RULES.get(family, {})} | rest),
        )

    undecodable, foreign = "failed address-undecodable", "failed address-wrong-network"
    form = "unsupported address-form"
    yield of("wrapped", "aelf", PROVEN, f"ELF_{aelf(1)}_AELF")
    yield of("side-chain", "aelf", foreign, f"ELF_{aelf(1)}_tDVV")
    yield of("swapped-case", "aelf", undecodable, aelf(1).swapcase())
    yield of("p-chain", "avalanche-x", foreign, "P" + ENCODERS["avalanche-x"](1)[1:])
    long = conflux("cfx", b"\0" + core_space(1)).replace("cfx:", "CFX:TYPE.USER:").upper()
    yield of("long-form", "conflux", PROVEN, long)
    yield of("wrong-type", "conflux", undecodable, long.replace("USER", "CONTRACT"))
    yield of("test-network", "conflux", foreign, conflux("cfxtest", b"\0" + core_space(1)))
    yield of("injective", "cosmos", PROVEN, InjAddrEncoder.EncodeKey(compressed(1)),
             parameters={"bech32_hrp": "inj", "account_hash": "keccak"})  # fmt: skip
    yield of("validator", "cosmos", foreign,
             AtomAddrEncoder.EncodeKey(compressed(1), hrp="cosmosvaloper"))  # fmt: skip
    yield of("id", "filecoin", form, "f01234")
    yield of("test-network", "filecoin", foreign, "t" + ENCODERS["filecoin"](1)[1:])
    yield of("contract", "icon", form, "cx" + ENCODERS["icon"](1)[2:])
    yield of("compressed", "stacks", PROVEN, stacks(22, hash160(compressed(1))))
    yield of("multisig", "stacks", form, stacks(20, hash160(compressed(1))))
    yield of("test-network", "stacks", foreign, stacks(26, hash160(compressed(1))))


def open_keys() -> Iterator[Line]:
    """Yield rows of ledgers that can give an account another key, or bind none: XRP, NULS."""

    def of(name: str, family: str, expected: str, address: str, signature: str = SIGNED,
           **rest: Part) -> Line:  # fmt: skip
        if expected.startswith(("proven", "key-only")):
            rest["digest"] = "okx-keccak"
        return line(name, family, expected, address, signature, digests=("okx-keccak",), **rest)

    key, key_only = compressed(1).hex(), "key-only key-signature"
    own, stranger = (XrpAddrEncoder.EncodeKey(compressed(number)) for number in (1, 2))
    yield of("plain", "xrpl", PROVEN, own)
    yield of("with-key", "xrpl", PROVEN, own, key=key)
    yield of("other-key", "xrpl", "failed signer-not-listed", own, key=compressed(2).hex())
    yield of("regular-key", "xrpl", key_only, stranger, key=key)
    yield of("stranger", "xrpl", "failed wrong-signer", stranger)
    yield of("text", "xrpl", key_only, "rForeign", key=key)
    yield of("text-no-key", "xrpl", "failed key-missing", "rForeign")
    yield of("silent", "xrpl", "unsupported silent-name", "x", "",
             parameters={"unsigned": "unsupported"})  # fmt: skip
    yield of("unsigned", "xrpl", "unsigned no-signature", own, "")
    yield of("with-key", "nuls", key_only, "NULSd6Hgany", key=key)
    yield of("no-key", "nuls", "failed key-missing", "NULSd6Hgany")
    yield of("other-key", "nuls", "failed signer-not-listed", "NULSd6Hg", key=compressed(2).hex())


# --- EOS -----------------------------------------------------------------------------

EOS_DIGEST = sha256(okx(MESSAGE))


def checked(prefix: str, data: bytes, suffix: bytes) -> str:
    return prefix + base58(data + bytes(wallycore.ripemd160(data + suffix))[:4])


def k1_signature(number: int, digest: bytes = EOS_DIGEST) -> str:
    signed = secret(number).sign_recoverable(digest, hasher=None)
    return checked("SIG_K1_", bytes([31 + signed[64]]) + signed[:64], b"K1")


def eos() -> Iterator[Line]:
    def of(name: str, expected: str, address: str, signature: str = "", **rest: Part) -> Line:
        if expected.startswith("key-only"):
            rest["digest"] = "eos-okx"
        return line(name, "eos", expected, address, signature, digests=("eos-okx",), **rest)

    own, key = "anyaccount12", EosAddrEncoder.EncodeKey(compressed(1))
    other = EosAddrEncoder.EncodeKey(compressed(2))
    first, second = k1_signature(1), k1_signature(2)
    key_only = "key-only key-signature"
    pair = json.dumps({"publicKey1": key, "publicKey2": other})
    yield of("plain", key_only, own, first, key=key)
    yield of("new-key-form", key_only, own, first, key=checked("PUB_K1_", compressed(1), b"K1"))
    yield of("two-keys", key_only, own, first, signature2=second, key=pair)
    yield of("one-of-two", "key-only owner-signature-incomplete", own, first, key=pair)
    yield of("swapped", "failed signer-not-listed", own, second, signature2=first, key=pair)
    yield of("other-key", "failed signer-not-listed", own, first, key=other)
    yield of("other-digest", "failed signer-not-listed", own, k1_signature(1, OKX_KECCAK), key=key)
    yield of("other-message", "failed message-not-agreed", own, first, key=key, message="hi")
    yield of("no-key", "failed key-missing", own, first)
    yield of("bad-key", "failed key-malformed", own, first, key=key[:-1] + "2")
    yield of("bad-json", "failed key-malformed", own, first, key="{" * 400)
    yield of("three-keys", "failed key-malformed", own, first, key=pair[:-1] + ',"publicKey3":""}')
    yield of("key-twice", "failed key-malformed", own, first, key=pair.replace("2", "1"))
    yield of("bad-signature", "failed signature-malformed", own, first[:-1] + "2", key=key)
    yield of("hex", "failed signature-malformed", own, SIGNED, key=key)
    yield of("name", "failed address-undecodable", "Not-A-Name", first, key=key)
    yield of("unsigned", "unsigned no-signature", own, key=key)
    yield of("silent", "unsupported silent-name", "x", parameters={"unsigned": "unsupported"})
