from __future__ import annotations

from dataclasses import replace

import pytest

from chains.errors import RegistryError
from chains.xrpl.balances import reader
from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run
from tests.fakes.xrpl_ledger import NETWORK, account, trial


@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged) -> None:
    await run(judged, trial(scene(account)))


@pytest.mark.parametrize("options", [{}, {"network_id": 0}, {"checkpoint_hash": "ab" * 32}])
def test_a_network_that_nothing_tells_from_others_is_refused(options: dict[str, str | int]) -> None:
    with pytest.raises(RegistryError):
        reader(replace(NETWORK, options=options), ["http://127.0.0.1"])
