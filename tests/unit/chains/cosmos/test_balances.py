from __future__ import annotations

import pytest

from tests.fakes.account_history import scene
from tests.fakes.cosmos_ledger import account, trial
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run


@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged) -> None:
    await run(judged, trial(scene(account)))
