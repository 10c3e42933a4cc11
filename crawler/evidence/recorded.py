"""A balance reader that only knows what a run has recorded: the network is never asked.

Proofs are not believed but checked: an account counts as proven when its line of the file of
proofs verifies against a header that hashes to the pinned block.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from chains.adapter import (
    BalanceReader,
    Control,
    ControlQuery,
    HoldingForm,
    Keep,
    Observed,
    Proven,
    Reading,
    SnapshotPoint,
    Unproven,
    Unresolved,
)
from chains.evm.proof_file import CheckedBalance
from chains.registry import Network
from crawler.evidence.record import Record, RecordError
from crawler.plan import VALIDATOR_KEY_SIZE

Foreseen = Callable[[bytes], Reading | None]

ProofKey = tuple[str, str, str]
"""(holding form, block hash, account in hex)."""


@dataclass(slots=True)
class Proofs:
    """The balances of a file of proofs, by what they are of."""

    balances: dict[ProofKey, CheckedBalance] = field(default_factory=dict)

    def of(self, form: str, point: SnapshotPoint, account: bytes) -> int | None:
        """Return the balance that a verified proof shows, or None."""
        found = self.balances.get((form, point.block_hash, f"0x{account.hex()}"))
        return None if found is None or found.problem else found.amount


def recorded_reader(record: Record, proofs: Proofs, network: Network) -> BalanceReader | Unresolved:
    """Return what stands for the reader of `network` in a replay."""
    nobody = record.nobody.get(network.name)
    if nobody is not None:
        return nobody
    # The beacon chain's rows are answered by a reader of its own, and recorded under the ledger's.
    if any(name == network.name for name, _ in record.controls):
        return _ControlledReader(record, proofs, network.name)
    return RecordedReader(record, proofs, network.name)


def foreseen(record: Record, form: HoldingForm, height: int | None) -> Foreseen | None:
    """Return account -> what the replay of a run without proofs will read of it.

    None, for all accounts or for one, where only the replay itself can tell. Accounts that are
    keys of validators are not foreseen.
    """
    network = form.network
    why: Unresolved | None = record.nobody.get(network)
    if why is None and height is None:
        told_height = record.heights.get(network)
        if told_height is None:
            return None
        if isinstance(told_height, Unresolved):
            why = told_height
        else:
            height = told_height
    if why is None and height is not None:
        point = record.pins.get((network, height))
        if point is None:
            return None
        why = point if isinstance(point, Unresolved) else record.forms.get((form.id, height, False))
        if why is None:
            key = (network, form.id, height, False)
            told = record.readings.get(key)
            if told is None or key in record.kept or (network, height) in record.gone:
                return None
            return told.get
    reason = why
    return lambda _: reason


class RecordedReader:
    """A `chains.adapter.BalanceReader`, prover and all; see `recorded_reader`."""

    def __init__(self, record: Record, proofs: Proofs, network: str) -> None:
        self._record = record
        self._proofs = proofs
        self._network = network

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None: ...

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        """Return the block that was pinned, or why none was."""
        found = self._record.pins.get((self._network, height))
        if found is None:
            raise RecordError(f"answers.jsonl: no block of {self._network} at {height:,} is noted")
        return found

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        """Return why a form was not looked up, or None when it was."""
        is_stake = self._network != point.network
        return self._record.forms.get((form.id, point.height, is_stake))

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        """Yield the recorded readings. Raises RecordError when one is not there."""
        stake = bool(addresses) and len(addresses[0]) == VALIDATOR_KEY_SIZE
        told = self._record.readings.get((point.network, form.id, point.height, stake))
        found = [] if told is None else [
            (address, reading) for address in addresses
            if (reading := told.get(address)) is not None
        ]  # fmt: skip
        if missing := len(addresses) - len(found):
            raise RecordError(
                f"answers.jsonl: {missing:,} of {len(addresses):,} readings of {form.id} at block "
                f"{point.height:,} are missing"
            )
        yield found

    async def height_at(self, moment: datetime) -> int | Unresolved:
        """Return the height that was noted for the time of the snapshot."""
        del moment
        return await self.latest()

    async def latest(self) -> int | Unresolved:
        """Return the height that was noted. Raises RecordError when none was."""
        found = self._record.heights.get(self._network)
        if found is None:
            raise RecordError(f"answers.jsonl: no height of {self._network} is noted")
        return found

    async def remembered(
        self, form: HoldingForm, height: int, addresses: Sequence[bytes]
    ) -> Mapping[bytes, Observed]:
        """Return what was noted of readings at other blocks."""
        key = (form.network, form.id, height, self._network != form.network)
        kept = self._record.kept.get(key, {})
        return {address: kept[address] for address in addresses if address in kept}

    async def recheck(self, point: SnapshotPoint) -> Unresolved | None:
        """Return what was noted of a block that was replaced."""
        return self._record.gone.get((point.network, point.height))

    def distrusted(self) -> frozenset[str]:
        """Return nobody: what was not believed was not recorded, or asked for again."""
        return frozenset()

    def notes(self) -> Sequence[str]:
        """Return what was noted of the endpoints."""
        return self._record.notes.get(self._network, ())

    async def prove(
        self,
        form: HoldingForm,
        point: SnapshotPoint,
        readings: Mapping[bytes, int],
        chosen: Sequence[bytes],
        keep: Keep,
    ) -> AsyncIterator[Sequence[tuple[bytes, Proven | Unproven]]]:
        """Yield what the proofs show now, each with the endpoint that had given it.

        Raises RecordError where the record speaks of a proof that is not there.
        """
        del readings
        key = (point.network, form.id, point.height, False)
        noted = self._record.proofs.get(key, {})
        if key in self._record.layouts:
            text, tested = self._record.layouts[key]
            keep({"kind": "layout", "form": form.id, "text": text, "tested": tested})
        answers: list[tuple[bytes, Proven | Unproven]] = []
        for account in chosen:
            source = noted.get(account)
            if source is None:
                raise RecordError(
                    f"answers.jsonl: nothing is noted of a proof of {form.id} 0x{account.hex()}"
                )
            if isinstance(source, Unproven):
                answers.append((account, source))
                continue
            amount = self._proofs.of(form.id, point, account)
            if amount is None:
                raise RecordError(
                    f"proofs.jsonl: no valid proof of {form.id} 0x{account.hex()} is there"
                )
            answers.append((account, Proven(amount, source)))
        yield answers


class _ControlledReader(RecordedReader):
    async def control(
        self, point: SnapshotPoint, queries: Sequence[ControlQuery]
    ) -> Sequence[Control]:
        """Return the recorded answers, in order. Raises RecordError when they are of others."""
        noted = self._record.controls.get((point.network, point.height), [])
        if [query.account for query in queries] != [account for account, _ in noted]:
            raise RecordError(
                f"answers.jsonl: what is noted of who controls accounts on {point.network} at "
                f"block {point.height:,} is of other accounts"
            )
        return [control for _, control in noted]
