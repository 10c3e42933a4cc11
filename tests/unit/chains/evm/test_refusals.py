"""The words of real nodes and providers, and what they mean."""

from __future__ import annotations

import pytest

from chains.errors import (
    CallReverted,
    ChainsError,
    Incapable,
    MalformedAnswer,
    ProviderError,
    Throttled,
    TimedOut,
    TooLarge,
    TransportFailure,
    UnresolvedReason,
    WrongState,
)
from chains.evm.refusals import GasCapped, UnknownRefusal, classify, is_refusal
from chains.transport.json_rpc import RpcError

NO_STATE, NO_BLOCK, NO_METHOD = (
    UnresolvedReason.NO_STATE,
    UnresolvedReason.NO_BLOCK,
    UnresolvedReason.NO_METHOD,
)
CASES: list[tuple[int, str, type[ChainsError], UnresolvedReason | None]] = [
    (3, "execution reverted", CallReverted, None),
    (-32000, "execution reverted: Pausable: paused", CallReverted, None),
    (-32603, "EVM error InvalidFEOpcode", CallReverted, None),
    (-32000, "invalid opcode: PUSH0", CallReverted, None),
    (-32000, "stack underflow (0 <=> 1)", CallReverted, None),
    (-32603, "EVM error OutOfGas", TooLarge, None),
    (-32000, "out of gas", TooLarge, None),
    (-32000, "gas required exceeds allowance (50000000)", TooLarge, None),
    (-32000, "execution aborted (timeout = 5s)", TooLarge, None),
    (-32003, "response size exceeded", TooLarge, None),
    (-32600, "batch too large", TooLarge, None),
    (-32600, "batch size is over the limit", TooLarge, None),
    (-32000, "request entity too large", TooLarge, None),
    (-32000, "transaction gas limit too high (cap: 16777216, tx: 50000000)", GasCapped, None),
    (-32000, "Transaction gas limit exceeds transaction gas cap of 16777216", GasCapped, None),
    (-32005, "limit exceeded", Throttled, None),
    (-32005, "daily request count exceeded, request rate limited", Throttled, None),
    (-32029, "Your app has exceeded its compute units per second capacity", Throttled, None),
    (429, "Too Many Requests", Throttled, None),
    (-32000, "rate limit exceeded", Throttled, None),
    (-32603, "request limit reached", Throttled, None),
    (-32001, "Resource not found", Incapable, NO_BLOCK),
    (-32000, "header not found", Incapable, NO_BLOCK),
    (-32000, "header for hash not found", Incapable, NO_BLOCK),
    (-32000, "unknown block", Incapable, NO_BLOCK),
    (-32602, "BlockOutOfRangeError: block height is 5 but requested was 9", Incapable, NO_BLOCK),
    (-32000, "hash is not currently canonical", Incapable, NO_BLOCK),
    (-32000, "missing trie node 12ab (path ) <nil>", Incapable, NO_STATE),
    (-32000, "required historical state unavailable (reexec=128)", Incapable, NO_STATE),
    (-32000, "state 0x12 is not available, not found", Incapable, NO_STATE),
    (-32000, "old data not available due to pruning", Incapable, NO_STATE),
    (-32000, "distance to target block exceeds maximum proof window", Incapable, NO_STATE),
    (-32000, "project ID does not have access to archive state", Incapable, NO_STATE),
    (-32601, "the method eth_foo does not exist/is not available", Incapable, NO_METHOD),
    (-32602, "too many arguments, want at most 2", Incapable, NO_METHOD),
    (-32602, "invalid argument 1: json: cannot unmarshal object", Incapable, NO_METHOD),
    (-32600, "Invalid Request", Incapable, NO_METHOD),
    (-32000, "state override is not supported", Incapable, NO_METHOD),
    # Besu (RpcErrorType), Reth (jsonrpsee) and Nethermind give batches the code of throttles.
    (-32005, "Number of requests exceeds max batch size", TooLarge, None),
    (-32005, "Transaction gas limit exceeds block gas limit", TooLarge, None),
    (-32005, "Batch size limit exceeded", TooLarge, None),
    (-32005, "MaxBatchResponseBodySize of 33554432 exceeded", TooLarge, None),
    (-32005, "Batched requests are not supported by this server", Incapable, NO_METHOD),
    (-32005, "you have exceeded the rate limit: 10 requests in a batch", Throttled, None),
    (-32005, "at most 10 requests per second, maximum 20 requests per minute", Throttled, None),
    (-32010, "The batch request was too large", TooLarge, None),
    (-32600, "maximum 10 calls in 1 batch", TooLarge, None),
    (-32600, "You can't batch more than 20 requests", TooLarge, None),
    (-32000, "Batch of more than 3 requests are not allowed on free tier", TooLarge, None),
    (-32000, "batch limit 100 exceeded: 200 (see --rpc.batch.limit)", TooLarge, None),
    (-32602, "storageKeys: 1001 is over the query limit 1000.", TooLarge, None),
    (-32002, "request timed out", TooLarge, None),
    (-32603, "Timeout expired", TooLarge, None),
    (-32016, "eth_call request was canceled due to enabled timeout.", TooLarge, None),
    (-32000, "EVM error: CreateInitCodeSizeLimit", TooLarge, None),
    (-32015, "VM execution error. (OutOfGas)", TooLarge, None),
    (-32015, "VM execution error. (err: 0xdf2d9b42 (supplied gas 36000000))", CallReverted, None),
    (-32015, "VM execution error. (Reverted 0x)", CallReverted, None),
    (-32015, "VM execution error. (BadInstruction)", CallReverted, None),
    (-32000, "Bad instruction", CallReverted, None),
    (-32000, "return data out of bounds", CallReverted, None),
    (-32000, "write protection", CallReverted, None),
    (-32000, "stack limit reached 1024 (1023)", CallReverted, None),
    (-32603, "EVM error: StateChangeDuringStaticCall", CallReverted, None),
    (
        -32000,
        "Transaction processing could not be completed due to an exception",
        CallReverted,
        None,
    ),
    (-32000, "block 17 not found", Incapable, NO_BLOCK),
    (4444, "pruned history unavailable", Incapable, NO_STATE),
    (-32000, "requested block is too old, block must be within 9 blocks", Incapable, NO_STATE),
    (-32000, "World state unavailable", Incapable, NO_STATE),
    (-32604, "Method not enabled", Incapable, NO_METHOD),
    (-32603, "internal error", UnknownRefusal, None),
    (0, "", UnknownRefusal, None),
]


@pytest.mark.parametrize(("code", "text", "kind", "reason"), CASES)
def test_words_of_a_node(
    code: int, text: str, kind: type[ChainsError], reason: UnresolvedReason | None
) -> None:
    error = classify(RpcError(code, text))
    assert type(error) is kind
    assert text in str(error)
    if reason is not None:
        assert isinstance(error, ProviderError)
        assert error.reason is reason


@pytest.mark.parametrize("text", [case[1] for case in CASES])
def test_case_of_the_letters_does_not_matter(text: str) -> None:
    assert type(classify(RpcError(-1, text.upper()))) is type(classify(RpcError(-1, text)))


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (Incapable("x", reason=NO_METHOD), True),
        (CallReverted("x"), True),
        (MalformedAnswer("x"), True),
        (UnknownRefusal("x"), True),
        (TransportFailure("x", reason=UnresolvedReason.MALFORMED_ANSWER), True),
        (TransportFailure("x"), False),
        (TimedOut("x"), False),
        (Incapable("x"), False),
        (Incapable("x", reason=NO_BLOCK), False),
        (Throttled("x"), False),
        (TooLarge("x"), False),
        (WrongState("x"), False),
    ],
)
def test_what_makes_an_examination_worth_while(error: ChainsError, refused: bool) -> None:
    assert is_refusal(error) is refused
