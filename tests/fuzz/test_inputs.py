"""The fuzzers' own inputs hold here too, so that a target cannot rot unseen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import OwnershipMaterial
from tests.fuzz import inputs
from tests.fuzz.__main__ import TARGETS, seeds


@pytest.mark.parametrize("target", inputs.TARGETS)
def test_every_seed_holds(target: str) -> None:
    tried = seeds(target)
    assert len(tried) > 20
    for seed in tried[::3]:
        inputs.TARGETS[target](seed)


@pytest.mark.parametrize("target", inputs.TARGETS)
@given(data=st.binary(max_size=300))
def test_any_bytes_hold(target: str, data: bytes) -> None:
    inputs.TARGETS[target](data)


def test_every_target_is_run() -> None:
    assert tuple(inputs.TARGETS) == TARGETS
    inputs.prepare()


def test_a_broken_law_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    proven = next(
        number for number, vector in enumerate(inputs.VECTORS) if vector["id"] == "evm-plain"
    )
    other = b"0x" + b"ab" * 20
    seed = proven.to_bytes(2, "big") + bytes([0, 0]) + other
    inputs.verifiers(seed)
    inputs._proven("evm")
    judge, rule = inputs._judge(proven)
    sound = judge(OwnershipMaterial(**inputs.VECTORS[proven]["cells"]))
    monkeypatch.setattr(inputs, "_judge", lambda _: (lambda _: sound, rule))
    with pytest.raises(AssertionError, match="another address is proven"):
        inputs.verifiers(seed)
