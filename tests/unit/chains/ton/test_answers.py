from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import Incapable, MalformedAnswer, ProviderError, Throttled, TransportFailure
from chains.errors import UnresolvedReason as Reason
from chains.ton import answers
from tests.fakes.ton_api import shown

BLOCK: dict[str, Any] = {"workchain": -1, "seqno": 5, "root_hash": shown(b"r" * 32)}
STATE: dict[str, Any] = {
    "balance": "7", "state": "active", "data": "", "block_id": BLOCK,
}  # fmt: skip


def test_a_state_of_an_account() -> None:
    found = answers.account_state(STATE)
    assert (found.amount, found.state, found.block) == (7, "active", (5, (b"r" * 32).hex()))


@given(st.integers(0, 2**70))
def test_amounts_are_exact_as_text_and_as_number(amount: int) -> None:
    assert answers.account_state(STATE | {"balance": str(amount)}).amount == amount
    assert answers.account_state(STATE | {"balance": amount}).amount == amount


def test_an_account_that_is_not_there_may_be_minus_one() -> None:
    absent = STATE | {"balance": "-1", "state": "uninitialized"}
    assert answers.account_state(absent).amount == 0
    for bad in (STATE | {"balance": "-1"}, absent | {"balance": "-2"}):
        with pytest.raises(MalformedAnswer, match="negative"):
            answers.account_state(bad)


@pytest.mark.parametrize("member", list(STATE))
@pytest.mark.parametrize("value", [None, 1.5, "x!", {}, [], True])
def test_incomplete_states_are_refused(member: str, value: object) -> None:
    if (member, value) == ("data", "x!"):
        return  # read only where it is needed
    with pytest.raises(MalformedAnswer):
        answers.account_state(STATE | {member: value})


@pytest.mark.parametrize(
    "block", [{"workchain": 0}, {"seqno": -1}, {"seqno": None}, {"root_hash": shown(b"short")}]
)
def test_blocks_of_other_chains_and_without_a_hash_are_refused(block: dict[str, object]) -> None:
    with pytest.raises(MalformedAnswer):
        answers.block_id(BLOCK | block)


def test_numbers_of_a_block_may_be_texts() -> None:
    as_text = BLOCK | {"workchain": "-1", "seqno": "5"}
    assert answers.block_id(as_text) == answers.block_id(BLOCK)


def test_both_alphabets_of_base64_are_one_hash() -> None:
    data = bytes([0xFB, 0xFF] * 16)
    standard = shown(data)
    url = standard.translate(str.maketrans("+/", "-_"))
    assert standard != url
    assert answers.block_id(BLOCK | {"root_hash": url}).root_hash == data.hex()


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        ("LITE_SERVER_NOTREADY: cannot find block (-1,8000) seqno=9: seqno not in db",
         Incapable, Reason.NO_STATE),
        ("LITE_SERVER_UNKNOWN: state not found", Incapable, Reason.NO_STATE),
        ("Method not found", Incapable, Reason.NO_METHOD),
        ("Incorrect address", ProviderError, Reason.CALL_FAILED),
    ],
)  # fmt: skip
def test_errors_of_the_server(error: str, kind: type[ProviderError], reason: Reason) -> None:
    answer = {"ok": False, "error": error, "code": 500}
    answers.require_no_throttle(answer)
    with pytest.raises(kind) as caught:
        answers.result(answer)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("Ratelimit exceed", Throttled),
        ("LITE_SERVER_NETWORK: timeout for adnl query query", TransportFailure),
        ("LITE_SERVER_UNKNOWN: block is not applied", TransportFailure),
    ],
)
def test_errors_after_which_it_pays_to_ask_again(error: str, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        answers.require_no_throttle({"ok": False, "error": error})


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"ok": True}, {"ok": 1, "result": 7}, {"ok": "x"}]
)
def test_what_is_neither_a_result_nor_an_error(answer: object) -> None:
    answers.require_no_throttle(answer)
    with pytest.raises(MalformedAnswer):
        answers.result(answer)


def test_a_contract_that_is_no_jetton() -> None:
    assert answers.token({"contract_type": "nft_collection"}) is None


@pytest.mark.parametrize(
    "stack", [None, [], [["num", "0x1"]], [["cell", None]], [["cell", {}]], [["cell", {}]] * 2]
)
def test_a_stack_without_one_cell(stack: object) -> None:
    with pytest.raises(MalformedAnswer):
        answers.stack_cell({"exit_code": 0, "stack": stack})


def test_a_get_method_that_failed() -> None:
    with pytest.raises(ProviderError) as caught:
        answers.stack_cell({"exit_code": 11, "stack": []})
    assert caught.value.reason is Reason.CALL_FAILED


def test_a_block_that_is_described_as_another() -> None:
    block = answers.block_id(BLOCK)
    assert answers.block_time({"id": BLOCK, "gen_utime": 9}, block) == 9
    with pytest.raises(MalformedAnswer, match="another block"):
        answers.block_time({"id": BLOCK | {"seqno": 6}, "gen_utime": 9}, block)


@pytest.mark.parametrize(
    "answer",
    [
        {"ok": False, "result": "Ratelimit exceed", "code": 429},
        {"ok": False, "error": "slow down", "code": 429},
    ],
)
def test_a_limit_may_be_told_in_the_result_or_by_the_code(answer: dict[str, object]) -> None:
    with pytest.raises(Throttled):
        answers.require_no_throttle(answer)
