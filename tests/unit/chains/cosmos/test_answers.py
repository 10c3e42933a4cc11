from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.cosmos.answers import amount, classify, header, moment, proven_balance
from chains.errors import Incapable, MalformedAnswer, ProviderError, UnresolvedReason
from chains.transport.json_rpc import RpcError
from tests.fakes.cosmos_tree import part


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("height 5 is not available, lowest height is 9", UnresolvedReason.NO_STATE),
        ("failed to load state at height 5; version does not exist", UnresolvedReason.NO_STATE),
        ("height 9 must be less than or equal to the current blockchain height 5",
         UnresolvedReason.NO_BLOCK),
        ("something else", UnresolvedReason.CALL_FAILED),
    ],
)  # fmt: skip
def test_what_refusals_mean(said: str, reason: UnresolvedReason) -> None:
    assert classify(RpcError(-32603, f"Internal error ({said})")).reason is reason
    with pytest.raises(ProviderError) as caught:
        proven_balance({"response": {"code": 18, "log": said}}, b"k", 5, b"")
    assert caught.value.reason is reason


def test_an_unknown_method() -> None:
    assert classify(RpcError(-32601, "no")).reason is UnresolvedReason.NO_METHOD
    assert isinstance(classify(RpcError(1, "pruned")), Incapable)


@given(st.integers(0, 2**256))
def test_both_ways_to_store_a_balance(value: int) -> None:
    digits = str(value).encode()
    assert amount(digits) == amount(part(1, b"uatom") + part(2, digits)) == value


@pytest.mark.parametrize(
    "written", [b"-1", b"1.5", b" 1", part(1, b"uatom"), part(2, b"x"), part(2, 7)]
)
def test_other_bytes_are_no_balance(written: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        amount(written)


@pytest.mark.parametrize("value", ["", "2023-11-14", "yesterday", 7, "2023-13-14T22:13:20Z"])
def test_what_is_no_time(value: object) -> None:
    if value == "2023-11-14":
        assert moment(value) == 1_699_920_000
        return
    with pytest.raises(MalformedAnswer):
        moment(value)


def test_a_commit_of_another_block() -> None:
    signed = {"header": {"height": "5"}, "commit": {"height": "6"}}
    with pytest.raises(MalformedAnswer):
        header({"signed_header": signed})
