"""Who controls an Aptos account whose row lists a rotated key. Pure.

The signature shows the key of the listed authentication key. The account obeys that key if its
record at the snapshot version names the same authentication key; if it names another one, the
row is contradicted. The hash that several keys make together is not taken apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import Control, ControlQuery, ControlWord, OwnershipWord
from chains.aptos.addresses import canonical
from chains.aptos.ownership import derive
from chains.encodings import hex_bytes
from chains.errors import AddressError, RegistryError
from chains.messages import digest
from chains.signatures import COMPACT_SIZE, ED25519_KEY_SIZE

if TYPE_CHECKING:
    from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict

NO_ACCOUNT = Control(
    ControlWord.UNSETTLED,
    "no-account",
    "The account has no record at the snapshot version, so nothing ties another key to it.",
)


def query_of(
    row: OwnershipMaterial, verdict: OwnershipVerdict, rule: OwnershipRule
) -> ControlQuery | None:
    """Return what a `key-only` row asks of the chain, or None when nothing could settle it."""
    if verdict.word is not OwnershipWord.KEY_ONLY or not verdict.digest or row.staking:
        return None
    key = hex_bytes(row.key, ED25519_KEY_SIZE)
    signature = hex_bytes(row.signature1 or row.signature2, COMPACT_SIZE)
    if key is None or signature is None:
        return None
    try:
        account = canonical(row.address, rule.parameters)
        signed = digest(verdict.digest, verdict.message)
    except (AddressError, RegistryError):
        return None
    return ControlQuery(account, frozenset({derive(key)}), signed, (signature,))


def judged(query: ControlQuery, authentication_key: bytes) -> Control:
    """Return what the account's record at the snapshot version says about the key that signed."""
    shown = f"0x{authentication_key.hex()}"
    if authentication_key in query.signers:
        return Control(
            ControlWord.PROVEN,
            "authentication-key",
            f"The account's authentication key at the snapshot is {shown}, of the key that signed.",
        )
    return Control(
        ControlWord.FAILED,
        "authentication-key",
        f"The account's authentication key at the snapshot is {shown}, not of the key that signed.",
    )
