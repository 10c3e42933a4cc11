from __future__ import annotations

import pytest

from chains.cosmos.balances import METHODS, reader
from tests.fakes.account_history import scene
from tests.fakes.cosmos_ledger import NETWORK, account, trial
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run


@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged) -> None:
    await run(judged, trial(scene(account)))


def test_an_endpoint_that_is_no_url_is_refused_without_repeating_it() -> None:
    with pytest.raises(ValueError, match="must be an http") as caught:
        reader(NETWORK, ["ftp://user:secret@node.example"])
    assert "secret" not in str(caught.value)
    assert len(METHODS) == 1
