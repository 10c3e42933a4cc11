from __future__ import annotations

import pytest

from chains.adapter import Accountable, Reach
from chains.sui.balances import METHODS, reader
from tests.fakes.account_history import scene
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run
from tests.fakes.sui_ledger import NETWORK, account, trial


def test_an_endpoint_is_a_url_and_is_not_repeated() -> None:
    asked = reader(NETWORK, ["https://a.example/KEY", "https://a.example/KEY"])
    assert isinstance(asked, Accountable)
    assert [source.provider.label for source in asked.sources] == ["https://a.example"]
    with pytest.raises(ValueError, match="http") as caught:
        reader(NETWORK, ["secret"])
    assert "secret" not in str(caught.value)


def test_no_method_reaches_every_height() -> None:
    assert {method.reach for method in METHODS} == {Reach.PARTIAL}


@pytest.mark.parametrize("recent", [5, 40], ids=["replayed", "recent"])
@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged, recent: int) -> None:
    await run(judged, trial(scene(account), recent))
