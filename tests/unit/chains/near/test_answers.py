from __future__ import annotations

import pytest

from chains.errors import Incapable, MalformedAnswer, ProviderError
from chains.near.answers import AbsentError, amount, classify, header, require_block, result
from chains.source import CaughtStale
from chains.transport.json_rpc import RpcError


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        ({"name": "UNKNOWN_BLOCK", "info": {}}, Incapable),
        ({"name": "GARBAGE_COLLECTED_BLOCK"}, Incapable),
        ({"name": "UNKNOWN_ACCOUNT", "info": {"block_hash": "h"}}, AbsentError),
        ({"name": "INTERNAL_ERROR"}, ProviderError),
        (None, ProviderError),
        (7, ProviderError),
    ],
)
def test_what_refusals_mean(cause: object, kind: type[ProviderError]) -> None:
    found = classify(RpcError(-32000, "Server error", cause))
    assert type(found) is kind
    if isinstance(found, AbsentError):
        assert (found.cause, found.block_hash) == ("UNKNOWN_ACCOUNT", "h")


@pytest.mark.parametrize("info", [None, {}, {"block_hash": 7}])
def test_a_refusal_that_names_no_block(info: object) -> None:
    found = classify(RpcError(1, "", {"name": "UNKNOWN_ACCOUNT", "info": info}))
    assert isinstance(found, AbsentError)
    assert found.block_hash == ""


def test_another_block_is_a_lie() -> None:
    assert require_block({"block_hash": "h", "amount": "1"}, "h")["amount"] == "1"
    with pytest.raises(CaughtStale):
        require_block({"block_hash": "i"}, "h")


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("access key ed25519:1 does not exist while viewing", "UNKNOWN_ACCESS_KEY"),
        ("account a.near does not exist while viewing", "UNKNOWN_ACCOUNT"),
        (
            "wasm execution failed with error: MethodResolveError(MethodNotFound)",
            "NO_CONTRACT_CODE",
        ),
        ("wasm execution failed with error: ExecutionError(...)", None),
    ],
)
def test_errors_that_are_told_as_results(said: str, cause: str | None) -> None:
    with pytest.raises(ProviderError) as caught:
        require_block({"block_hash": "h", "error": said, "logs": []}, "h")
    found = caught.value
    assert getattr(found, "cause", None) == cause
    assert getattr(found, "block_hash", "h") == "h"


@pytest.mark.parametrize("value", [7, "-1", "", "1.5", None])
def test_amounts_are_texts_of_digits(value: object) -> None:
    assert amount(str(2**128 - 1)) == 2**128 - 1
    with pytest.raises(MalformedAnswer):
        amount(value)


@pytest.mark.parametrize("value", [None, "MQ==", [300], [-1], [34], ["x"]])
def test_a_contract_returns_json_in_bytes(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        result({"result": value})


def test_old_blocks_do_not_name_the_height_before() -> None:
    members = {"height": 9, "hash": "h", "timestamp": 5_000_000_001, "prev_hash": "g"}
    assert header({"header": members})[2:] == (5, "g", None)
