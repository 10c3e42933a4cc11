"""Accounts of a small Sui before and after a checkpoint; and who reads it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from chains.adapter import HoldingForm
from chains.panel import Panel, PanelSettings
from chains.sui.balances import reader
from chains.sui.source import SUI, SuiLimits, SuiSource
from chains.transport.settings import TransportSettings
from tests.fakes import sui_ledger
from tests.fakes.readings import collect, pinned
from tests.fakes.sui_ledger import COIN, NETWORK, Ledger, SuiService, named
from tests.fakes.surroundings import FakeTime

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from chains.adapter import Reading

TOKEN = HoldingForm("USDC@sui", "USDC", "sui", sui_ledger.TOKEN, 6, ("USDC",))
OLD, RECENT = 500, 980
"""Checkpoints before and within the consistent range."""

COLD, WARM, LATE, EMPTIED, NOBODY = (
    named(name) for name in ("cold", "warm", "late", "emptied", "nobody")
)
OWNERS = (COLD, WARM, LATE, EMPTIED, NOBODY)
LIMITS = SuiLimits(accounts=3, histories=2, most_pages=6)


def ledger() -> Ledger:
    """Accounts that rest, move before and after both checkpoints, come late, and are emptied."""
    made = Ledger()
    for coin in (SUI, sui_ledger.TOKEN):
        made.send(100, (COLD, coin, 2**63 + 1), (WARM, coin, 50), (EMPTIED, coin, 7))
        made.send(OLD, (WARM, coin, -5))
        made.send(OLD + 1, (WARM, coin, 3))
        made.send(600, (LATE, coin, 11), (WARM, coin, -1), (WARM, coin, -1))
        made.send(610, (EMPTIED, coin, -7))
        made.send(RECENT, (WARM, coin, 100))
        made.send(RECENT + 1, (WARM, coin, -20))
        made.send(995, (WARM, coin, 40))
    return made


@asynccontextmanager
async def reading(
    *services: SuiService, limits: SuiLimits = LIMITS
) -> AsyncGenerator[Panel[SuiSource]]:
    transport = TransportSettings(call_timeout_s=20, tries=3, throttle_tries=3)
    settings = PanelSettings(transport=transport)
    urls = [service.url for service in services]
    surroundings = FakeTime().surroundings()
    async with reader(
        NETWORK, urls, settings=settings, surroundings=surroundings, limits=limits
    ) as asked:
        yield asked


async def read(
    service: SuiService,
    form: HoldingForm = COIN,
    height: int = OLD,
    owners: Sequence[bytes] = OWNERS,
    limits: SuiLimits = LIMITS,
) -> Mapping[bytes, Reading]:
    """Pin a checkpoint and read balances, of one server."""
    async with service, reading(service, limits=limits) as asked:
        point = await pinned(asked, height)
        problem = await asked.check_form(form, point)
        assert problem is None, problem
        return await collect(asked, form, point, owners)


def truth(made: Ledger, form: HoldingForm, height: int) -> dict[bytes, int]:
    """What the ledger itself says."""
    coin = form.contract or SUI
    return {owner: made.balance(owner, height, coin) for owner in OWNERS}
