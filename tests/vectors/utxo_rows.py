"""Signed rows of the UTXO family: single keys and scripts."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tests.vectors.signing import (
    BITCOIN,
    OKX_KECCAK,
    PROVEN,
    Line,
    Part,
    base58check,
    compressed,
    hash160,
    hex_signature,
    line,
    segwit,
    sha256,
    text_signature,
    uncompressed,
)
from tests.vectors.text_forms import cashaddr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def multisig(required: int, keys: Iterable[bytes]) -> bytes:
    listed = list(keys)
    pushes = b"".join(bytes([len(key)]) + key for key in listed)
    first = 0x50 + required if required else 0
    return bytes([first]) + pushes + bytes([0x50 + len(listed), 0xAE])


Parameters = dict[str, str | bool]
BTC: Parameters = {
    "p2pkh_version": "00",
    "p2sh_version": "05",
    "bech32_hrp": "bc",
    "message_header": BITCOIN,
}


def p2sh(script: bytes, version: bytes = b"\x05") -> str:
    return base58check(version + hash160(script))


def p2wsh(script: bytes, prefix: str = "bc") -> str:
    return segwit(b"\x00\x20" + sha256(script), prefix)


def utxo_line(name: str, expected: str, address: str, signature: str = "", **rest: Part) -> Line:
    rest.setdefault("parameters", BTC)
    if expected.split(maxsplit=1)[0] in ("proven", "partial"):
        rest.setdefault("digest", "bitcoin-message")
    return line(
        name,
        "utxo",
        expected,
        address,
        signature,
        digests=("bitcoin-message", "okx-keccak"),
        **rest,
    )


def utxo_single() -> Iterator[Line]:
    pkh, stranger = hash160(compressed(1)), hash160(compressed(2))
    p2pkh, p2wpkh = base58check(b"\x00" + pkh), segwit(b"\x00\x14" + pkh, "bc")
    nested = b"\x00\x14" + pkh
    signed, hexed = text_signature(1), hex_signature(1, OKX_KECCAK)
    yield utxo_line("p2pkh", PROVEN, p2pkh, signed)
    yield utxo_line("p2pkh-with-script", PROVEN, p2pkh, signed, key="76a914" + pkh.hex() + "88ac")
    yield utxo_line("p2pkh-hex", PROVEN, p2pkh, hexed, digest="okx-keccak")
    yield utxo_line(
        "p2pkh-hex-31", PROVEN, p2pkh, hex_signature(1, OKX_KECCAK, v=31), digest="okx-keccak"
    )
    yield utxo_line(
        "p2pkh-uncompressed",
        PROVEN,
        base58check(b"\x00" + hash160(uncompressed(1))),
        text_signature(1, head=27),
    )
    yield utxo_line(
        "p2pkh-uncompressed-head", "failed wrong-signer", p2pkh, text_signature(1, head=27)
    )
    yield utxo_line("p2pkh-segwit-head", "failed wrong-signer", p2pkh, text_signature(1, head=39))
    for head in (31, 35, 39):
        yield utxo_line(f"p2wpkh-{head}", PROVEN, p2wpkh, text_signature(1, head=head))
        yield utxo_line(
            f"p2sh-p2wpkh-{head}",
            PROVEN,
            p2sh(nested),
            text_signature(1, head=head),
            key=nested.hex(),
        )
    yield utxo_line("p2wpkh-upper-case", PROVEN, p2wpkh.upper(), signed)
    yield utxo_line("p2wpkh-27", "failed wrong-signer", p2wpkh, text_signature(1, head=27))
    yield utxo_line("p2wpkh-hex", PROVEN, p2wpkh, hexed, digest="okx-keccak")
    yield utxo_line("p2sh-p2wpkh-no-script", PROVEN, p2sh(nested), signed)
    yield utxo_line(
        "p2sh-p2wpkh-other",
        "failed wrong-signer",
        p2sh(nested),
        text_signature(2),
        key=nested.hex(),
    )
    yield utxo_line("other-signer", "failed wrong-signer", base58check(b"\x00" + stranger), signed)
    yield utxo_line(
        "head-26",
        "failed signature-malformed",
        p2pkh,
        base64.b64encode(bytes([26]) + base64.b64decode(signed)[1:]).decode(),
    )
    yield utxo_line(
        "head-43",
        "failed signature-malformed",
        p2pkh,
        base64.b64encode(bytes([43]) + base64.b64decode(signed)[1:]).decode(),
    )
    yield utxo_line("no-padding", "failed signature-malformed", p2pkh, signed[:-1])
    yield utxo_line(
        "zero",
        "failed signature-invalid",
        p2pkh,
        base64.b64encode(bytes([31]) + bytes(64)).decode(),
    )
    yield utxo_line(
        "other-message",
        "failed message-not-agreed",
        p2pkh,
        text_signature(1, message="hi"),
        message="hi",
    )
    yield utxo_line(
        "other-header",
        "failed wrong-signer",
        p2pkh,
        text_signature(1, header="Litecoin Signed Message:\n"),
    )
    yield utxo_line("unsigned", "unsigned no-signature", p2pkh)
    yield utxo_line(
        "null-signed", "unsigned no-signature", p2wpkh, "null", signature2="null", key="null"
    )
    yield utxo_line(
        "taproot", "unsupported taproot", segwit(b"\x51\x20" + compressed(1)[1:], "bc"), signed
    )
    yield utxo_line(
        "segwit-v2",
        "unsupported address-form",
        segwit(b"\x52\x20" + compressed(1)[1:], "bc"),
        signed,
    )
    yield utxo_line(
        "checksum",
        "failed address-undecodable",
        p2pkh[:-1] + ("2" if p2pkh[-1] != "2" else "3"),
        signed,
    )
    yield utxo_line(
        "checksum-unsigned",
        "failed address-undecodable",
        p2wpkh[:-1] + ("q" if p2wpkh[-1] != "q" else "p"),
    )
    yield utxo_line("public-key", PROVEN, compressed(1).hex(), signed)
    yield utxo_line("public-key-other-form", PROVEN, uncompressed(1).hex().upper(), signed)
    yield utxo_line("public-key-hex", PROVEN, compressed(1).hex(), hexed, digest="okx-keccak")
    yield utxo_line("public-key-of-another", "failed wrong-signer", compressed(2).hex(), signed)
    yield utxo_line("public-key-no-point", "failed address-undecodable", "02" + "05" * 32, signed)
    yield utxo_line("public-key-unsigned", "unsigned no-signature", compressed(1).hex())
    yield utxo_line("testnet", "failed address-wrong-network", base58check(b"\x6f" + pkh), signed)
    yield utxo_line("testnet-segwit", "failed address-wrong-network", segwit(nested, "tb"), signed)
    yield utxo_line(
        "owner",
        "key-only owner-signature",
        p2sh(b"\x51"),
        signed,
        owner1=p2pkh,
        digest="bitcoin-message",
    )


def utxo_networks() -> Iterator[Line]:
    pkh = hash160(compressed(1))
    p2pkh, p2wpkh = base58check(b"\x00" + pkh), segwit(b"\x00\x14" + pkh, "bc")
    nested = b"\x00\x14" + pkh
    signed = text_signature(1)
    dash: Parameters = {
        "p2pkh_version": "4c",
        "p2sh_version": "10",
        "message_header": "DarkCoin Signed Message:\n",
    }
    dark = text_signature(1, header="DarkCoin Signed Message:\n")
    yield utxo_line("dash", PROVEN, base58check(b"\x4c" + pkh), dark, parameters=dash)
    yield utxo_line(
        "dash-no-segwit",
        "unsupported script-form",
        p2sh(nested, b"\x10"),
        dark,
        key=nested.hex(),
        parameters=dash,
    )
    yield utxo_line(
        "dash-no-script", "failed script-missing", p2sh(nested, b"\x10"), dark, parameters=dash
    )
    yield utxo_line("dash-segwit", "failed address-wrong-network", p2wpkh, dark, parameters=dash)
    zcash: Parameters = {
        "p2pkh_version": "1cb8",
        "p2sh_version": "1cbd",
        "message_header": "Zcash Signed Message:\n",
    }
    yield utxo_line(
        "zcash",
        PROVEN,
        base58check(b"\x1c\xb8" + pkh),
        text_signature(1, header="Zcash Signed Message:\n"),
        parameters=zcash,
    )
    cash: Parameters = {
        "p2pkh_version": "00",
        "p2sh_version": "05",
        "cashaddr_prefix": "bitcoincash",
        "message_header": BITCOIN,
    }
    for prefix in ("bitcoincash", "ecash"):
        own = cash | {"cashaddr_prefix": prefix}
        text = cashaddr(prefix, b"\x00" + pkh)
        yield utxo_line(f"{prefix}", PROVEN, text, signed, parameters=own)
        yield utxo_line(f"{prefix}-bare", PROVEN, text.partition(":")[2], signed, parameters=own)
        yield utxo_line(f"{prefix}-upper-case", PROVEN, text.upper(), signed, parameters=own)
        yield utxo_line(
            f"{prefix}-mixed-case",
            "failed address-undecodable",
            text[:-1] + text[-1].upper()
            if text[-1].isalpha()
            else text[:-2] + text[-2].upper() + text[-1],
            signed,
            parameters=own,
        )
        yield utxo_line(f"{prefix}-legacy", PROVEN, p2pkh, signed, parameters=own)
    yield utxo_line(
        "ecash-elsewhere",
        "failed address-wrong-network",
        cashaddr("ecash", b"\x00" + pkh),
        signed,
        parameters=cash,
    )
    yield utxo_line(
        "bitcoincash-on-bitcoin",
        "failed address-wrong-network",
        cashaddr("bitcoincash", b"\x00" + pkh),
        signed,
    )
    yield utxo_line(
        "cash-token-address",
        "unsupported address-form",
        cashaddr("bitcoincash", b"\x10" + pkh),
        signed,
        parameters=cash,
    )


def utxo_scripts() -> Iterator[Line]:
    one, two, three = (compressed(number) for number in (1, 2, 3))
    first, second, fourth = (text_signature(number) for number in (1, 2, 4))
    met, part = "proven threshold-met", "partial threshold-not-met"
    script = multisig(2, [one, two, three])
    both = {"signature2": second, "key": script.hex()}
    cash: Parameters = {
        "p2pkh_version": "00",
        "p2sh_version": "05",
        "cashaddr_prefix": "bitcoincash",
        "message_header": BITCOIN,
    }
    nested = base58check(b"\x05" + hash160(b"\x00\x20" + sha256(script)))
    yield utxo_line("p2sh", met, p2sh(script), first, **both)
    yield utxo_line("p2sh-swapped", met, p2sh(script), second, signature2=first, key=script.hex())
    yield utxo_line(
        "p2sh-script-prefix",
        met,
        p2sh(script),
        first,
        signature2=second,
        key="0X" + script.hex().upper(),
    )
    yield utxo_line(
        "p2sh-cashaddr",
        met,
        cashaddr("bitcoincash", b"\x08" + hash160(script)),
        first,
        **both,
        parameters=cash,
    )
    yield utxo_line("p2wsh", met, p2wsh(script), first, **both)
    yield utxo_line("p2sh-p2wsh", met, nested, first, **both)
    yield utxo_line(
        "p2sh-hex",
        met,
        p2sh(script),
        hex_signature(1, OKX_KECCAK),
        signature2=hex_signature(2, OKX_KECCAK),
        key=script.hex(),
        digest="okx-keccak",
    )
    yield utxo_line(
        "p2sh-two-forms",
        met,
        p2sh(script),
        first,
        signature2=hex_signature(2, OKX_KECCAK),
        key=script.hex(),
        digest="bitcoin-message, okx-keccak",
    )
    yield utxo_line("one-signature", part, p2sh(script), first, key=script.hex())
    yield utxo_line(
        "same-signature-twice", part, p2wsh(script), first, signature2=first, key=script.hex()
    )
    yield utxo_line(
        "same-signer-two-forms",
        part,
        p2sh(script),
        first,
        signature2=hex_signature(1, OKX_KECCAK),
        key=script.hex(),
        digest="bitcoin-message, okx-keccak",
    )
    all_three = multisig(3, [one, two, three])
    yield utxo_line(
        "three-of-three", part, p2sh(all_three), first, signature2=second, key=all_three.hex()
    )
    repeated = multisig(2, [one, one])
    yield utxo_line(
        "key-listed-twice", part, p2sh(repeated), first, signature2=first, key=repeated.hex()
    )
    either = multisig(1, [one, two])
    yield utxo_line("one-of-two", met, p2sh(either), "", signature2=second, key=either.hex())
    old = multisig(2, [uncompressed(1), two])
    yield utxo_line(
        "uncompressed-keys",
        met,
        p2sh(old),
        text_signature(1, head=27),
        signature2=second,
        key=old.hex(),
    )
    yield utxo_line(
        "uncompressed-key-other-head",
        met,
        p2sh(old),
        first,
        signature2=second,
        key=old.hex(),
    )
    yield utxo_line(
        "uncompressed-key-hex",
        met,
        p2sh(old),
        hex_signature(1, OKX_KECCAK),
        signature2=hex_signature(2, OKX_KECCAK),
        key=old.hex(),
        digest="okx-keccak",
    )
    yield utxo_line(
        "compressed-key-other-head",
        "failed wrong-signer",
        p2sh(script),
        text_signature(1, head=27),
        **both,
    )
    both_forms = multisig(2, [uncompressed(1), one])
    yield utxo_line(
        "one-key-in-two-forms",
        part,
        p2sh(both_forms),
        text_signature(1, head=27),
        signature2=first,
        key=both_forms.hex(),
    )
    yield utxo_line(
        "foreign-signer",
        "failed wrong-signer",
        p2sh(script),
        first,
        signature2=fourth,
        key=script.hex(),
    )
    yield utxo_line(
        "second-malformed",
        "failed signature-malformed",
        p2sh(script),
        first,
        signature2="junk",
        key=script.hex(),
    )
    yield utxo_line(
        "segwit-head", "failed wrong-signer", p2sh(script), text_signature(1, head=35), **both
    )
    for name, bad in {
        "none-of-two": multisig(0, [one, two]),
        "three-of-two": multisig(3, [one, two]),
        "no-point": multisig(2, [one, two, b"\x02" + b"\xff" * 32]),
        "hybrid-key": multisig(1, [one, b"\x06" + uncompressed(2)[1:]]),
        "wrong-count": multisig(2, [one, two])[:-2] + b"\x53\xae",
        "seventeen": b"\x51" + (b"\x21" + one) * 17 + b"\x61\xae",
        "too-long-to-push": multisig(1, [one] + [uncompressed(2)] * 8),
    }.items():
        yield utxo_line(
            name,
            "failed script-invalid",
            p2sh(bad),
            first,
            signature2=second if name != "hybrid-key" else "",
            key=bad.hex(),
        )
    yield utxo_line(
        "hash-lock",
        "unsupported script-form",
        p2sh(b"\xa8\x20" + bytes(32) + b"\x87"),
        first,
        key="a820" + "00" * 32 + "87",
    )
    yield utxo_line(
        "key-after-drop",
        "unsupported script-form",
        p2wsh(b"\x75" + script[:-1]),
        first,
        key=(b"\x75" + script[:-1]).hex(),
    )
    yield utxo_line("other-script", "failed script-mismatch", p2sh(all_three), first, **both)
    yield utxo_line("other-script-p2wsh", "failed script-mismatch", p2wsh(all_three), first, **both)
    yield utxo_line(
        "other-script-unsigned", "failed script-mismatch", p2sh(all_three), key=script.hex()
    )
    yield utxo_line(
        "script-not-hex",
        "failed script-malformed",
        p2sh(script),
        first,
        signature2=second,
        key="OP_2",
    )
    yield utxo_line("no-script", "failed script-missing", p2sh(script), first, signature2=second)
    yield utxo_line(
        "no-script-p2wsh", "failed script-missing", p2wsh(script), first, signature2=second
    )
    yield utxo_line("no-script-no-signature", "failed script-missing", p2sh(script))
    yield utxo_line("nothing-but-an-address", "unsigned no-signature", p2sh(script), message="")
    yield utxo_line("unsigned-multisig", "unsigned no-signature", p2wsh(script), key=script.hex())
