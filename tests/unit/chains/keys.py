"""Keys that hypothesis draws, for the tests of address forms."""

from __future__ import annotations

from coincurve import PrivateKey
from hypothesis import strategies as st
from nacl.signing import SigningKey

from chains.adapter import OwnershipRule, Parameter
from tests.unit.chains.rules import MESSAGE

seeds = st.binary(min_size=32, max_size=32)

ed25519_keys = seeds.map(lambda seed: bytes(SigningKey(seed).verify_key))
"""Public keys, 32 bytes."""

secp256k1_keys = (
    st.integers(1, 2**255)
    .map(PrivateKey.from_int)
    .map(lambda secret: secret.public_key.format(compressed=False))
)
"""Public keys, 65 bytes."""


def short(key: bytes) -> bytes:
    """Return the 33-byte form, written here a second time."""
    return bytes([2 + key[64] % 2]) + key[1:33]


def rule(family: str, digest: str, **parameters: Parameter) -> OwnershipRule:
    """Return a rule with one digest and the agreed statement."""
    return OwnershipRule(f"a {family} network", family, (digest,), (MESSAGE,), parameters)
