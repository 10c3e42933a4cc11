"""The contract between `chains` and whoever uses it. Read this first.

A *family* is a package (`chains.evm`, `chains.utxo`, ...) that speaks to several networks.
Every family has the same files: `addresses.py`, `ownership.py`, `balances.py`, and, where the
ledger has them, `control.py` and `proofs.py`. `chains.registry` maps a network to its family.

* ``addresses.canonical(text, parameters) -> bytes``: one account, one value. Raises AddressError.
* ``ownership.verifier(rule) -> Verifier``: pure; judges one row at a time and never raises.
* ``balances.reader(network, endpoints, ...) -> BalanceReader``: async I/O.

Three outcomes everywhere: it holds, it does not hold, it could not be checked. The third is a
value with a reason (`Unresolved`, or a verdict word), never an exception, a None or a zero.

Here stand the protocols. The values they speak in are in `chains.judgements` and
`chains.readings`, and are given out here as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, Self, runtime_checkable

from chains.judgements import (
    Control,
    ControlQuery,
    ControlWord,
    OwnershipMaterial,
    OwnershipRule,
    OwnershipVerdict,
    OwnershipWord,
    Parameter,
    Verifier,
)
from chains.readings import (
    Assurance,
    HoldingForm,
    Keep,
    Method,
    Observed,
    Proven,
    Reach,
    Reading,
    SnapshotPoint,
    Unproven,
    Unresolved,
)

__all__ = [
    "Accountable",
    "Assurance",
    "BalanceProver",
    "BalanceReader",
    "ClockedReader",
    "Control",
    "ControlQuery",
    "ControlReader",
    "ControlWord",
    "ForeseeingReader",
    "HoldingForm",
    "Keep",
    "Method",
    "Observed",
    "OwnershipMaterial",
    "OwnershipRule",
    "OwnershipVerdict",
    "OwnershipWord",
    "Parameter",
    "Proven",
    "Reach",
    "Reading",
    "SnapshotPoint",
    "StakeReader",
    "Unproven",
    "Unresolved",
    "Verifier",
]


@runtime_checkable
class ClockedReader(Protocol):
    """A balance reader that knows its ledger's time. Others are taken to have no method."""

    async def height_at(self, moment: datetime) -> int | Unresolved:
        """Return the height of the last block at or before `moment`, which is aware.

        Unresolved (`no-block`) when the ledger has not passed the moment yet, or began later.
        Never raises a ProviderError.
        """
        ...

    async def latest(self) -> int | Unresolved:
        """Return the height of the newest block that counts as final. Like `height_at` else."""
        ...


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
