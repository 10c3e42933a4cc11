from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chains.errors import (
    CallReverted,
    ChainsError,
    Incapable,
    MalformedAnswer,
    RegistryError,
    Throttled,
    UnresolvedReason,
    WrongState,
)
from chains.evm.blocks import Block
from chains.evm.hexadecimal import written
from chains.evm.identification import (
    Canary,
    StateRules,
    identity_requests,
    require_chain,
    require_identity,
    require_words,
    state_rules,
)
from chains.evm.programs import HeaderWords
from tests.fakes.evm_scene import network

HASH, PARENT, OTHER, NONE = b"\x01" * 32, b"\x02" * 32, b"\x03" * 32, bytes(32)
BLOCK = Block(20_000_000, HASH, PARENT, 1_700_000_000)
PLAIN = StateRules(1, arbsys=False, packed=True)
ARBITRUM = StateRules(1, arbsys=True, packed=True)
GOOD = HeaderWords(1, BLOCK.height, BLOCK.time, PARENT, PARENT, OTHER)


def test_rules_come_from_the_registry() -> None:
    assert state_rules(network()) == PLAIN
    assert state_rules(network(number_opcode="l1")) == ARBITRUM
    assert state_rules(network(packed_programs=False)) == replace(PLAIN, packed=False)


@pytest.mark.parametrize(
    "options", [{"number_opcode": "l3"}, {"packed_programs": "no"}, {"number_opcode": True}]
)
def test_unknown_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(RegistryError, match="not known"):
        state_rules(network(**options))


def test_multicall_comes_from_the_registry() -> None:
    rules = state_rules(network(multicall3="0x" + "ca" * 20, multicall3_block=7))
    assert rules == replace(PLAIN, multicall=b"\xca" * 20, multicall_block=7)


@pytest.mark.parametrize("since", ["7", True])
def test_height_that_is_none_is_refused(since: Any) -> None:  # noqa: ANN401 (whatever TOML holds)
    with pytest.raises(RegistryError, match="multicall3_block"):
        state_rules(network(multicall3_block=since))


def test_canary_must_hold_what_it_held() -> None:
    canary = Canary(b"c" * 20, 77)
    absent = replace(GOOD, state_parent_hash=NONE, canary=77)
    assert require_words(absent, BLOCK, PLAIN, canary) is False
    with pytest.raises(WrongState, match="holds 76 wei"):
        require_words(replace(absent, canary=76), BLOCK, PLAIN, canary)


def test_network_without_chain_id_is_refused() -> None:
    with pytest.raises(RegistryError, match="no chain_id"):
        state_rules(replace(network(), chain_id=None))


def test_right_words_identify_the_state() -> None:
    assert require_words(GOOD, BLOCK, PLAIN) is True
    assert require_words(replace(GOOD, state_next_slot=NONE), BLOCK, PLAIN) is True


def test_absent_history_contract_is_allowed_and_told() -> None:
    absent = replace(GOOD, state_parent_hash=NONE, state_next_slot=NONE)
    assert require_words(absent, BLOCK, PLAIN) is False


@pytest.mark.parametrize(
    "change",
    [
        {"number": BLOCK.height + 1},
        {"number": 0},
        {"time": BLOCK.time - 1},
        {"state_parent_hash": OTHER},
        {"state_parent_hash": HASH},
        {"state_next_slot": HASH},
    ],
)
def test_each_word_that_contradicts_is_a_wrong_state(change: dict[str, Any]) -> None:
    with pytest.raises(WrongState) as caught:
        require_words(replace(GOOD, **change), BLOCK, PLAIN)
    assert caught.value.reason is UnresolvedReason.WRONG_STATE


def test_other_chain_has_its_own_reason() -> None:
    with pytest.raises(WrongState) as caught:
        require_words(replace(GOOD, chain_id=2), BLOCK, PLAIN)
    assert caught.value.reason is UnresolvedReason.WRONG_CHAIN
    with pytest.raises(WrongState):
        require_chain(0, PLAIN)


@pytest.mark.parametrize("state_parent", [PARENT, NONE])
def test_other_blockhash_leaves_the_state_unidentified(state_parent: bytes) -> None:
    words = replace(GOOD, parent_hash=OTHER, state_parent_hash=state_parent)
    with pytest.raises(Incapable) as caught:
        require_words(words, BLOCK, PLAIN)
    assert caught.value.reason is UnresolvedReason.NO_METHOD


def test_arbitrum_with_arbsys() -> None:
    words = replace(GOOD, state_parent_hash=NONE, state_next_slot=NONE)
    assert require_words(words, BLOCK, ARBITRUM) is False
    assert require_words(GOOD, BLOCK, ARBITRUM) is True
    for change in ({"number": BLOCK.height + 1}, {"state_parent_hash": OTHER}):
        with pytest.raises(WrongState):
            require_words(replace(GOOD, **change), BLOCK, ARBITRUM)


def test_arbitrum_without_arbsys_needs_a_hash_that_speaks() -> None:
    no_number = replace(GOOD, number=0)
    assert require_words(no_number, BLOCK, ARBITRUM) is True
    by_state = replace(no_number, parent_hash=OTHER)
    assert require_words(by_state, BLOCK, ARBITRUM) is True
    by_header = replace(no_number, state_parent_hash=OTHER)
    assert require_words(by_header, BLOCK, ARBITRUM) is False
    with pytest.raises(Incapable):
        require_words(replace(by_state, state_parent_hash=OTHER), BLOCK, ARBITRUM)
    with pytest.raises(WrongState):
        require_words(replace(no_number, time=1), BLOCK, ARBITRUM)


DESCRIBED = {
    "number": hex(BLOCK.height),
    "hash": written(HASH),
    "parentHash": written(PARENT),
    "timestamp": hex(BLOCK.time),
}


def _answers(
    chain: object = "0x1",
    described: object = DESCRIBED,
    before: object = written(PARENT),
    own: object = written(OTHER),
) -> list[object]:
    return [chain, described, before, own]


def test_batch_asks_for_chain_block_and_both_slots() -> None:
    requests = identity_requests(BLOCK, PLAIN, "ref")
    assert [request.method for request in requests] == [
        "eth_chainId",
        "eth_getBlockByHash",
        "eth_getStorageAt",
        "eth_getStorageAt",
    ]
    assert requests[1].params == (written(HASH), False)
    slots = [int(str(request.params[1]), 16) for request in requests[2:]]
    assert slots == [(BLOCK.height - 1) % 8191, BLOCK.height % 8191]
    assert {request.params[2] for request in requests[2:]} == {"ref"}


def test_right_answers_identify_the_state() -> None:
    assert require_identity(_answers(), BLOCK, PLAIN) is True
    assert require_identity(_answers(own=written(NONE)), BLOCK, PLAIN) is True
    # Some nodes write storage words without leading zeros.
    assert require_identity(_answers(before="0x0", own="0x0"), BLOCK, PLAIN) is False


@pytest.mark.parametrize(
    "answers",
    [
        _answers(chain="0x2"),
        _answers(described=DESCRIBED | {"number": "0x1"}),
        _answers(described=DESCRIBED | {"hash": written(OTHER)}),
        _answers(described=DESCRIBED | {"timestamp": "0x1"}),
        _answers(before=written(OTHER)),
        _answers(own=written(HASH)),
    ],
)
def test_each_contradiction_is_a_wrong_state(answers: list[object]) -> None:
    with pytest.raises(WrongState):
        require_identity(answers, BLOCK, PLAIN)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("error", [Throttled("x"), Incapable("x"), CallReverted("x")])
def test_failed_identification_is_raised(place: int, error: ChainsError) -> None:
    answers = _answers()
    answers[place] = error
    with pytest.raises(type(error)):
        require_identity(answers, BLOCK, PLAIN)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("value", ["0x", "junk", 5, {}])
def test_ill_typed_identification_is_malformed(place: int, value: object) -> None:
    answers = _answers()
    answers[place] = value
    with pytest.raises(MalformedAnswer):
        require_identity(answers, BLOCK, PLAIN)


def test_null_for_the_block_is_no_block() -> None:
    with pytest.raises(Incapable) as caught:
        require_identity(_answers(described=None), BLOCK, PLAIN)
    assert caught.value.reason is UnresolvedReason.NO_BLOCK


def test_node_that_does_not_know_storage_is_noted_not_refused() -> None:
    refused = Incapable("unknown method", reason=UnresolvedReason.NO_METHOD)
    assert require_identity(_answers(before=refused), BLOCK, PLAIN) is False


def test_arbsys_in_a_batch() -> None:
    (*_, last) = identity_requests(BLOCK, ARBITRUM, "ref")
    assert last.method == "eth_call"
    number = written(BLOCK.height.to_bytes(32, "big"))
    for answer, speaks in ((number, True), ("0x", False), (CallReverted("x"), False)):
        assert require_identity(["0x1", DESCRIBED, answer], BLOCK, ARBITRUM) is speaks
    with pytest.raises(WrongState):
        require_identity(["0x1", DESCRIBED, written(NONE)], BLOCK, ARBITRUM)
    with pytest.raises(MalformedAnswer):
        require_identity(["0x1", DESCRIBED, "0x01"], BLOCK, ARBITRUM)
    with pytest.raises(Throttled):
        require_identity(["0x1", DESCRIBED, Throttled("x")], BLOCK, ARBITRUM)
