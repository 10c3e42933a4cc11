"""What is judged of who controls an address: values that every family speaks in. Pure.

Signatures give an `OwnershipVerdict`, the chain gives `Control`; `chains.adapter` says who does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from chains.readings import Unresolved


class OwnershipWord(StrEnum):
    """What the signatures of a row show."""

    PROVEN = "proven"
    PARTIAL = "partial"
    KEY_ONLY = "key-only"
    UNSIGNED = "unsigned"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"


class OwnershipMaterial(NamedTuple):
    """The cells of one row that speak of ownership, blanks trimmed, null tokens made empty."""

    address: str
    message: str
    signature1: str
    signature2: str
    key: str
    """Redeem or witness script, or public key, as published."""
    owner1: str
    owner2: str
    staking: str
    """Empty for a wallet row; otherwise the row's staking type, lower case."""


@dataclass(frozen=True, slots=True)
class OwnershipVerdict:
    """A word, a stable reason code, and one plain sentence. Instances may be shared by rows."""

    word: OwnershipWord
    reason: str
    detail: str
    digest: str = ""
    """For a valid signature: the digest of `chains.messages` that it signs."""
    message: str = ""
    """For a valid signature: the agreed statement it signs."""


Parameter = str | int | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnershipRule:
    """What must hold for one kind of row; composed from networks.toml and entities/*.toml."""

    network: str
    family: str
    digests: tuple[str, ...]
    """Names in `chains.messages`, tried in this order. Never empty."""
    messages: tuple[str, ...]
    """The agreed statements. A row with another message fails."""
    parameters: Mapping[str, Parameter]
    """Address parameters of the network: version bytes, prefixes, ..."""


Verifier = Callable[[OwnershipMaterial], OwnershipVerdict]
"""Judges one row. Total: any text in any cell gives a verdict, never an exception."""


class ControlWord(StrEnum):
    """What the chain shows about who controls an address at the snapshot point."""

    PROVEN = "proven"
    PARTIAL = "partial"
    FAILED = "failed"
    UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True)
class Control:
    """A word, a stable reason code, and one sentence with the facts."""

    word: ControlWord
    reason: str
    detail: str


class ControlQuery(NamedTuple):
    """A row whose signatures are valid but whose address only the chain can tie to a key."""

    account: bytes
    """Canonical; for a staking row the validator's public key."""
    signers: frozenset[bytes]
    """Accounts whose signature of the agreed message verified."""
    digest: bytes
    """What they signed."""
    signatures: tuple[bytes, ...]
    pod: bytes = b""
    """The contract that a staking row names as its withdrawal address, or nothing."""
    credentials: bytes | Unresolved | None = None
    """A validator's withdrawal credentials at the snapshot; None for a wallet row."""
