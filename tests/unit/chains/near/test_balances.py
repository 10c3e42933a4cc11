from __future__ import annotations

import pytest

from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import (
    TRIALS,
    Judged,
    name_of,
    run,
    spoilt_answers_are_refused_or_harmless,
)
from tests.fakes.near_ledger import USDT, account, trial


@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged) -> None:
    await run(judged, trial(scene(account)))


# A contract's result comes byte by byte: one that lost its first digit is a number as well.
@pytest.mark.parametrize(
    "judged",
    [one for one in TRIALS if one is not spoilt_answers_are_refused_or_harmless],
    ids=name_of,
)
async def test_trial_of_a_token(judged: Judged) -> None:
    await run(judged, trial(scene(account), USDT))
