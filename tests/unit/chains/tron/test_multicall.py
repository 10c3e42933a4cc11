from __future__ import annotations

import pytest
from eth_abi.abi import decode, encode
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer
from chains.tron.multicall import argument, balances

accounts = st.lists(st.binary(min_size=20, max_size=20), max_size=5)
amounts = st.lists(st.integers(0, 2**256 - 1), max_size=5)


@given(st.binary(min_size=20, max_size=20), accounts)
def test_the_argument_is_that_of_the_abi(token: bytes, asked: list[bytes]) -> None:
    (calls,) = decode(["(address,bytes)[]"], argument(token, asked))
    assert [bytes.fromhex(target[2:]) for target, _ in calls] == [token] * len(asked)
    assert [data for _, data in calls] == [
        bytes.fromhex("70a08231") + bytes(12) + one for one in asked
    ]


def answer(height: int, values: list[bytes]) -> bytes:
    return bytes(encode(["uint256", "bytes[]"], [height, values]))


@given(st.integers(0, 2**63), amounts)
def test_the_answer_is_read_back(height: int, values: list[int]) -> None:
    coded = answer(height, [value.to_bytes(32, "big") for value in values])
    assert balances(coded, len(values)) == (height, values)


@given(st.binary(max_size=300), st.integers(0, 3))
def test_other_bytes_are_refused_or_read_and_nothing_else(output: bytes, count: int) -> None:
    try:
        found = balances(output, count)
    except MalformedAnswer:
        return
    assert len(found.amounts) == count


@pytest.mark.parametrize("values", [[], [bytes(32)] * 2, [b""], [bytes(31)], [bytes(64)]])
def test_too_few_too_many_and_no_words_are_refused(values: list[bytes]) -> None:
    with pytest.raises(MalformedAnswer):
        balances(answer(7, values), 1)
