from __future__ import annotations

import pytest

from chains.errors import Incapable, ProviderError, Throttled, TooLarge
from chains.errors import UnresolvedReason as Reason
from chains.substrate.refusals import classify
from chains.transport.json_rpc import RpcError


@pytest.mark.parametrize(
    ("code", "message", "kind", "reason"),
    [
        (4003, "UnknownBlock: State already discarded for 0x1", Incapable, Reason.NO_STATE),
        (4003, "Client error: UnknownBlock: Header was not found", Incapable, Reason.NO_BLOCK),
        (-32601, "Method not found", Incapable, Reason.NO_METHOD),
        (-32601, "RPC call is unsafe to be called externally", Incapable, Reason.NO_METHOD),
        (1, "state_getReadProof not implemented", Incapable, Reason.NO_METHOD),
        (-32008, "Response is too big", TooLarge, Reason.TOO_LARGE),
        (-32007, "Request is too big", TooLarge, Reason.TOO_LARGE),
        (-32999, "RPC rate limit exceeded", Throttled, Reason.THROTTLED),
        (-32603, "Internal error", ProviderError, Reason.CALL_FAILED),
    ],
)  # fmt: skip
def test_errors_by_code_and_text(
    code: int, message: str, kind: type[ProviderError], reason: Reason
) -> None:
    found = classify(RpcError(code, message))
    assert type(found) is kind
    assert found.reason is reason
    assert message in str(found)
