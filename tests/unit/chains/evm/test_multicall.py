from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.evm.blocks import Block
from chains.evm.multicall import bundle, decode, encode, unbundle
from tests.fakes.evm_node import _aggregated, _calls

BLOCK = Block(20_000_000, b"\x01" * 32, b"\x02" * 32, 1_700_000_000)
TARGET, TOKEN, CANARY = b"m" * 20, b"t" * 20, b"c" * 20
ARBSYS = bytes(19) + b"\x64"
ANSWERS = st.lists(st.none() | st.binary(max_size=70), max_size=8)


def test_encoding_is_that_of_the_abi_specification() -> None:
    """One call with three bytes of data, written out by hand from the specification."""
    words = [
        f"{0x20:064x}",  # where the array begins
        f"{1:064x}",
        f"{0x20:064x}",  # where its first member begins
        TARGET.hex().rjust(64, "0"),
        f"{1:064x}",  # may fail
        f"{0x60:064x}",
        f"{3:064x}",
        b"abc".hex().ljust(64, "0"),
    ]
    assert encode([(TARGET, b"abc")]).hex() == "82ad56cb" + "".join(words)


@given(st.lists(st.tuples(st.binary(min_size=20, max_size=20), st.binary(max_size=70)), max_size=8))
def test_calls_survive_the_way(calls: list[tuple[bytes, bytes]]) -> None:
    assert _calls(encode(calls)) == calls


@given(ANSWERS)
def test_answers_survive_the_way(answers: list[bytes | None]) -> None:
    assert decode(_aggregated(answers), len(answers)) == answers


@given(ANSWERS, st.integers(1, 40))
def test_answer_that_breaks_off_is_refused(answers: list[bytes | None], cut: int) -> None:
    output = _aggregated([*answers, b"x" * 32])
    with pytest.raises(MalformedAnswer):
        decode(output[:-cut], len(answers) + 1)


@pytest.mark.parametrize("count", [0, 2])
def test_other_number_of_answers_is_refused(count: int) -> None:
    with pytest.raises(MalformedAnswer, match="another number"):
        decode(_aggregated([b"x" * 32]), count)


def test_success_that_is_no_bool_is_refused() -> None:
    output = bytearray(_aggregated([b"x" * 32]))
    output[127] = 2
    with pytest.raises(MalformedAnswer):
        decode(bytes(output), 1)


@pytest.mark.parametrize("arbsys", [False, True])
@pytest.mark.parametrize("contract", [None, TOKEN])
def test_bundle_identifies_its_state_and_asks_for_everybody(
    arbsys: bool, contract: bytes | None
) -> None:
    asked = [b"a" * 20, b"b" * 20]
    calls = _calls(bundle(TARGET, BLOCK, contract, asked, CANARY, arbsys=arbsys))
    assert len(calls) == 7 + len(asked)
    assert {target for target, _ in calls[7:]} == {TARGET if contract is None else TOKEN}
    assert [data[-20:] for _, data in calls[6:]] == [CANARY, *asked]
    assert (calls[1][0] == ARBSYS) is arbsys
    assert (calls[3][0] == ARBSYS) is arbsys
    assert int.from_bytes(calls[4][1], "big") == BLOCK.height - 1
    assert int.from_bytes(calls[5][1], "big") == BLOCK.height - 8191


def test_unbundling_gives_words_and_values() -> None:
    words = [number.to_bytes(32, "big") for number in range(1, 8)]
    header, values = unbundle(_aggregated([*words, words[0], None, b"", b"x" * 31]), 4)
    assert (header.chain_id, header.number, header.time, header.canary) == (1, 2, 3, 7)
    assert header.parent_hash == words[3]
    assert header.state_parent_hash == words[4]
    assert header.state_next_slot == words[5]
    assert values == [1, None, None, None]


def test_words_that_were_not_given_are_zero() -> None:
    header, _ = unbundle(_aggregated([None, b"", *[None] * 5]), 0)
    assert (header.chain_id, header.number, header.canary) == (0, 0, 0)
    assert header.parent_hash == bytes(32)
