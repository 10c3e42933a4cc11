"""How one server is asked about many accounts: one by one, or in batches of JSON-RPC.

Nothing here knows a ledger. The window and the rate of the server say how much is under way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.errors import (
    ChainsError,
    Incapable,
    ProviderError,
    TooLarge,
    UnresolvedReason,
)
from chains.source import CaughtStale, Harvest
from chains.transport.endpoint import Endpoint
from chains.transport.labels import labels
from chains.transport.rest import RestEndpoint
from chains.transport.together import together

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from chains.transport.endpoint import Classify
    from chains.transport.json_rpc import RpcRequest
    from chains.transport.provider import Surroundings
    from chains.transport.settings import TransportSettings

Told = tuple[int, str]
"""An amount, and one sentence about what is not in it, or nothing."""


def nodes(
    endpoints: Sequence[str],
    classify: Classify,
    transport: TransportSettings,
    surroundings: Surroundings,
) -> list[Endpoint]:
    """Return one JSON-RPC endpoint for each different URL, in order; nothing is opened.

    Raises ValueError, without repeating the URL, for one that is not http(s).
    """
    urls = tuple(dict.fromkeys(endpoints))
    return [
        Endpoint(url, label, transport, classify, surroundings)
        for url, label in zip(urls, labels(urls), strict=True)
    ]


def rest_servers(
    endpoints: Sequence[str], transport: TransportSettings, surroundings: Surroundings
) -> list[RestEndpoint]:
    """Return one REST endpoint for each different URL, in order; nothing is opened.

    Raises ValueError, without repeating the URL, for one that is not http(s).
    """
    urls = tuple(dict.fromkeys(endpoints))
    return [
        RestEndpoint(url, label, transport, surroundings)
        for url, label in zip(urls, labels(urls), strict=True)
    ]


async def one_by_one(
    accounts: Sequence[bytes], read: Callable[[bytes], Awaitable[Told]]
) -> Harvest:
    """Return what `read` says of each account, all asked at once; a ProviderError is its failure.

    Raises CaughtStale when that is what one of them found: no other answer counts then.
    """

    async def tried(account: bytes) -> Told | ProviderError:
        try:
            return await read(account)
        except CaughtStale:
            raise
        except ProviderError as error:
            return error

    return harvested(accounts, await together(*(tried(account) for account in accounts)))


def harvested(accounts: Sequence[bytes], found: Sequence[Told | ProviderError]) -> Harvest:
    """Return the harvest of `accounts`, each of which has one of `found`, in order."""
    harvest = Harvest()
    for account, told in zip(accounts, found, strict=True):
        if isinstance(told, ProviderError):
            harvest.failed[account] = told
            continue
        harvest.amounts[account] = told[0]
        if told[1]:
            harvest.notes[account] = told[1]
    return harvest


def told(answer: object, parse: Callable[[object], Told]) -> Told | ProviderError:
    """Return what `parse` makes of an answer, or why there is no amount. Raises CaughtStale.

    `answer` is a result or a ChainsError, as `Batches.call` returns them.
    """
    if isinstance(answer, ProviderError):
        return answer
    if isinstance(answer, ChainsError):
        return ProviderError(str(answer), reason=UnresolvedReason.CALL_FAILED)
    try:
        return parse(answer)
    except CaughtStale:
        raise
    except ProviderError as error:
        return error


class Batches:
    """JSON-RPC requests to one endpoint, in batches as large as it takes."""

    def __init__(self, node: Endpoint, size: int) -> None:
        """Begin with `size` members; 1 asks without batches."""
        self._node = node
        self.size = size

    async def call(self, requests: Sequence[RpcRequest], journal: list[str]) -> list[object]:
        """Return one value per request, in order: a result, or a ChainsError. Never raises one.

        A batch that is refused as a whole is halved, down to single requests, and later ones
        begin at the size that was taken.
        """
        size = self.size
        parts = [requests[at : at + size] for at in range(0, len(requests), size)]
        answered = await together(*(self._part(part, journal) for part in parts))
        return [value for values in answered for value in values]

    async def _part(self, part: Sequence[RpcRequest], journal: list[str]) -> list[object]:
        is_batch = len(part) > 1 and self.size > 1
        if len(part) > max(1, self.size):
            return await self.call(part, journal)  # another batch was refused meanwhile
        try:
            return await self._node.call(part, batch=is_batch, journal=journal)
        except (TooLarge, Incapable) as error:
            if not is_batch:
                return [error]
            if isinstance(error, Incapable) and error.reason is not UnresolvedReason.NO_METHOD:
                return [error] * len(part)
            self.size = min(self.size, max(1, len(part) // 2))
            return await self.call(part, journal)
        except ChainsError as error:
            return [error] * len(part)
