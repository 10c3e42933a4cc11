"""Bodies and their ETags: what a client has already is not sent again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from typing import TypeVar

from aiohttp import hdrs, web
from pydantic import ValidationError

from crawler.web.guard import RefusalError
from crawler.web.operations import JSON, Query, problems_of


def etag_of(*parts: str | bytes) -> str:
    """Return an ETag for whatever is made of these parts, without its quotes."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()[:32]


def is_known(request: web.Request, etag: str) -> bool:
    """Return whether the client names this ETag in If-None-Match (RFC 9110, 13.1.2)."""
    known = request.if_none_match
    return known is not None and any(one.value in {etag, "*"} for one in known)


def whole(
    request: web.Request, body: bytes, *, media: str = JSON, etag: str = "",
    policy: str = "", status: int = HTTPStatus.OK,
) -> web.Response:  # fmt: skip
    """Return a body with its ETag, or 304 without a body when the client has it."""
    etag = etag or etag_of(body)
    has_it = status == HTTPStatus.OK and is_known(request, etag)
    answer = (
        web.Response(status=HTTPStatus.NOT_MODIFIED)
        if has_it
        else web.Response(status=status, body=body, content_type=media, charset="utf-8")
    )
    _label(answer, etag, policy)
    return answer


async def streamed(
    request: web.Request, pieces: Iterator[bytes], *, media: str, etag: str, policy: str = ""
) -> web.StreamResponse:
    """Send a body piece by piece, no faster than the client takes it.

    The pieces are made in a thread. Raises whatever making the first one does; a fault later cuts
    the connection, so that a short body never looks whole.
    """
    if is_known(request, etag):
        answer: web.StreamResponse = web.Response(status=HTTPStatus.NOT_MODIFIED)
        _label(answer, etag, policy)
        return answer
    first = b"" if request.method == hdrs.METH_HEAD else await asyncio.to_thread(next, pieces, b"")
    answer = web.StreamResponse()
    answer.content_type, answer.charset = media, "utf-8"
    _label(answer, etag, policy)
    await answer.prepare(request)
    if request.method != hdrs.METH_HEAD:
        async for piece in _rest(first, pieces):
            await answer.write(piece)
    await answer.write_eof()
    return answer


async def _rest(first: bytes, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    piece: bytes = first
    while piece:
        yield piece
        piece = await asyncio.to_thread(next, pieces, b"")


def gathered(pieces: Iterator[bytes], size: int = 1 << 17) -> Iterator[bytes]:
    """Yield the same bytes in pieces of at least `size`, none of them empty.

    >>> list(gathered(iter([b"ab", b"", b"c", b"d"]), 3))
    [b'abc', b'd']
    """
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= size:
            yield b"".join(held)
            held, length = [], 0
    if length:
        yield b"".join(held)


def _label(answer: web.StreamResponse, etag: str, policy: str) -> None:
    answer.headers["ETag"] = f'"{etag}"'
    if policy:
        answer.headers["Content-Security-Policy"] = policy


Asked = TypeVar("Asked", bound=Query)


def query_of(request: web.Request, kind: type[Asked]) -> Asked:
    """Return what stands behind the question mark. Raises RefusalError with every problem."""
    given = request.query
    twice = sorted({name for name in given if len(given.getall(name)) > 1})
    if twice:
        names = ", ".join(name[:60] for name in twice)
        raise RefusalError(HTTPStatus.BAD_REQUEST, f"given more than once: {names}")
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        problems = [dict(one) for one in error.errors(include_url=False, include_input=False)]
        raise RefusalError(HTTPStatus.BAD_REQUEST, problems_of(problems)) from None
