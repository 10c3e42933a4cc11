from __future__ import annotations

from dataclasses import replace

import pytest

from chains.eos.balances import reader
from chains.errors import RegistryError
from tests.fakes.account_history import scene
from tests.fakes.hyperion_index import NETWORK, account, trial
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run


@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged) -> None:
    await run(judged, trial(scene(account)))


@pytest.mark.parametrize("option", ["identity", "native_contract", "native_symbol"])
def test_a_network_that_lacks_an_option_is_a_registry_problem(option: str) -> None:
    options = {key: value for key, value in NETWORK.options.items() if key != option}
    with pytest.raises(RegistryError, match=option):
        reader(replace(NETWORK, options=options), ["http://127.0.0.1:1"])
