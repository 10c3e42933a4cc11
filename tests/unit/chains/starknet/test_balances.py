from __future__ import annotations

import pytest

from chains.adapter import HoldingForm
from chains.starknet.balances import METHODS, reader
from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run
from tests.fakes.starknet_ledger import ETH, NETWORK, STRK, account, trial


@pytest.mark.parametrize("form", [STRK, ETH], ids=lambda form: form.asset)
@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged, form: HoldingForm) -> None:
    await run(judged, trial(scene(account), form))


def test_an_endpoint_that_is_no_url_is_refused_without_repeating_it() -> None:
    with pytest.raises(ValueError, match="must be an http") as caught:
        reader(NETWORK, ["ftp://user:secret@node.example"])
    assert "secret" not in str(caught.value)
    assert len(METHODS) == 2
