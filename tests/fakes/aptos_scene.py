"""Accounts of a small Aptos before and after a version; and who reads it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from chains.adapter import HoldingForm
from chains.aptos.balances import reader
from chains.aptos.indexer import IndexerLimits
from chains.panel import PanelSettings
from chains.registry import Network
from chains.transport.settings import TransportSettings
from tests.fakes import aptos_ledger
from tests.fakes.aptos_ledger import ASSET, AptosIndexer, AptosNode, Ledger, named
from tests.fakes.readings import collect, pinned
from tests.fakes.surroundings import FakeTime

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from chains.adapter import Parameter, Reading
    from chains.aptos.indexer import IndexerSource
    from chains.aptos.source import AptosSource
    from chains.control_panel import ControlPanel

COIN = HoldingForm("APT@aptos", "APT", "aptos", None, 8, ())
TOKEN = HoldingForm("USDT@aptos", "USDT", "aptos", aptos_ledger.TOKEN, 6, ("USDt",))
SNAPSHOT = 505
COLD, WARM, LATE, EMPTIED, NOBODY = (
    named(name) for name in ("cold", "warm", "late", "emptied", "nobody")
)
LIMITS = IndexerLimits()
OWNERS = (COLD, WARM, LATE, EMPTIED, NOBODY)


def ledger() -> Ledger:
    """Accounts that rest, move before and after `SNAPSHOT`, come late, and are emptied."""
    made = Ledger()
    for asset in (aptos_ledger.COIN, aptos_ledger.TOKEN):
        made.deposit(100, COLD, 2**63 + 1, asset)
        made.deposit(110, WARM, 50, asset)
        made.deposit(120, EMPTIED, 7, asset)
        made.withdraw(SNAPSHOT, WARM, 5, asset)
        made.deposit(SNAPSHOT + 1, WARM, 3, asset)
        made.deposit(600, LATE, 11, asset)
        made.withdraw(610, EMPTIED, 7, asset)
    made.deposit(130, WARM, 1_000, ASSET)
    made.fee(SNAPSHOT, WARM, 9, refund=2)
    made.fee(620, WARM, 4, signer=COLD)
    return made


def network(**options: Parameter) -> Network:
    return Network("aptos", "Aptos", "aptos", "APT", 8, options={"chain_id": 1} | options)


@asynccontextmanager
async def reading(
    *servers: AptosNode | AptosIndexer,
    quorum: int = 1,
    limits: IndexerLimits = LIMITS,
    **options: Parameter,
) -> AsyncGenerator[ControlPanel[AptosSource | IndexerSource]]:
    transport = TransportSettings(call_timeout_s=20, tries=3, throttle_tries=3)
    settings = PanelSettings(quorum=quorum, transport=transport)
    urls = [server.url for server in servers]
    async with reader(
        network(**options),
        urls,
        settings=settings,
        surroundings=FakeTime().surroundings(),
        limits=limits,
    ) as asked:
        yield asked


async def read(
    server: AptosNode | AptosIndexer,
    form: HoldingForm = COIN,
    version: int = SNAPSHOT,
    owners: Sequence[bytes] = OWNERS,
    limits: IndexerLimits = LIMITS,
) -> Mapping[bytes, Reading]:
    """Pin the block of a version and read balances, of one server."""
    async with server, reading(server, limits=limits) as asked:
        point = await pinned(asked, version)
        problem = await asked.check_form(form, point)
        assert problem is None, problem
        return await collect(asked, form, point, owners)


def truth(made: Ledger, form: HoldingForm, version: int) -> dict[bytes, int]:
    """What the ledger itself says."""
    assets = (aptos_ledger.COIN, ASSET) if form.contract is None else (form.contract,)
    return {owner: made.balance(owner, version, assets) for owner in OWNERS}
