"""Fixtures' parts that the modules on TRON share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fakes.ledger_trials import asking
from tests.fakes.readings import collect, pinned
from tests.fakes.tron_node import TronFake

if TYPE_CHECKING:
    from chains.adapter import Reading
    from tests.fakes.ledger_trials import Trial


def server_of(one: Trial) -> TronFake:
    assert isinstance(one.server, TronFake)
    return one.server


async def read(one: Trial, *asked: bytes, height: int | None = None) -> dict[bytes, Reading]:
    """Of all accounts of the scene if none is named."""
    async with asking(one) as panel:
        point = await pinned(panel, height or one.scene.height)
        return await collect(panel, one.form, point, asked or one.scene.accounts)
