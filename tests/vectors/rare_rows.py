"""Signed rows over the rare curves: BETH over py_ecc, Starknet over plain affine arithmetic.

Starknet's hashes are written a second time here, slowly and without tables.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import py_ecc.bls
from eth_utils.crypto import keccak

from tests.vectors.signing import EVM_OKX, MESSAGE, PROVEN, Line, Part, line, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

# --- BETH ----------------------------------------------------------------------------

INFINITE_KEY, INFINITE_SIGNATURE = "c0" + "00" * 47, "c0" + "00" * 95
POP: Any = vars(py_ecc.bls)["G2ProofOfPossession"]


@cache
def validator(number: int) -> tuple[str, str]:
    """Return key and signature of the statement, both in hex."""
    secret = int.from_bytes(sha256(f"assay throw-away validator {number}".encode())[:31], "big")
    return POP.SkToPk(secret).hex(), POP.Sign(secret, EVM_OKX).hex()


def beth() -> Iterator[Line]:
    def of(name: str, expected: str, address: str, signature: str, **rest: Part) -> Line:
        if expected == PROVEN:
            rest["digest"] = "evm-okx"
        return line(name, "beth", expected, address, signature, digests=("evm-okx",), **rest)

    own, signed = validator(1)
    other, _ = validator(2)
    undecodable = "failed address-undecodable"
    yield of("plain", PROVEN, "0x" + own, "0x" + signed)
    yield of("bare", PROVEN, own.upper(), signed)
    yield of("other-validator", "failed signature-invalid", other, signed)
    yield of("other-message", "failed message-not-agreed", own, signed, message="hi")
    yield of("trailing", undecodable, "0x" + own + "00", signed)
    yield of("trailing-signature", "failed signature-malformed", own, signed + "00")
    yield of("infinity", undecodable, INFINITE_KEY, INFINITE_SIGNATURE)
    yield of("infinite-signature", "failed signature-invalid", own, INFINITE_SIGNATURE)
    # infinity in other spellings, which arkworks reads as infinity too
    yield of("infinity-marked", undecodable, INFINITE_KEY[:-2] + "01", INFINITE_SIGNATURE)
    yield of("no-point", undecodable, "80" + "00" * 47, signed)
    yield of("text", undecodable, "not even a pubkey", signed)
    yield of("unsigned", "unsigned no-signature", own, "")


# --- Starknet ------------------------------------------------------------------------

P = 2**251 + 17 * 2**192 + 1
N = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F
G = (
    0x1EF15C18599971B7BECED415A40F0C7DEACFD9B0D1819E03D723D8BC943CFCA,
    0x5668060AA49730B7BE4801DF46EC62DE53ECD11ABE43A32873000C36E8DC1F,
)
SHIFT = (
    0x49EE3EBA8C1600700EE1B87EB599F16716B0B1022947733551FDE4050CA6804,
    0x3CA0CFE4B3BC6DDF346D49D06EA0ED34E621062C0E056C1D0405D266E10268A,
)
PARTS = (
    (
        (
            0x234287DCBAFFE7F969C748655FCA9E58FA8120B6D56EB0C1080D17957EBE47B,
            0x3B056F100F96FB21E889527D41F4E39940135DD7A6C94CC6ED0268EE89E5615,
        ),
        (
            0x4FA56F376C83DB33F9DAB2656558F3399099EC1DE5E3018B7A6932DBA8AA378,
            0x3FA0984C931C9E38113E0C0E47E4401562761F92A7A23B45168F4E80FF5B54D,
        ),
    ),
    (
        (
            0x4BA4CC166BE8DEC764910F75B45F74B40C690C74709E90F3AA372F0BD2D6997,
            0x40301CF5C1751F4B971E46C4EDE85FCAC5C59A5CE5AE7C48151F27B24B219C,
        ),
        (
            0x54302DCB0E6CC1C6E44CCA8F61A63BB2CA65048D53FB325D36FF12C49A58202,
            0x1B77B3E37D13504B348046268D8AE25CE98AD783C25561A879DCC77E99C2426,
        ),
    ),
)

Point = tuple[int, int]


def add(one: Point, other: Point) -> Point:
    if one == other:
        slope = (3 * one[0] ** 2 + 1) * pow(2 * one[1], -1, P)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, P)
    x = (slope * slope - one[0] - other[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def multiply(scalar: int, point: Point) -> Point:
    found: Point | None = None
    while scalar:
        if scalar & 1:
            found = point if found is None else add(found, point)
        point, scalar = add(point, point), scalar >> 1
    assert found is not None
    return found


def pedersen(*pair: int) -> int:
    found = SHIFT
    for value, (low, high) in zip(pair, PARTS, strict=True):
        for scalar, point in ((value % 2**248, low), (value >> 248, high)):
            if scalar:
                found = add(found, multiply(scalar, point))
    return found[0]


def chain(*items: int) -> int:
    found = 0
    for item in (*items, len(items)):
        found = pedersen(found, item)
    return found


def short(text: str) -> int:
    return int.from_bytes(text.encode(), "big")


def selector(text: str) -> int:
    return int.from_bytes(keccak(text.encode()), "big") % 2**250


def stark_hash(account: int, contents: int) -> int:
    kind = selector("StarkNetDomain(name:felt,version:felt,chainId:felt)")
    domain = chain(kind, short("OKX POR MESSAGE"), 1, short("SN_MAIN"))
    message = chain(selector("Message(contents:felt)"), contents)
    return chain(short("StarkNet Message"), domain, account, message)


def stark_secret(number: int) -> int:
    return int.from_bytes(sha256(f"assay throw-away stark key {number}".encode()), "big") % N


@cache
def stark_key(number: int) -> int:
    return multiply(stark_secret(number), G)[0]


def stark_signature(number: int, account: int, contents: int) -> str:
    hashed = stark_hash(account, contents)
    nonce = int.from_bytes(sha256(b"assay stark nonce" + hashed.to_bytes(32, "big")), "big") % N
    r = multiply(nonce, G)[0]
    s = (hashed + r * stark_secret(number)) * pow(nonce, -1, N) % N
    return f"{r:064x}{s:064x}"


def stark_accounts(number: int) -> tuple[int, int]:
    """Return the addresses of the Cairo 1 account and of the Cairo 0 proxy of a key."""
    key = stark_key(number)
    start = short("STARKNET_CONTRACT_ADDRESS")
    one = 0x1C0BB51E2CE73DC007601A1E7725453627254016C28F118251A71BBB0507FCB
    proxy = 0x3530CC4759D78042F1B543BF797F5F3D647CDE0388C33734CF91B7F7B9314A9
    code = 0x309C042D3729173C7F2F91A34F04D8C509C1B292D334679EF1AABF8DA0899CC
    arguments = chain(key, 0), chain(code, selector("initialize"), 2, key, 0)
    return tuple(  # type: ignore[return-value]
        chain(start, 0, key, class_hash, hashed) % (2**251 - 256)
        for class_hash, hashed in zip((one, proxy), arguments, strict=True)
    )


def starknet() -> Iterator[Line]:
    def of(name: str, expected: str, account: int | str, signature: str, **rest: Part) -> Line:
        if expected.startswith(("proven", "key-only")):
            rest["digest"] = "okx-starknet"
        rest.setdefault("key", hex(stark_key(1)))
        address = hex(account) if isinstance(account, int) else account
        return line(
            name, "starknet", expected, address, signature, digests=("okx-starknet",), **rest
        )

    contents = short(MESSAGE)
    own, proxy = stark_accounts(1)
    stranger, _ = stark_accounts(2)
    signed = stark_signature(1, own, contents)
    invalid = "failed signature-invalid"
    yield of("cairo-1", PROVEN, own, signed)
    yield of("padded", PROVEN, f"0x{own:064x}", "0x" + signed, key=f"{stark_key(1):064X}")
    yield of("proxy", PROVEN, proxy, stark_signature(1, proxy, contents))
    foreign = stark_signature(1, stranger, contents)
    yield of("foreign-account", "key-only key-signature", stranger, foreign)
    yield of("other-account", invalid, stranger, signed)
    yield of("other-key", invalid, own, signed, key=hex(stark_key(2)))
    yield of("other-message", "failed message-not-agreed", own, signed, message="hi")
    yield of("long-message", "unsupported message-form", own, signed, message="x" * 32)
    yield of("not-ascii", "unsupported message-form", own, signed, message="Ich bin Käufer")
    yield of("r-zero", invalid, own, "0" * 64 + signed[64:])
    yield of("s-zero", invalid, own, signed[:64] + "0" * 64)
    yield of("s-order", invalid, own, signed[:64] + f"{N:064x}")
    yield of("short", "failed signature-malformed", own, signed[:-2])
    no_point = next(x for x in range(1, 50) if pow(x**3 + x + B, (P - 1) // 2, P) != 1)
    yield of("no-point", "failed key-malformed", own, signed, key=hex(no_point))
    yield of("key-too-large", "failed key-malformed", own, signed, key=hex(P))
    yield of("no-key", "failed key-missing", own, signed, key="")
    yield of("address-too-large", "failed address-undecodable", 2**251 - 256, signed)
    yield of("text", "failed address-undecodable", "0xnothex", signed)
    yield of("owner", "key-only owner-signature", stranger, signed, owner1=hex(own))
    yield of("unsigned", "unsigned no-signature", own, "")


B = 0x6F21413EFBE40DE150E596D72F7A8C5609AD26C15C915C1F4CDFCB99CEE9E89


def decred() -> Iterator[Line]:
    yield line(
        "anything",
        "decred",
        "unsupported no-rule",
        "DsUZxxoHJSty8DCfwfartwTYbuhmVct7tJu",
        "junk",
        digests=("bitcoin-message",),
    )
