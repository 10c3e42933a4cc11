"""Several endpoints of one network: who is asked next, and what is left when one fails."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chains.transport.endpoint import Classify, Endpoint, Surroundings
from chains.transport.labels import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.transport.settings import TransportSettings


class EndpointPool:
    """The endpoints of one network, in the order of the configuration. An async context."""

    def __init__(
        self,
        urls: Sequence[str],
        settings: TransportSettings,
        classify: Classify,
        surroundings: Surroundings,
    ) -> None:
        """Prepare one endpoint per distinct URL. Raises ValueError for what is no http(s) URL."""
        distinct = tuple(dict.fromkeys(urls))
        self.endpoints = tuple(
            Endpoint(url, name, settings, classify, surroundings)
            for url, name in zip(distinct, labels(distinct), strict=True)
        )

    async def open(self) -> None:
        """Make the sessions."""
        for endpoint in self.endpoints:
            await endpoint.open()

    async def close(self) -> None:
        """Close every session, also when closing one of them fails."""
        outcomes = await asyncio.gather(
            *(endpoint.close() for endpoint in self.endpoints), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    def usable(self) -> list[Endpoint]:
        """Return the endpoints that may still be asked, the freest first.

        Those that asked for a pause come last; equals keep the order of the configuration.
        """
        candidates = [endpoint for endpoint in self.endpoints if endpoint.out is None]
        return sorted(
            candidates,
            key=lambda endpoint: (endpoint.rate.paused_for_s, endpoint.window.under_way),
        )
