"""What is read of balances: values that every family speaks in. Pure.

A reading is `Observed` or `Unresolved` with a reason; never an exception, a None or a zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from chains.errors import UnresolvedReason


@dataclass(frozen=True, slots=True)
class SnapshotPoint:
    """One block of one network. A height without a hash is not a snapshot point."""

    network: str
    height: int
    block_hash: str
    """Lower-case hex with 0x, or the network's own text form."""
    block_time: datetime | None
    """Aware, UTC. None where the source names the block and not its time (a UTXO snapshot)."""
    finality: str = field(default="", compare=False)
    """How it was shown to be final: `finalized`, `confirmations`, `age`; empty: by other means."""


@dataclass(frozen=True, slots=True)
class HoldingForm:
    """An asset on a network: the native coin, or a token contract."""

    id: str
    """As in assets.toml, for example ``USDT@ethereum``."""
    asset: str
    network: str
    contract: str | None
    """None for the native coin."""
    decimals: int
    symbols: tuple[str, ...]
    """What the contract's symbol() may say; empty for the native coin."""
    kind: str = "native"
    """native, issued, wrapped, custodian-issued, staked or lent."""
    slot: int | None = None
    """EVM: where the contract's mapping from holder to balance lies in its storage, if known."""
    slot_bits: int = 256
    """How many low bits of a word of that mapping are the balance."""


class Assurance(StrEnum):
    """How far a reading can be trusted, best first."""

    PROOF = "proof"
    QUORUM = "quorum"
    NODE = "node"
    REPLAYED = "replayed"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Observed:
    """A balance that was read. `amount` is in base units of the holding form."""

    amount: int
    point: SnapshotPoint
    assurance: Assurance
    sources: tuple[str, ...]
    """Labels of the endpoints that gave it; never a URL with credentials."""
    note: str = ""
    """One sentence about what is not in the amount, or empty."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A balance that could not be read, and why. `attempts` lists one line per try."""

    reason: UnresolvedReason
    detail: str
    attempts: tuple[str, ...] = ()


Reading = Observed | Unresolved


class Reach(StrEnum):
    """What a method of reading balances gives."""

    EXACT = "exact"
    """The balance at a height, as the ledger had it then."""
    PARTIAL = "replayed-or-recent"
    """Worked out from a later balance and what happened since, or only for recent heights."""
    NONE = "not-possible"


class Method(NamedTuple):
    """One way to read balances of a family; `balances.METHODS` lists them, best first."""

    reach: Reach
    assurance: Assurance
    """The best that one endpoint alone gives."""
    needs: str
    """What endpoint it takes, in a few words."""
    detail: str
    """One sentence: how it works and what it does not see."""


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof shows, checked against the block hash, whatever was read before."""

    amount: int
    source: str
    """Label of the endpoint that gave the proof."""


@dataclass(frozen=True, slots=True)
class Unproven:
    """Why no proof was found; the reading stays what it was."""

    detail: str


Keep = Callable[[Mapping[str, str | int | None]], None]
"""Takes one line of the file of proofs; the family's `proof_file` says what it means."""
