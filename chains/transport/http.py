"""One request over aiohttp, with every bound set: time, size, redirects. Shows no URL, ever."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import aiohttp

from chains.errors import TimedOut, TooLarge, TransportFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chains.transport.settings import TransportSettings

_READ_SIZE = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and whole body of an answer, decompressed."""

    status: int
    body: bytes
    retry_after_s: float | None
    """From the Retry-After header, in seconds, never negative; None without a usable one."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""


def wall_clock() -> datetime:
    """Return the present moment, aware."""
    return datetime.now(UTC)


def retry_after(text: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110, 10.2.3), or None.

    >>> retry_after("7", datetime(2026, 1, 1, tzinfo=UTC)), retry_after("soon", wall_clock())
    (7.0, None)
    """
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter for numbers of many digits
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


class HttpClient:
    """Asks one URL for JSON. Open it with `open` inside a running loop; close it with `close`."""

    def __init__(
        self,
        url: str,
        settings: TransportSettings,
        *,
        now: Callable[[], datetime] = wall_clock,
    ) -> None:
        """Keep `url`, credentials and all, to itself."""
        self._url = url
        self._settings = settings
        self._now = now
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the session. Nothing is sent yet."""
        self._session = aiohttp.ClientSession(
            # The window of the endpoint bounds the connections.
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Decompression is done here, with a bound: a few kilobytes may unfold to gigabytes.
            auto_decompress=False,
            trust_env=False,
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": "assay",
            },
        )

    async def close(self) -> None:
        """Close the session, if it is open."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, body: bytes, *, timeout_s: float, path: str = "") -> Reply:
        """Return the answer to `body`, whatever its status; `path` is below the URL.

        Raises TimedOut after `timeout_s`, TooLarge when the answer exceeds the body limit, and
        TransportFailure for everything else that goes wrong on the way.
        """
        return await self._exchange("POST", _below(self._url, path), body, timeout_s)

    async def get(
        self, path: str, *, timeout_s: float, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Return the answer to a GET of `path` below the URL, as `post` does.

        `path` begins with a slash; a query that the URL has of its own, such as a key, is kept.
        """
        return await self._exchange("GET", _below(self._url, path), None, timeout_s, headers)

    async def _exchange(
        self,
        method: str,
        url: str,
        body: bytes | None,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        if self._session is None:
            raise RuntimeError("the client is not open")
        timeout = aiohttp.ClientTimeout(
            total=timeout_s, sock_connect=min(timeout_s, self._settings.connect_timeout_s)
        )
        # Texts of aiohttp's exceptions may hold the URL, and with it a key: they are not used,
        # and `from None` keeps them out of tracebacks.
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                answer = await self._read(response)
                if self._settings.witness is not None:
                    self._settings.witness(self._url, url, body, response.status, answer)
                after = retry_after(response.headers.get("Retry-After"), self._now())
                said = {name.lower(): value for name, value in response.headers.items()}
                return Reply(response.status, answer, after, said)
        except TimeoutError:
            raise TimedOut(f"no complete answer within {timeout_s:.3g} s") from None
        except aiohttp.ClientSSLError:
            raise TransportFailure("the TLS connection failed") from None
        except aiohttp.ClientConnectorError as error:
            why = error.os_error.strerror or type(error.os_error).__name__
            raise TransportFailure(f"cannot connect: {why}") from None
        except aiohttp.ClientPayloadError:
            raise TransportFailure("the answer breaks off") from None
        except (aiohttp.ClientConnectionError, OSError):
            raise TransportFailure("the connection was lost") from None
        except aiohttp.ClientError as error:
            raise TransportFailure(f"not a usable HTTP answer ({type(error).__name__})") from None
        except ValueError:
            # Of aiohttp and the resolver, for URLs that look sound: a host with an empty label or
            # one of 64 letters, a colon in a user's name.
            raise TransportFailure("the endpoint's URL cannot be asked") from None

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """Return the body, decompressed, never holding more than the limit."""
        limit = self._settings.body_limit
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in {"", "identity", "gzip"}:
            raise TransportFailure("the answer is compressed in a way that was not asked for")
        unfold = zlib.decompressobj(_GZIP) if encoding == "gzip" else None
        body = bytearray()
        async for piece in response.content.iter_chunked(_READ_SIZE):
            if unfold is None:
                body += piece
            else:
                try:
                    body += unfold.decompress(piece, limit + 1 - len(body))
                except zlib.error:
                    raise TransportFailure("the answer is not valid gzip") from None
                if unfold.unused_data:
                    # Without a bound: nothing of it is unfolded, but all of it would be kept.
                    raise TransportFailure("more follows the compressed answer")
            if len(body) > limit:
                raise TooLarge(f"the answer is larger than {limit} bytes")
        if unfold is not None and not unfold.eof:
            raise TransportFailure("the answer breaks off")
        return bytes(body)


def _below(url: str, path: str) -> str:
    """Return `url` with `path` behind its own path; a query, which may hold a key, stays last.

    >>> _below("https://node.example/key/?a=b", "/eth/v1/x"), _below("http://node.example", "")
    ('https://node.example/key/eth/v1/x?a=b', 'http://node.example')
    """
    if not path:
        return url
    address, _, query = url.partition("?")
    below = address.rstrip("/") + path
    if query:
        below += ("&" if "?" in path else "?") + query
    return below
