from __future__ import annotations

import pytest

from chains.adapter import HoldingForm
from chains.errors import RegistryError, WrongState
from chains.errors import UnresolvedReason as Reason
from chains.source import (
    Landmark,
    landmark,
    require_declared,
    require_landmark,
    require_unmoved,
)


def test_a_landmark_comes_from_the_options() -> None:
    assert landmark({}) == Landmark(0, "")
    assert landmark({"checkpoint_hash": "ab"}) == Landmark(0, "ab")
    assert landmark({"checkpoint_height": 7, "checkpoint_hash": "ab"}) == Landmark(7, "ab")


def test_a_landmark_tells_networks_apart() -> None:
    require_landmark(Landmark(7, "ab"), "ab")
    require_landmark(Landmark(0, ""), "anything")
    with pytest.raises(WrongState) as caught:
        require_landmark(Landmark(7, "ab"), "cd")
    assert caught.value.reason is Reason.WRONG_CHAIN


def test_a_state_that_moved() -> None:
    require_unmoved((1, "a"), (1, "a"))
    with pytest.raises(WrongState):
        require_unmoved((1, "a"), (1, "b"))


def test_a_token_is_what_the_registry_says() -> None:
    form = HoldingForm("USDT@toy", "USDT", "toy", "t", 6, ("USDT", "USDt"))
    require_declared(form, 6)
    require_declared(form, 6, "USDt")
    for decimals, symbol in ((7, "USDT"), (6, "FAKE"), (7, None)):
        with pytest.raises(RegistryError, match="USDT@toy"):
            require_declared(form, decimals, symbol)
    silent = HoldingForm("X@toy", "X", "toy", "x", 6, ())
    require_declared(silent, 6, "anything")
