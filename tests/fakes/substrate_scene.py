"""A Substrate chain with accounts around a snapshot, and who reads it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chains.adapter import HoldingForm
from chains.panel import PanelSettings
from chains.registry import Network
from chains.substrate.balances import SubstratePanel, reader
from chains.transport.provider import Surroundings
from chains.transport.settings import TransportSettings
from tests.fakes.ledger_trials import Trial
from tests.fakes.substrate_node import SubstrateChain, SubstrateFake

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from chains.adapter import Parameter
    from tests.fakes.account_history import History
    from tests.fakes.account_history import Scene as Told

COIN = HoldingForm("DOT@polkadot", "DOT", "polkadot", None, 10, ())
TETHER = HoldingForm("USDT@polkadot", "USDT", "polkadot", "1984", 6, ("USDt", "USDT"), "issued")
TRANSPORT = TransportSettings(
    call_timeout_s=5, connect_timeout_s=5, tries=2, throttle_tries=3, first_wait_s=0.001
)
RICH, MOVER, LATE, CLOSED, NOBODY, WHALE = (bytes([one]) * 32 for one in range(1, 7))
"""Never moves; moves at the snapshot; is paid after it; is reaped after it; never was; has much."""
ALL = (RICH, MOVER, LATE, CLOSED, NOBODY, WHALE)


def network(chain: SubstrateChain, *, finality: str = "finalized", **options: Parameter) -> Network:
    every: Mapping[str, Parameter] = {"genesis": chain.genesis, **options}
    return Network("polkadot", "Polkadot", "substrate", "DOT", 10, finality=finality, options=every)


@dataclass
class Scene:
    """A chain whose block `height` is the snapshot, and what accounts hold at each height."""

    chain: SubstrateChain
    height: int
    truth: dict[int, dict[bytes, int]] = field(default_factory=dict)
    """Height -> account -> free and reserved."""
    tether: dict[int, dict[bytes, int]] = field(default_factory=dict)


def scene(*, version: int = 1, first: int = 0) -> Scene:
    """Change balances before, in and after the snapshot block, and remember them."""
    chain = SubstrateChain(version=version, first=first)
    coins: dict[bytes, int] = dict.fromkeys(ALL, 0)
    tokens: dict[bytes, int] = dict.fromkeys(ALL, 0)
    made = Scene(chain, 0)

    def pay(account: bytes, free: int, reserved: int = 0) -> None:
        chain.pay(account, free, reserved, frozen=free)
        coins[account] = free + reserved

    def hold(account: bytes, amount: int, tail: str = "0001") -> None:
        chain.hold(1984, account, amount, tail)
        tokens[account] = amount

    def mine() -> int:
        number = chain.mine()
        made.truth[number], made.tether[number] = dict(coins), dict(tokens)
        return number

    chain.describe(1984, "USDt", 6)
    for one in range(100, 160):
        chain.pay(bytes([one]) * 32, one)
    pay(RICH, 10**12, 5)
    pay(MOVER, 70)
    pay(CLOSED, 3)
    pay(WHALE, 2**100 + 1, 2**90)
    hold(RICH, 2**64 + 3)
    hold(MOVER, 8, "0103")
    mine()
    pay(MOVER, 71, 2)
    hold(MOVER, 9, "0102" + (5).to_bytes(16, "little").hex())
    made.height = mine()
    pay(MOVER, 1)
    pay(LATE, 9)
    hold(LATE, 4)
    chain.reap(CLOSED)
    coins[CLOSED] = 0
    mine()
    mine()
    return made


@asynccontextmanager
async def reading(
    *fakes: SubstrateFake, quorum: int = 1, net: Network | None = None, now: float = 1.8e9
) -> AsyncIterator[SubstratePanel]:
    """Yield an open reader over `fakes`, of the first one's network."""
    settings = PanelSettings(quorum=quorum, transport=TRANSPORT)
    known = net or network(fakes[0].chain)
    around = Surroundings(wall=lambda: now)
    urls = [fake.url for fake in fakes]
    async with reader(known, urls, settings=settings, surroundings=around) as asked:
        yield asked


def account(number: int) -> bytes:
    return number.to_bytes(32, "big")


def chain_of(history: History) -> SubstrateChain:
    """A chain whose accounts hold what `history` says, a part of it reserved."""
    chain = SubstrateChain(first=history.first)
    known: dict[bytes, int] = {}
    for height in range(history.first, history.tip + 1):
        state = history.state(height)
        for gone in known.keys() - state.keys():
            chain.reap(gone)
        for one, amount in state.items():
            if known.get(one) != amount:
                chain.pay(one, amount - amount // 3, amount // 3, frozen=amount // 2)
        known = state
        assert chain.mine() == height
    return chain


def trial(told: Told) -> Trial:
    """See `tests.fakes.ledger_trials`."""
    server = SubstrateFake(chain_of(told.history))

    def be_foreign() -> None:
        server.chain.blocks[0].hash = f"0x{'77' * 32}"

    def prune() -> None:
        server.quirks.pruned_below = server.chain.height

    def be_stale() -> None:
        server.quirks.at_latest = True

    return Trial(told, server, network(server.chain), COIN, reader, be_foreign, prune, be_stale)
