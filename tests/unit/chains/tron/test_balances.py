from __future__ import annotations

from dataclasses import replace

import pytest

from chains.errors import RegistryError
from chains.tron.balances import reader
from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run
from tests.fakes.tron_node import NETWORK, account, token_trial, trial


@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial_of_the_coin(judged: Judged) -> None:
    await run(judged, trial(scene(account)))


@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial_of_a_token(judged: Judged) -> None:
    await run(judged, token_trial(scene(account)))


def test_a_multicall_that_is_no_address_is_found_before_anything_is_asked() -> None:
    with pytest.raises(RegistryError):
        reader(replace(NETWORK, options={"multicall": "0x12"}), ["http://127.0.0.1"])
