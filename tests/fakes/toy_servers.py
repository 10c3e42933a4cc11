"""Servers of a toy ledger that say what they are told to; what holds of all is tested with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from chains.adapter import Assurance, HoldingForm, SnapshotPoint
from chains.errors import Incapable, ProviderError
from chains.panel import Panel, PanelSettings
from chains.registry import Network
from chains.source import Asked, Block, Harvest, require_height
from chains.transport.provider import Provider, Surroundings
from chains.transport.settings import TransportSettings

COIN = HoldingForm("TOY@toy", "TOY", "toy", None, 6, ())
NOW = 1_800_000_000.0
BLOCK = Block("aa", 1_700_000_000, 200)
A, B, C = b"a", b"b", b"c"
TRUTH = {A: 1, B: 2, C: 3}
TRANSPORT = TransportSettings()
POINT = SnapshotPoint("toy", 100, "aa", datetime.fromtimestamp(1_700_000_000, UTC), "confirmations")


@dataclass
class Server:
    """A source that says what it is told to."""

    host: str
    amounts: dict[bytes, int] = field(default_factory=lambda: dict(TRUTH))
    block: Block | ProviderError = BLOCK
    failure: ProviderError | None = None
    proves: bool = False
    note: str = ""
    assurance: Assurance = Assurance.NODE
    asked: list[bytes] = field(default_factory=list)
    is_open: bool = False
    refuses_to_open: bool = False

    def __post_init__(self) -> None:
        self.provider = Provider(
            f"http://{self.host}", TransportSettings(), Surroundings(wall=lambda: NOW)
        )

    async def open(self) -> None:
        if self.refuses_to_open:
            raise OSError("no")
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    async def block_at(self, height: int, journal: list[str]) -> Block:
        journal.append(f"{self.host}: block {height}")
        if isinstance(self.block, ProviderError):
            raise self.block
        require_height(height, self.block.tip)
        return self.block

    async def read(self, asked: Asked, journal: list[str]) -> Harvest:
        journal.append(f"{self.host}: {len(asked.accounts)} accounts")
        if self.failure is not None:
            raise self.failure
        self.asked += asked.accounts
        told = [one for one in asked.accounts if one in self.amounts]
        return Harvest(
            {one: self.amounts[one] for one in told},
            {one: Incapable("pruned") for one in set(asked.accounts) - {*told}},
            dict.fromkeys(told, Assurance.PROOF) if self.proves else {},
            dict.fromkeys(told, self.note) if self.note else {},
        )


def network(finality: str = "3") -> Network:
    return Network("toy", "Toyland", "toy", "TOY", 6, finality=finality)


def panel(
    *servers: Server,
    finality: str = "3",
    quorum: int = 1,
    piece: int = 2_000,
    transport: TransportSettings = TRANSPORT,
) -> Panel[Server]:
    settings = PanelSettings(quorum=quorum, piece=piece, transport=transport)
    return Panel(network(finality), servers, settings, lambda: NOW)
