from __future__ import annotations

from dataclasses import replace

import pytest

from chains.adapter import Control, ControlQuery, ControlWord, OwnershipMaterial
from chains.evm.ownership import verifier
from chains.registry import Network
from crawler.control import UNDATED, ControlPlan
from crawler.models import NO_HEIGHT, Claim
from tests.unit.crawler.samples import ETH, PROVEN, RULE, USDT, claim, mapping
from tests.vectors.demo_keys import MESSAGE, evm_address, sign_evm

NETWORKS = {"ethereum": Network("ethereum", "Ethereum", "evm", "ETH", 18)}
JUDGE = verifier(RULE)
YES = Control(ControlWord.PROVEN, "owners", "2 of 2")


def owned(number: int, *, form: str = "USDT", height: int | None = 100) -> Claim:
    signed = "0x" + sign_evm(number)[1].hex()
    material = OwnershipMaterial(
        "0x" + "5a" * 20, MESSAGE, signed, "", "", evm_address(number), "", ""
    )
    coin = mapping(form, USDT if form == "USDT" else ETH)
    return replace(claim(number, coin=coin, height=height), material=material)


def planned(*claims: Claim, timed: bool = False) -> ControlPlan:
    plan = ControlPlan(NETWORKS, is_timed=timed)
    for ordinal, one in enumerate(claims):
        plan.add(one, JUDGE(one.material), ordinal)
    return plan


def test_rows_with_the_same_question_ask_it_once() -> None:
    plan = planned(owned(1), owned(1, form="ETH"), owned(2))
    (batch,) = plan.batches()
    assert (batch.network, batch.height, len(batch.queries)) == ("ethereum", 100, 2)
    plan.answer(batch, batch.queries[0], YES)
    assert [plan.of(ordinal) for ordinal in range(3)] == [YES, YES, None]
    plan.fill(batch, UNDATED)
    assert plan.of(2) == UNDATED


def test_heights_are_asked_apart() -> None:
    plan = planned(owned(1), owned(1, height=200))
    assert [batch.height for batch in plan.batches()] == [100, 200]


def test_a_row_without_a_height_cannot_be_asked() -> None:
    plan = planned(owned(1, height=None))
    assert list(plan.batches()) == []
    assert plan.of(0) == UNDATED


def test_only_key_only_rows_of_families_that_can_be_asked() -> None:
    plan = ControlPlan({"ethereum": Network("ethereum", "x", "utxo", "BTC", 8)})
    plan.add(owned(1), JUDGE(owned(1).material), 0)
    plan.add(owned(2), JUDGE(owned(2).material), 1)
    assert list(plan.batches()) == []
    plan = ControlPlan(NETWORKS)
    plan.add(owned(1), PROVEN, 0)
    plan.add(replace(owned(1), mapping=None), JUDGE(owned(1).material), 1)
    plan.add(claim(1), JUDGE(owned(1).material), 2)
    assert list(plan.batches()) == []


def test_an_answer_to_no_question_is_refused() -> None:
    plan = planned(owned(1))
    (batch,) = plan.batches()
    with pytest.raises(KeyError):
        plan.answer(batch, ControlQuery(b"", frozenset(), b"", ()), YES)


def test_rows_without_a_height_are_asked_once_their_time_has_one() -> None:
    plan = planned(owned(1, height=None), owned(1, form="ETH"), owned(2, height=None), timed=True)
    assert [batch.height for batch in plan.batches()] == [NO_HEIGHT, 100]
    plan.date("ethereum", 100)
    plan.date("base", 7)
    (batch,) = plan.batches()
    assert (batch.height, len(batch.queries)) == (100, 2)
    plan.fill(batch, YES)
    assert [plan.of(ordinal) for ordinal in range(3)] == [YES] * 3
