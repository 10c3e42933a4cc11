from __future__ import annotations

import pytest

from chains.adapter import Assurance, Reach
from chains.ton.balances import METHODS
from tests.fakes.account_history import FIRST_TIME, scene
from tests.fakes.ledger_trials import TRIALS, Judged, asking, name_of, run
from tests.fakes.readings import pinned
from tests.fakes.ton_api import CODE, Jetton, account, root_hash, trial

KINDS = {
    "tons": None,
    "governed": Jetton(),
    "tep74": Jetton(status="", code=CODE, keeps_code=True),
    "unforeseeable": Jetton(salt="1"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged, kind: str) -> None:
    await run(judged, trial(scene(account, blocks_after=3), KINDS[kind]))


async def test_a_point_is_a_masterchain_block_and_final() -> None:
    one = trial(scene(account))
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        newest = await pinned(panel, one.scene.history.tip)
    assert point.block_hash == root_hash(one.scene.height).hex()
    assert point.block_time is not None
    assert point.block_time.timestamp() == FIRST_TIME + 10 * one.scene.height
    assert point.finality == newest.finality == "finalized"


def test_the_method_is_exact() -> None:
    ((reach, assurance, *_),) = METHODS
    assert (reach, assurance) == (Reach.EXACT, Assurance.NODE)
