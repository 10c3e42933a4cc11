"""One REST server over HTTP: GET a path or POST to it, get JSON, integers exact."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from chains.errors import Incapable, MalformedAnswer, TransportFailure, UnresolvedReason
from chains.transport.endpoint import bad_status, refuse_status
from chains.transport.http import HttpClient
from chains.transport.labels import secrets
from chains.transport.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from chains.transport.http import Reply
    from chains.transport.provider import Surroundings
    from chains.transport.settings import TransportSettings

_OK_STATUS = 200
_NOT_FOUND_STATUS = 404


class RestAnswer(NamedTuple):
    """An answer whose status is one of those that mean something."""

    status: int
    value: object
    """JSON values; None when the body of an answer other than 200 is not JSON."""
    headers: Mapping[str, str] = MappingProxyType({})
    """By lower-case name."""


class RestEndpoint(Provider):
    """One base URL. `label` is all that is ever shown of it."""

    def __init__(
        self, url: str, label: str, settings: TransportSettings, surroundings: Surroundings
    ) -> None:
        """Prepare; nothing is opened or sent before `open`."""
        super().__init__(label, settings, surroundings)
        self.secrets = secrets(url)
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
            _refuse(reply)
            try:
                return reply.body.decode("utf-8")
            except UnicodeDecodeError:
                raise TransportFailure("the answer is not text") from None

        return await self.persist(exchange, requests=1, journal=journal)

    async def json(self, path: str, *, journal: list[str]) -> object:
        """Return the answer to a GET of `path` as JSON values. Raises ProviderError."""
        body = await self.text(path, journal=journal)
        try:
            return _values(body.encode(), self.label)
        except MalformedAnswer as error:
            raise self.hide(error) from None

    async def ask(
        self,
        path: str,
        *,
        journal: list[str],
        body: object = None,
        statuses: Collection[int] = (),
        check: Callable[[object], None] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> RestAnswer:
        """Return the answer to a GET of `path`, or to a POST of `body` as JSON, if there is one.

        `headers` are for a GET. Answers with one of `statuses` are handed over like those with
        200, because the server says something with them. Raises ProviderError for the others, as
        `text` does, and what `check` raises for the values of an answer: `Throttled`, for one, is
        tried again.
        """
        sent = None if body is None else msgspec.json.encode(body)

        async def exchange(timeout_s: float) -> RestAnswer:
            self.counters.http_requests += 1
            if sent is None:
                reply = await self._http.get(path, timeout_s=timeout_s, headers=headers)
            else:
                self.counters.bytes_sent += len(sent)
                reply = await self._http.post(sent, timeout_s=timeout_s, path=path)
            self.counters.bytes_received += len(reply.body)
            if reply.status not in statuses:
                _refuse(reply)
            try:
                answer = RestAnswer(reply.status, _values(reply.body, self.label), reply.headers)
            except MalformedAnswer:
                if reply.status == _OK_STATUS:
                    raise
                return RestAnswer(reply.status, None, reply.headers)
            if check is not None:
                check(answer.value)
            return answer

        return await self.persist(exchange, requests=1, journal=journal)


def _refuse(reply: Reply) -> None:
    """Raise ProviderError for every status but 200."""
    if reply.status in {_NOT_FOUND_STATUS, 400}:
        said = reply.body[:400].decode("utf-8", "replace")
        raise Incapable(f"HTTP status {reply.status}: {said}", reason=UnresolvedReason.NO_METHOD)
    refuse_status(reply)
    if reply.status != _OK_STATUS:
        raise bad_status(reply)


def _values(body: bytes, label: str) -> object:
    try:
        value: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        start = body[:60].decode("utf-8", "replace")
        raise MalformedAnswer(
            f"the answer is not JSON; it starts with {start!r}", source=label
        ) from None
    return value
