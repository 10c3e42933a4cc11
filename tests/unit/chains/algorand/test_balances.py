from __future__ import annotations

import pytest

from tests.fakes.account_history import scene
from tests.fakes.algorand_ledger import USDT, account, trial
from tests.fakes.ledger_trials import (
    TRIALS,
    Judged,
    name_of,
    run,
    spoilt_answers_are_refused_or_harmless,
)


@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged) -> None:
    await run(judged, trial(scene(account)))


# A holding that an indexer leaves out is missed by nobody but another indexer.
@pytest.mark.parametrize(
    "judged",
    [one for one in TRIALS if one is not spoilt_answers_are_refused_or_harmless],
    ids=name_of,
)
async def test_trial_of_an_asset(judged: Judged) -> None:
    await run(judged, trial(scene(account), USDT))
