"""Wallets of a small Solana before and after a slot; and who reads it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from chains.adapter import HoldingForm
from chains.panel import Panel, PanelSettings
from chains.solana.addresses import encode
from chains.solana.balances import reader
from chains.solana.history import SolanaLimits
from chains.solana.source import SolanaSource
from chains.transport.settings import TransportSettings
from tests.fakes.readings import collect, pinned
from tests.fakes.solana_ledger import COIN, MINT, NETWORK, Ledger, SolanaNode, named
from tests.fakes.surroundings import FakeTime

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from chains.adapter import Reading

TOKEN = HoldingForm("USDT@solana", "USDT", "solana", encode(MINT), 6, ())
SNAPSHOT = 500
COLD, WARM, HOT, LATE, CLOSED, NOBODY = (
    named(name) for name in ("cold", "warm", "hot", "late", "closed", "nobody")
)
OWNERS = (COLD, WARM, HOT, LATE, CLOSED, NOBODY)
LIMITS = SolanaLimits(batch=10, first_page=3, page=20, most_pages=4, owner_transactions=20)


def ledger() -> Ledger:
    """Wallets that rest, move before and after `SNAPSHOT`, come late, and are closed."""
    made = Ledger(skipped={7, 8, SNAPSHOT + 1, 600})
    for slot, owner, lamports in (
        (100, COLD, 2**63 + 1),
        (110, WARM, 5),
        (120, HOT, 7),
        (130, CLOSED, 11),
        (SNAPSHOT, WARM, 6),
        (SNAPSHOT, HOT, 8),
        (SNAPSHOT, HOT, 9),
        (SNAPSHOT + 2, LATE, 13),
        (SNAPSHOT + 2, HOT, 10),
        (SNAPSHOT + 2, HOT, 14),
        (601, WARM, 15),
    ):
        made.pay(slot, owner, lamports)
        made.hold(slot, owner, 3 * lamports % 2**64)
    made.send(610, {CLOSED: None})
    made.hold(620, CLOSED, None)
    for slot in range(630, 640):
        made.pay(slot, HOT, slot)
        made.hold(slot, HOT, 2 * slot)
    return made


@asynccontextmanager
async def reading(
    *nodes: SolanaNode, limits: SolanaLimits = LIMITS, quorum: int = 1
) -> AsyncGenerator[Panel[SolanaSource]]:
    settings = PanelSettings(
        quorum=quorum, transport=TransportSettings(call_timeout_s=20, tries=3, throttle_tries=3)
    )
    urls = [node.url for node in nodes]
    surroundings = FakeTime().surroundings()
    async with reader(
        NETWORK, urls, settings=settings, surroundings=surroundings, limits=limits
    ) as asked:
        yield asked


async def read(
    node: SolanaNode,
    form: HoldingForm = COIN,
    slot: int = SNAPSHOT,
    owners: Sequence[bytes] = OWNERS,
    limits: SolanaLimits = LIMITS,
) -> Mapping[bytes, Reading]:
    """Pin the block of a slot and read balances, of one server."""
    async with node, reading(node, limits=limits) as asked:
        point = await pinned(asked, slot)
        problem = await asked.check_form(form, point)
        assert problem is None, problem
        return await collect(asked, form, point, owners)


def truth(made: Ledger, form: HoldingForm, slot: int) -> dict[bytes, int]:
    """What the ledger itself says."""
    if form.contract is None:
        return {owner: made.lamports(owner, slot) for owner in OWNERS}
    return {owner: made.tokens(owner, slot) for owner in OWNERS}
