from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.cosmos import answers as cosmos
from chains.errors import MalformedAnswer, Throttled, TransportFailure, UnresolvedReason
from chains.filecoin import answers as filecoin
from chains.near import answers as near
from chains.starknet import answers as starknet
from chains.transport.json_rpc import RpcError, RpcRequest, decode, encode, is_throttle, routed


def _answer(id_: object, **members: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": id_, **members}


def _bytes(value: object) -> bytes:
    return json.dumps(value).encode()


def test_batch_is_an_array_and_keeps_the_order() -> None:
    body = encode(
        [RpcRequest("a", ("0x1", {"blockHash": "0x2"})), RpcRequest("b", ())], [4, 9], batch=True
    )
    assert json.loads(body) == [
        {"jsonrpc": "2.0", "id": 4, "method": "a", "params": ["0x1", {"blockHash": "0x2"}]},
        {"jsonrpc": "2.0", "id": 9, "method": "b", "params": []},
    ]


def test_batch_of_one_is_still_an_array() -> None:
    assert isinstance(json.loads(encode([RpcRequest("a", ())], [1], batch=True)), list)


def test_several_requests_without_a_batch_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="too many values"):
        encode([RpcRequest("a", ())] * 2, [1, 2], batch=False)


@given(
    results=st.lists(st.integers() | st.text() | st.none() | st.booleans(), max_size=12),
    order=st.randoms(use_true_random=False),
)
def test_answers_are_matched_by_id_in_any_order(results: list[Any], order: Any) -> None:  # noqa: ANN401
    ids = list(range(10, 10 + len(results)))
    answers = [_answer(i, result=r) for i, r in zip(ids, results, strict=True)]
    order.shuffle(answers)
    assert decode(_bytes(answers), ids, batch=True) == results


@given(number=st.integers(min_value=-(2**300), max_value=2**300))
def test_integers_are_exact(number: int) -> None:
    assert decode(_bytes(_answer(1, result=number)), [1], batch=False) == [number]


@pytest.mark.parametrize("result", [1.0, [1, [2, 0.5]], {"a": {"b": [1e3]}}])
def test_float_at_any_depth_is_refused(result: object) -> None:
    with pytest.raises(MalformedAnswer, match="not an integer"):
        decode(_bytes(_answer(1, result=result)), [1], batch=False)


@pytest.mark.parametrize(
    "answers",
    [
        [_answer(1, result="a"), _answer("2", result="b")],
        [_answer(1, result="a"), _answer(2.0, result="b")],
        [_answer(1, result="a"), _answer(None, result="b")],
        [_answer(1, result="a"), {"jsonrpc": "2.0", "result": "b"}],
        [_answer(1, result="a"), _answer(3, result="b")],
        [_answer(1, result="a"), _answer(1, result="a")],
        [_answer(1, result="a"), _answer(2, result="b"), _answer(3, result="c")],
        [_answer(1, result="a"), _answer(2, result="b", error={"code": 1, "message": "x"})],
        [_answer(1, result="a"), "b"],
        [_answer(1, result="a"), None],
    ],
    ids=[
        "text id",
        "float id",
        "null id",
        "no id",
        "foreign id",
        "twice",
        "surplus",
        "result and error",
        "text",
        "null",
    ],
)
def test_batch_that_breaks_the_rules_is_malformed(answers: object) -> None:
    with pytest.raises(MalformedAnswer) as caught:
        decode(_bytes(answers), [1, 2], batch=True)
    assert caught.value.reason is UnresolvedReason.MALFORMED_ANSWER


@pytest.mark.parametrize(
    "answers",
    [[], [_answer(2, result="b")], [_answer(1, result="a"), _answer(2)]],
    ids=["none", "short by one", "neither result nor error"],
)
def test_missing_answer_has_its_own_reason(answers: object) -> None:
    with pytest.raises(MalformedAnswer) as caught:
        decode(_bytes(answers), [1, 2], batch=True)
    assert caught.value.reason is UnresolvedReason.MISSING_ANSWER


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"id":1,"result":',
        b'{"id":1,"result":"0x1"}x',
        b"[" * 100_000,
        b'{"id":1,"result":NaN}',
    ],
)
@pytest.mark.parametrize("batch", [True, False])
def test_what_is_not_json_is_a_bad_transport(body: bytes, batch: bool) -> None:
    with pytest.raises((TransportFailure, MalformedAnswer)) as caught:
        decode(body, [1], batch=batch)
    assert caught.value.reason is UnresolvedReason.MALFORMED_ANSWER


def test_deeply_nested_result_does_not_exhaust_the_stack() -> None:
    body = b'{"id":1,"result":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises((TransportFailure, MalformedAnswer)):
        decode(body, [1], batch=False)


@pytest.mark.parametrize("text", [b"\xff\xfe", b"\\ud800"])
def test_result_that_is_no_text_is_malformed(text: bytes) -> None:
    with pytest.raises((TransportFailure, MalformedAnswer)):
        decode(b'{"id":1,"result":"' + text + b'"}', [1], batch=False)


@given(body=st.binary(max_size=60), batch=st.booleans())
def test_junk_is_never_a_value(body: bytes, batch: bool) -> None:
    with pytest.raises((TransportFailure, MalformedAnswer)):
        decode(b"\x00" + body, [1], batch=batch)


def test_null_is_a_result_where_it_is_written() -> None:
    assert decode(_bytes(_answer(1, result=None)), [1], batch=False) == [None]
    assert decode(_bytes(_answer(1, result=None, error=None)), [1], batch=False) == [None]


def test_errors_are_values_of_their_request() -> None:
    error = {"code": -32000, "message": "missing\ntrie node\x1b[31m"}
    answers = [_answer(2, error=error), _answer(1, result="0x1", error=None)]
    assert decode(_bytes(answers), [1, 2], batch=True) == [
        "0x1",
        RpcError(-32000, "missing trie node[31m"),
    ]


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        ("no", RpcError(0, "no")),
        ({"message": "no"}, RpcError(0, "no")),
        ({"code": "x", "message": None}, RpcError(0, "None")),
        ({"code": 3, "message": "reverted", "data": "0x08c3"}, RpcError(3, "reverted")),
        ({"code": 3, "message": "no", "data": "why"}, RpcError(3, "no (why)")),
        ({"code": 1.5, "message": "no"}, RpcError(0, "no")),
        ([], RpcError(0, "[]")),
    ],
)
def test_odd_error_members_are_understood(error: object, seen: RpcError) -> None:
    assert decode(_bytes(_answer(1, error=error)), [1], batch=False) == [seen]


def test_batch_refused_as_a_whole() -> None:
    body = _bytes(_answer(None, error={"code": -32600, "message": "too large"}))
    assert decode(body, [1, 2], batch=True) == RpcError(-32600, "too large")


def test_single_request_refused_without_an_id() -> None:
    body = _bytes(_answer(None, error={"code": -32700, "message": "parse error"}))
    assert decode(body, [1], batch=False) == RpcError(-32700, "parse error")


def test_one_result_does_not_answer_a_batch() -> None:
    with pytest.raises(MalformedAnswer, match="one object"):
        decode(_bytes(_answer(1, result="0x1")), [1, 2], batch=True)


@pytest.mark.parametrize("body", [b'"text"', b"5", b"null", b'{"id":[]}'])
def test_other_json_does_not_answer_a_batch(body: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        decode(body, [1, 2], batch=True)


def test_array_does_not_answer_a_single_request() -> None:
    with pytest.raises(MalformedAnswer):
        decode(_bytes([_answer(1, result="0x1")]), [1], batch=False)


def test_a_line_of_a_stream_is_routed_by_its_ids() -> None:
    line = _bytes([_answer(9, result=[1]), _answer(4, error={"code": 1, "message": "no"})])
    assert routed(line + b"    ") == [(9, [1]), (4, RpcError(1, "no"))]
    assert routed(_bytes(_answer(7, result=None))) == [(7, None)]


def test_a_line_without_an_id_refuses_or_notifies() -> None:
    refusal = _answer(None, error={"code": -32600, "message": "no batches"})
    assert routed(_bytes(refusal)) == [(None, RpcError(-32600, "no batches"))]
    assert routed(b'{"jsonrpc": "2.0", "method": "news", "params": [1.5]}') == []


@pytest.mark.parametrize("id_", ["7", 7.0, True])
def test_a_line_with_another_kind_of_id_is_malformed(id_: object) -> None:
    with pytest.raises(MalformedAnswer):
        routed(_bytes(_answer(id_, result=1)))


@given(st.binary())
def test_a_line_of_junk_is_never_a_value(line: bytes) -> None:
    try:
        found = routed(line)
    except (MalformedAnswer, TransportFailure):
        return
    assert all(id_ is None or isinstance(id_, int) for id_, _ in found)


def test_parameters_by_name_stand_in_place_of_those_by_position() -> None:
    (sent,) = json.loads(encode([RpcRequest("m", (), {"a": 1})], [7], batch=True))
    assert sent["params"] == {"a": 1}


def test_the_cause_of_a_refusal_is_handed_over_as_it_is() -> None:
    body = b'{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"m","cause":{"name":"N"}}}'
    assert decode(body, [7], batch=False) == [RpcError(1, "m", {"name": "N"})]


@pytest.mark.parametrize(
    "error",
    [
        RpcError(429, ""),
        RpcError(-32005, "limit exceeded"),
        RpcError(-32029, "You have exceeded the allowance of your plan"),
        RpcError(-32000, "Too Many Requests"),
        RpcError(-32603, "rate limit of 10 per second reached"),
        RpcError(-1, "Your app has exceeded its compute units per second capacity"),
    ],
    ids=str,
)
def test_a_throttle_inside_an_answer_is_waited_out_and_no_verdict_on_the_state(
    error: RpcError,
) -> None:
    assert is_throttle(error)
    for family in (cosmos, filecoin, near, starknet):
        assert isinstance(family.classify(error), Throttled), family


@pytest.mark.parametrize("code", [-32000, -32601, -32602, 20, 24, 1])
def test_other_errors_are_no_throttles(code: int) -> None:
    assert not is_throttle(RpcError(code, "actor not found, separate limits do not matter"))
