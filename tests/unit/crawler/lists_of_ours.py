"""A small signed list and an in-memory ledger for it, shared by the tests of whole runs."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from coincurve import PrivateKey

from chains.adapter import (
    Assurance,
    BalanceReader,
    HoldingForm,
    Observed,
    Reading,
    SnapshotPoint,
    Unresolved,
)
from chains.errors import UnresolvedReason
from chains.messages import digest
from chains.registry import Network
from chains.signatures import keccak256

MESSAGE = "I am an OKX address"
GENESIS, SPACING_S = 1_700_000_000, 12
HEADER = (
    "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,"
    "redeem script/ public key, eoa1, eoa2"
)


def key(number: int) -> PrivateKey:
    return PrivateKey(hashlib.sha256(b"assay test key %d" % number).digest())


def address(number: int) -> str:
    return "0x" + keccak256(key(number).public_key.format(compressed=False)[1:])[12:].hex()


def signature(number: int, message: str = MESSAGE) -> str:
    signed = key(number).sign_recoverable(digest("evm-okx", message), hasher=None)
    return "0x" + (signed[:64] + bytes([27 + signed[64]])).hex()


def row(
    number: int,
    amount: str,
    *,
    coin: str = "ETH",
    signer: int | None = None,
    height: int | str = 100,
) -> str:
    signed = signature(number if signer is None else signer)
    return f"{coin},{coin},{height},{address(number)},{amount},{MESSAGE},{signed},,,,"


def published(rows: Sequence[str], summary: Sequence[str] = ()) -> bytes:
    lines = ["coin,snapshot height,amount", *summary, "", HEADER, *rows]
    return ("\n".join(lines) + "\n").encode()


def time_of(height: int) -> datetime:
    return datetime.fromtimestamp(GENESIS + SPACING_S * height, UTC)


@dataclass
class Ledger:
    """A reader over a dictionary; `down` networks cannot be reached."""

    balances_of: dict[tuple[str, bytes], int] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    reorged: bool = False
    """Every height now has another block."""
    silent: UnresolvedReason | None = None
    """Why no block can be looked up, if none can."""
    tip: int = 1_000
    has_history: bool = True
    """Whether states before the tip can still be read."""
    asked: list[bytes] = field(default_factory=list)
    """Accounts that were read."""

    def set(self, number: int, amount: int, form: str = "ETH@ethereum") -> None:
        self.balances_of[form, bytes.fromhex(address(number)[2:])] = amount

    def __call__(self, network: Network) -> BalanceReader | Unresolved:
        if network.name in self.down:
            return Unresolved(UnresolvedReason.UNREACHABLE, "No endpoint answered.")
        return _LedgerReader(self, network.name)


@dataclass
class _LedgerReader:
    ledger: Ledger
    network: str

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None: ...

    async def height_at(self, moment: datetime) -> int | Unresolved:
        height = (int(moment.timestamp()) - GENESIS) // SPACING_S
        if height >= self.ledger.tip:
            return Unresolved(UnresolvedReason.NO_BLOCK, "A block may still follow.")
        return height

    async def latest(self) -> int | Unresolved:
        return self.ledger.tip

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        if self.ledger.silent is not None:
            return Unresolved(self.ledger.silent, "No block.")
        moment = time_of(height)
        name = height + (2**64 if self.ledger.reorged else 0)
        return SnapshotPoint(self.network, height, f"0x{name:064x}", moment)

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        return None

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncIterator[Sequence[tuple[bytes, Reading]]]:
        self.ledger.asked += addresses
        if not self.ledger.has_history and point.height != self.ledger.tip:
            gone = Unresolved(UnresolvedReason.NO_STATE, "The state is pruned.")
            yield [(account, gone) for account in addresses]
            return
        for account in addresses:
            amount = self.ledger.balances_of.get((form.id, account), 0)
            yield [(account, Observed(amount, point, Assurance.NODE, ("ledger",)))]
