"""Many questions to one Solana node: in batches where it takes them, and what its errors mean."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chains.errors import (
    Incapable,
    ProviderError,
    Throttled,
    TooLarge,
    UnresolvedReason,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.transport.endpoint import Endpoint
    from chains.transport.json_rpc import RpcError, RpcRequest

NO_BATCHES = -32600
_THROTTLED = frozenset({429, -32005, -32014, -32016, -32429})
"""Too many requests, and Agave's codes for a node that is behind: asking again helps."""

_NO_BLOCK = frozenset({-32004, -32007, -32009})
_NO_STATE = frozenset({-32001, -32010, -32011, -32018})
"""Pruned, not indexed, no history; Helius: before the first slot of its archive."""

_NO_METHOD = frozenset({-32601, -32015, NO_BATCHES})
_TOO_LARGE = frozenset({413, -32012})


def classify(error: RpcError) -> ProviderError:
    """Return what a node's own error means."""
    said = f"the node says: {error.message} (code {error.code})"
    if error.code in _THROTTLED or "too many requests" in error.message.lower():
        return Throttled(said)
    for codes, reason in (
        (_NO_BLOCK, UnresolvedReason.NO_BLOCK),
        (_NO_STATE, UnresolvedReason.NO_STATE),
        (_NO_METHOD, UnresolvedReason.NO_METHOD),
    ):
        if error.code in codes:
            return Incapable(said, reason=reason)
    if error.code in _TOO_LARGE or "batch" in error.message.lower():
        return TooLarge(said)
    return ProviderError(said, reason=UnresolvedReason.CALL_FAILED)


class Calls:
    """Asks one node. Batches shrink for good when the node says that they are too large."""

    def __init__(self, node: Endpoint, batch: int) -> None:
        """Put up to `batch` questions into one request."""
        self._node = node
        self._batch = batch

    async def one(self, request: RpcRequest, journal: list[str]) -> object:
        """Return the result of one question. Raises ProviderError."""
        return await self._node.one(request.method, request.params, journal=journal)

    async def many(self, requests: Sequence[RpcRequest], journal: list[str]) -> list[object]:
        """Return one result or ProviderError for each question, in order."""
        size = self._batch
        parts = [requests[at : at + size] for at in range(0, len(requests), size)]
        answers = await asyncio.gather(*(self._part(part, journal) for part in parts))
        return [answer for part in answers for answer in part]

    async def _part(self, requests: Sequence[RpcRequest], journal: list[str]) -> list[object]:
        try:
            values = await self._node.call(requests, batch=len(requests) > 1, journal=journal)
        except (TooLarge, Incapable) as error:
            if len(requests) == 1:
                return [error]
            smaller = 1 if isinstance(error, Incapable) else max(1, len(requests) // 2)
            self._batch = min(self._batch, smaller)
            return await self.many(requests, journal)
        except ProviderError as error:
            return [error] * len(requests)
        return values
