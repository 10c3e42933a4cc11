from __future__ import annotations

import pytest

from chains.adapter import Accountable, Reach
from chains.sui.balances import METHODS, reader
from tests.fakes.sui_scene import network


def test_an_endpoint_is_a_url_and_is_not_repeated() -> None:
    asked = reader(network(), ["https://a.example/KEY", "https://a.example/KEY"])
    assert isinstance(asked, Accountable)
    assert [source.provider.label for source in asked.sources] == ["https://a.example"]
    with pytest.raises(ValueError, match="http") as caught:
        reader(network(), ["secret"])
    assert "secret" not in str(caught.value)


def test_no_method_reaches_every_height() -> None:
    assert {method.reach for method in METHODS} == {Reach.PARTIAL}
