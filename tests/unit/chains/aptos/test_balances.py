from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chains.adapter import Accountable, ControlReader, Reach
from chains.aptos.balances import METHODS, reader
from chains.aptos.indexer import IndexerSource
from chains.aptos.source import AptosSource
from tests.fakes.account_history import scene
from tests.fakes.aptos_ledger import account, indexer_trial, trial
from tests.fakes.aptos_scene import network
from tests.fakes.ledger_trials import TRIALS, Judged, name_of, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.account_history import Scene
    from tests.fakes.ledger_trials import Trial


def test_endpoints_are_told_apart_by_their_scheme() -> None:
    asked = reader(network(), ["https://a.example/v1", "graphql+https://b.example/KEY/graphql"])
    assert isinstance(asked, Accountable)
    assert isinstance(asked, ControlReader)
    assert [type(source) for source in asked.sources] == [AptosSource, IndexerSource]
    assert [source.provider.label for source in asked.sources] == [
        "https://a.example",
        "graphql+https://b.example",
    ]


def test_another_endpoint_is_refused_without_repeating_it() -> None:
    with pytest.raises(ValueError, match="endpoint") as caught:
        reader(network(), ["ws://secret.example"])
    assert "secret" not in str(caught.value)


def test_the_methods_are_ranked() -> None:
    assert [method.reach for method in METHODS] == [Reach.EXACT, Reach.PARTIAL]


@pytest.mark.parametrize("made", [trial, indexer_trial], ids=["node", "indexer"])
@pytest.mark.parametrize("judged", TRIALS, ids=name_of)
async def test_trial(judged: Judged, made: Callable[[Scene], Trial]) -> None:
    await run(judged, made(scene(account)))
