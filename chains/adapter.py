"""The contract between `chains` and whoever uses it. Read this first.

A *family* is a package (`chains.evm`, `chains.utxo`, ...) that speaks to several networks.
Every family has the same files: `addresses.py`, `ownership.py`, `balances.py`, and, where the
ledger has them, `control.py` and `proofs.py`. `chains.registry` maps a network to its family.

* ``addresses.canonical(text, parameters) -> bytes``: one account, one value. Raises AddressError.
* ``ownership.verifier(rule) -> Verifier``: pure; judges one row at a time and never raises.
* ``balances.reader(network, endpoints, ...) -> BalanceReader``: async I/O.

Three outcomes everywhere: it holds, it does not hold, it could not be checked. The third is a
value with a reason (`Unresolved`, or a verdict word), never an exception, a None or a zero.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, Self, runtime_checkable

from chains.errors import UnresolvedReason

# --- ownership -------------------------------------------------------------------


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

# --- balances --------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A balance that could not be read, and why. `attempts` lists one line per try."""

    reason: UnresolvedReason
    detail: str
    attempts: tuple[str, ...] = ()


Reading = Observed | Unresolved


@runtime_checkable
class ForeseeingReader(Protocol):
    """A reader that answers all accounts in one pass, if it is told of them beforehand."""

    def expect(self, addresses: Iterable[bytes]) -> None:
        """Note accounts, of any query, that will be asked for. To be called before `pin`."""
        ...


class BalanceReader(Protocol):
    """Reads balances of one network. An async context manager; one instance per run."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exception: object) -> None: ...

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        """Return the block at `height`, by hash. Never raises a ProviderError."""
        ...

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        """Return None when the chain agrees with assets.toml about `form` at `point`.

        Otherwise why not: rows of this form are then unresolved, with reason `registry`
        when the chain contradicts the table (design rule 3).
        """
        ...

    def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        """Yield batches that together answer every address exactly once, in any order.

        `addresses` are canonical and distinct. Provider failures become `Unresolved` readings.
        """
        ...


@runtime_checkable
class Accountable(Protocol):
    """What a BalanceReader may offer besides, for the end of a run."""

    async def recheck(self, point: SnapshotPoint) -> Unresolved | None:
        """Return None unless another block has taken the place of `point` during the run."""
        ...

    def distrusted(self) -> frozenset[str]:
        """Return the labels of endpoints of which no answer is to be believed any more."""
        ...

    def notes(self) -> Sequence[str]:
        """Return sentences for the report: who disagreed, what could not be made sure."""
        ...
