from __future__ import annotations

from dataclasses import replace

import pytest

from chains.errors import RegistryError
from chains.hedera.balances import reader
from tests.fakes.account_history import scene
from tests.fakes.hedera_mirror import NETWORK, account, trial
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run


@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged) -> None:
    await run(judged, trial(scene(account)))


def test_a_network_without_a_beginning_is_a_registry_problem() -> None:
    with pytest.raises(RegistryError, match="when it begins"):
        reader(replace(NETWORK, options={}), ["http://127.0.0.1:1"])
