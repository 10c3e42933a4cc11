from __future__ import annotations

from dataclasses import replace

import pytest

from chains.errors import RegistryError
from chains.tezos.balances import reader
from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run
from tests.fakes.octez_node import NETWORK, account, trial


@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged) -> None:
    await run(judged, trial(scene(account)))


def test_a_network_without_a_chain_id_is_a_registry_problem() -> None:
    with pytest.raises(RegistryError, match="chain id"):
        reader(replace(NETWORK, options={}), ["http://127.0.0.1:1"])
