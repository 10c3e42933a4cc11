from __future__ import annotations

import pytest

from chains.errors import UnresolvedReason as Reason
from chains.errors import WrongState
from chains.source import Landmark, landmark, require_landmark, require_unmoved


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
