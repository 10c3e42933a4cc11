"""Encoders of bech32 and cashaddr, from BIP-173 and the cashaddr specification, for vectors.

`chains.encodings` only decodes; that these two agree is what the tests show.
"""

from __future__ import annotations

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def groups(data: bytes) -> list[int]:
    """Return `data` as 5-bit values, padded with zero bits."""
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return [int(bits[start : start + 5], 2) for start in range(0, len(bits), 5)]


def bech32(prefix: str, data: bytes, constant: int = 1) -> str:
    """Return the bech32 text of `data`; `constant` 0x2bc830a3 makes it bech32m."""
    return bech32_of_values(prefix, groups(data), constant)


def bech32_of_values(prefix: str, values: list[int], constant: int = 1) -> str:
    """Return the bech32 text of 5-bit values, which need not be whole bytes."""
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    remainder = 1
    for value in expanded + values + [0] * 6:
        top = remainder >> 25
        remainder = ((remainder & 0x1FFFFFF) << 5) ^ value
        for bit, generator in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            remainder ^= generator * (top >> bit & 1)
    remainder ^= constant
    checksum = [remainder >> 5 * (5 - place) & 31 for place in range(6)]
    return prefix + "1" + "".join(ALPHABET[value] for value in values + checksum)


def conflux(prefix: str, data: bytes) -> str:
    """Return the CIP-37 text of a version byte and an account: cashaddr in another alphabet."""
    other = str.maketrans(ALPHABET, "abcdefghjkmnprstuvwxyz0123456789")
    return f"{prefix}:" + cashaddr(prefix, data).partition(":")[2].translate(other)


def cashaddr(prefix: str, data: bytes) -> str:
    """Return the cashaddr text of a version byte and a hash, with its prefix."""
    values = groups(data)
    remainder = 1
    for value in [ord(c) & 31 for c in prefix] + [0] + values + [0] * 8:
        top = remainder >> 35
        remainder = ((remainder & 0x7FFFFFFFF) << 5) ^ value
        for bit, generator in enumerate(
            (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
        ):
            remainder ^= generator * (top >> bit & 1)
    remainder ^= 1
    checksum = [remainder >> 5 * (7 - place) & 31 for place in range(8)]
    return f"{prefix}:" + "".join(ALPHABET[value] for value in values + checksum)
