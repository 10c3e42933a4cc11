from __future__ import annotations

import pytest

from chains.adapter import HoldingForm
from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run
from tests.fakes.starknet_ledger import ETH, STRK, account, trial


@pytest.mark.parametrize("form", [STRK, ETH], ids=lambda form: form.asset)
@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged, form: HoldingForm) -> None:
    await run(judged, trial(scene(account), form))
