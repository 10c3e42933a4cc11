"""What holds for every answer: headers, names this server answers to, and errors as values.

A page of a stranger may make a browser ask this server, under a name that the stranger's DNS
turns into 127.0.0.1. The Host header then is that name, and is refused.
"""

from __future__ import annotations

import ipaddress
import json
import logging
from html import escape
from http import HTTPStatus

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from chains.errors import plain_text
from crawler.errors import CrawlerError
from crawler.web.operations import PROBLEM, Problem

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
"""The policy of answers that are no pages."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-cache",
    "Server": "assay",
}

_log = logging.getLogger("assay.serve")


class RefusalError(Exception):
    """A request that is not answered, and why."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server that is bound to `host`.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("::")
    (True, True, True, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def names_of(host: str, allowed: tuple[str, ...]) -> frozenset[str] | None:
    """Return the names that may stand in a Host header, in lower case; None: any.

    >>> sorted(names_of("127.0.0.1", ("assay.example",)))
    ['127.0.0.1', '[::1]', 'assay.example', 'localhost']
    >>> names_of("0.0.0.0", ()) is None
    True
    """
    own = {name.lower() for name in allowed}
    if not is_loopback(host):
        return frozenset(own | {host.lower()}) if own else None
    address = f"[{host}]" if ":" in host else host
    return LOOPBACK_NAMES | own | {address.lower()}


def host_name(header: str) -> str:
    """Return a Host header without its port, in lower case.

    >>> host_name("LocalHost:8080"), host_name("[::1]:8080"), host_name("a.example")
    ('localhost', '[::1]', 'a.example')
    """
    name, colon, port = header.rpartition(":")
    is_port = bool(colon) and (port.isdecimal() or not port) and not name.endswith(":")
    return (name if is_port else header).lower()


def guard(names: frozenset[str] | None) -> Middleware:
    """Return the middleware that checks the Host header and turns errors into answers."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if names is not None and host_name(request.headers.get("Host", "")) not in names:
            return refusal(
                request, HTTPStatus.MISDIRECTED_REQUEST, "this server does not answer to that name"
            )
        try:
            return await handler(request)
        except RefusalError as error:
            return refusal(request, error.status, error.detail)
        except web.HTTPException as error:
            return _of_http(request, error)
        except ConnectionError:
            raise  # the client has gone
        except CrawlerError as error:
            sentence = f"{error}. {error.hint}".rstrip()
            return refusal(request, HTTPStatus.SERVICE_UNAVAILABLE, plain_text(sentence))
        except Exception:  # noqa: BLE001 (the border: strangers see no fault's inside)
            _log.exception("internal error")
            return refusal(
                request, HTTPStatus.INTERNAL_SERVER_ERROR, "this is a fault in Assay; see its log"
            )

    return guarded


def _of_http(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    status = HTTPStatus(error.status)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        answer = refusal(request, status, "only GET and HEAD are answered here")
        answer.headers["Allow"] = "GET, HEAD"
        return answer
    if status is HTTPStatus.NOT_FOUND:
        return refusal(request, status, "there is nothing at this path")
    return refusal(request, status, status.phrase)


def refusal(request: web.Request, status: HTTPStatus, detail: str) -> web.Response:
    """Return an answer that says why there is none: JSON for programs, a page for people."""
    if request.path.startswith(("/api/", "/metrics")):
        problem = Problem(title=status.phrase, status=status, detail=detail)
        return web.Response(
            status=status, body=json.dumps(problem.model_dump()).encode(), content_type=PROBLEM
        )
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">'
        f"<title>{status.phrase}</title><h1>{status.phrase}</h1><p>{escape(detail)}.</p>"
        '<p><a href="/">All entities</a></p></html>'
    )
    answer = web.Response(status=status, text=text, content_type="text/html")
    answer.headers["Content-Security-Policy"] = NOTHING.replace("; sandbox", "; img-src data:")
    return answer


def _is_ours(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def quiet_log() -> logging.Logger:
    """Return the server's log without requests that are no HTTP: strangers could fill it."""
    log = logging.getLogger("assay.serve.http")
    log.filters = [_is_ours]
    return log


async def secure(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the headers of every answer on one, just before it is sent."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Content-Security-Policy", NOTHING)
