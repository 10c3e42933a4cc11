from __future__ import annotations

import pytest

from chains.cardano.balances import reader
from tests.fakes.account_history import scene
from tests.fakes.cardano_ledger import NETWORK, account, trial
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run


@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged) -> None:
    await run(judged, trial(scene(account)))


def test_an_endpoint_of_another_kind_is_refused_without_its_url() -> None:
    with pytest.raises(ValueError, match="http") as caught:
        reader(NETWORK, ["graphql+https://secret.example/key"])
    assert "secret" not in str(caught.value)
