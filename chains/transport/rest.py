"""One REST server over HTTP: GET a path, get JSON, integers exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from chains.errors import Incapable, MalformedAnswer, TransportFailure, UnresolvedReason
from chains.transport.endpoint import bad_status, refuse_status
from chains.transport.http import HttpClient
from chains.transport.provider import Provider

if TYPE_CHECKING:
    from chains.transport.provider import Surroundings
    from chains.transport.settings import TransportSettings

_OK_STATUS = 200
_NOT_FOUND_STATUS = 404


class RestEndpoint(Provider):
    """One base URL. `label` is all that is ever shown of it."""

    def __init__(
        self, url: str, label: str, settings: TransportSettings, surroundings: Surroundings
    ) -> None:
        """Prepare; nothing is opened or sent before `open`."""
        super().__init__(label, settings, surroundings)
        self._http = HttpClient(url, settings)

    async def open(self) -> None:
        """Make the HTTP session."""
        await self._http.open()

    async def close(self) -> None:
        """Close the HTTP session."""
        await self._http.close()

    async def text(self, path: str, *, journal: list[str]) -> str:
        """Return the answer to a GET of `path` (which begins with a slash) as text.

        Raises ProviderError; NO_METHOD when the server knows no such path, whose own text is kept.
        """

        async def exchange(timeout_s: float) -> str:
            self.counters.http_requests += 1
            reply = await self._http.get(path, timeout_s=timeout_s)
            self.counters.bytes_received += len(reply.body)
            if reply.status in {_NOT_FOUND_STATUS, 400}:
                said = reply.body[:400].decode("utf-8", "replace")
                raise Incapable(
                    f"HTTP status {reply.status}: {said}", reason=UnresolvedReason.NO_METHOD
                )
            refuse_status(reply)
            if reply.status != _OK_STATUS:
                raise bad_status(reply)
            try:
                return reply.body.decode("utf-8")
            except UnicodeDecodeError:
                raise TransportFailure("the answer is not text") from None

        return await self.persist(exchange, requests=1, journal=journal)

    async def json(self, path: str, *, journal: list[str]) -> object:
        """Return the answer to a GET of `path` as JSON values. Raises ProviderError."""
        body = await self.text(path, journal=journal)
        try:
            value: object = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError):
            raise MalformedAnswer(
                f"the answer is not JSON; it starts with {body[:60]!r}", source=self.label
            ) from None
        return value
