from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import Incapable, MalformedAnswer, ProviderError, TooLarge
from chains.errors import UnresolvedReason as Reason
from chains.tron import answers
from chains.tron.addresses import encode
from tests.fakes.tron_node import account, block_hash


def test_a_block_that_is_not_there_and_one_that_is() -> None:
    with pytest.raises(Incapable) as absent:
        answers.header({})
    assert absent.value.reason is Reason.NO_BLOCK
    raw = {"number": 7, "timestamp": 1_700_000_000_500}
    found = answers.header({"blockID": block_hash(7), "block_header": {"raw_data": raw}})
    assert found == (7, block_hash(7), 1_700_000_000)


def test_a_block_s_hash_begins_with_its_number() -> None:
    raw = {"number": 8, "timestamp": 1}
    with pytest.raises(MalformedAnswer):
        answers.header({"blockID": block_hash(7), "block_header": {"raw_data": raw}})


def test_a_refusal_of_the_node_is_no_answer() -> None:
    with pytest.raises(Incapable, match="lite fullnode"):
        answers.account({"Error": "lite fullnode"}, account(1))


@given(st.integers(0, 2**63 - 1))
def test_a_balance_is_exact(amount: int) -> None:
    shown = {"balance": amount, "block_identifier": {"number": 7, "hash": block_hash(7)}}
    assert answers.traced(shown).amount == amount


@pytest.mark.parametrize(
    "value",
    [{}, {"balance": 5}, {"balance": None, "block_identifier": {"hash": block_hash(0)}},
     {"balance": 1.5, "block_identifier": {"number": 7, "hash": block_hash(7)}},
     {"balance": -1, "block_identifier": {"number": 7, "hash": block_hash(7)}},
     {"balance": 1, "block_identifier": {"number": 7, "hash": block_hash(8)}}],
    ids=str,
)  # fmt: skip
def test_a_balance_without_a_block_or_a_number_is_refused(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        answers.traced(value)


def test_a_balance_that_is_left_out_is_not_one_that_is_stated() -> None:
    named = {"number": 7, "hash": block_hash(7)}
    assert not answers.traced({"block_identifier": named}).is_stated
    assert answers.traced({"block_identifier": named, "balance": 0}).is_stated


def test_changes_of_a_block_are_summed_by_account() -> None:
    one, other = account(1), account(2)
    operations = [
        {"address": encode(who), "amount": amount}
        for who, amount in ((one, 5), (other, 1), (one, -7))
    ]
    shown = {
        "block_identifier": {"number": 7, "hash": block_hash(7)},
        "transaction_balance_trace": [{"operation": operations}, {}],
    }
    assert answers.touched(shown, 7, block_hash(7)) == {one: -2, other: 1}
    as_text = shown | {"block_identifier": {"number": "7", "hash": block_hash(7)}}
    assert answers.touched(as_text, 7, block_hash(7)) == {one: -2, other: 1}
    with pytest.raises(MalformedAnswer):
        answers.touched(shown, 8, block_hash(8))


def test_an_account_is_the_one_that_was_asked_for() -> None:
    assert answers.account({}, account(1)) is None
    with pytest.raises(MalformedAnswer):
        answers.account({"address": encode(account(2))}, account(1))
    bare = answers.account({"address": encode(account(1))}, account(1))
    assert bare == answers.Account(None, 0, 0, 0, None, (), is_contract=False)
    assert bare.staked(7) == ""


def permission(*kinds: int, **members: object) -> dict[str, Any]:
    bits = sum(1 << kind for kind in kinds)
    shown = {
        "threshold": 2,
        "keys": [{"address": encode(account(1)), "weight": 1}],
        "operations": bits.to_bytes(32, "little").hex(),
    }
    return shown | members


@pytest.mark.parametrize(("kinds", "moves"), [((1, 31), True), ((1,), False), ((31, 2), False)])
def test_a_permission_moves_funds_if_it_may_transfer_and_call(
    kinds: tuple[int, ...], *, moves: bool
) -> None:
    shown = {"address": encode(account(1)), "active_permission": [permission(*kinds)]}
    found = answers.account(shown, account(1))
    assert found is not None
    assert [one.moves_funds for one in found.active] == [moves]


@pytest.mark.parametrize(
    "members",
    [{"threshold": 0}, {"operations": "00"}, {"operations": None}, {"keys": [{}]},
     {"keys": permission()["keys"] * 2}],
    ids=str,
)  # fmt: skip
def test_a_permission_of_another_shape_is_refused(members: dict[str, Any]) -> None:
    shown = {"address": encode(account(1)), "active_permission": [permission(1, **members)]}
    with pytest.raises(MalformedAnswer):
        answers.account(shown, account(1))


def test_what_a_call_returned_and_why_it_did_not() -> None:
    done = {"result": {"result": True}, "constant_result": ["00ff"]}
    assert answers.returned(done) == b"\x00\xff"
    late = {"result": {"result": True, "message": b"OUT_OF_TIME".hex()}}
    with pytest.raises(TooLarge):
        answers.returned(late)
    refusals: tuple[dict[str, Any], ...] = (
        {"result": {"code": "CONTRACT_VALIDATE_ERROR", "message": b"no contract".hex()}},
        {"result": {"result": True, "message": "REVERT opcode executed"}},
        {"result": {}},
    )
    for failed in refusals:
        with pytest.raises(ProviderError) as refused:
            answers.returned(failed)
        assert refused.value.reason is Reason.CALL_FAILED
    for strange in ([], ["00", "00"], ["zz"]):
        with pytest.raises(MalformedAnswer):
            answers.returned(done | {"constant_result": strange})


def test_receipts_are_counted_by_contract() -> None:
    log = {"address": account(1)[1:].hex()}
    shown = [{"blockNumber": 7, "log": [log, log]}, {"blockNumber": "7"}]
    assert answers.logs_of_block(shown, 7) == {account(1)[1:]: 2}
    with pytest.raises(MalformedAnswer):
        answers.logs_of_block(shown, 8)
