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
    note: str = ""
    """One sentence about what is not in the amount, or empty."""


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


# --- methods ---


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


# --- proofs ----------------------------------------------------------------------


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


@runtime_checkable
class BalanceProver(Protocol):
    """A balance reader that can also prove balances."""

    def prove(
        self,
        form: HoldingForm,
        point: SnapshotPoint,
        readings: Mapping[bytes, int],
        chosen: Sequence[bytes],
        keep: Keep,
    ) -> AsyncIterator[Sequence[tuple[bytes, Proven | Unproven]]]:
        """Yield batches that together answer every one of `chosen` exactly once.

        `readings` are all balances of the form that were read, to learn from.
        """
        ...


@runtime_checkable
class HeaderKeeper(Protocol):
    """A balance reader that can show the header of a block, for whoever checks it later."""

    async def keep_header(self, point: SnapshotPoint, keep: Keep) -> str:
        """Keep the header of `point`, which hashes to it; return why not, or nothing."""
        ...


# --- control ---------------------------------------------------------------------


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


@runtime_checkable
class ControlReader(Protocol):
    """A balance reader that can also ask who controls accounts."""

    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery]
    ) -> Sequence[Control]:
        """Return one answer per query, in order. Provider failures are `unsettled`."""
        ...


@runtime_checkable
class StakeReader(Protocol):
    """A balance reader of validators, which also knows where their stake can go."""

    async def credentials(
        self, point: SnapshotPoint, keys: Sequence[bytes]
    ) -> Mapping[bytes, bytes | Unresolved]:
        """Return the withdrawal credentials of every key at `point`, or why they are unknown."""
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
