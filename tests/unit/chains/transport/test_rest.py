from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from chains.errors import Incapable, MalformedAnswer, Throttled, TooLarge, TransportFailure
from chains.errors import UnresolvedReason as Reason
from chains.transport.rest import RestEndpoint
from chains.transport.settings import TransportSettings
from tests.fakes.surroundings import FakeTime

if TYPE_CHECKING:
    from collections.abc import Callable

Asked = list[str]
SETTINGS = TransportSettings(tries=2, throttle_tries=2, body_limit=1_000)


async def asking(
    respond: Callable[[int], web.Response],
    *,
    path: str = "/x",
    base: str = "/api",
    text: bool = False,
) -> tuple[object, Asked, list[str]]:
    """The value, the paths that were asked, and the journal."""
    asked: Asked = []
    journal: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        assert request.method == "GET"
        asked.append(request.path_qs)
        return respond(len(asked))

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", serve)
    async with TestServer(application) as server:
        endpoint = RestEndpoint(
            str(server.make_url(base)), "the server", SETTINGS, FakeTime().surroundings()
        )
        await endpoint.open()
        try:
            ask = endpoint.text if text else endpoint.json
            return await ask(path, journal=journal), asked, journal
        finally:
            await endpoint.close()


def plain(body: str, status: int = 200) -> Callable[[int], web.Response]:
    return lambda _: web.Response(status=status, text=body)


async def test_json_and_text_below_the_base() -> None:
    value, asked, journal = await asking(plain('{"a": 12345678901234567890}'), path="/b/c?d=1")
    assert (value, asked, journal) == ({"a": 12345678901234567890}, ["/api/b/c?d=1"], [])
    value, asked, _ = await asking(plain("7\n"), base="/api/", text=True)
    assert (value, asked) == ("7\n", ["/api/x"])


async def test_a_key_in_the_query_of_the_base_is_kept() -> None:
    for path, expected in (("/x", "/api/x?key=1"), ("/x?y=2", "/api/x?y=2&key=1")):
        _, asked, _ = await asking(plain("1"), base="/api?key=1", path=path)
        assert asked == [expected]


@pytest.mark.parametrize("status", [400, 404])
async def test_a_refusal_keeps_the_servers_words(status: int) -> None:
    with pytest.raises(Incapable, match="Too many") as caught:
        await asking(plain("Too many unspent outputs", status))
    assert caught.value.reason is Reason.NO_METHOD


async def test_a_bad_moment_is_tried_again() -> None:
    value, asked, journal = await asking(
        lambda count: web.Response(status=502 if count == 1 else 200, text="3")
    )
    assert (value, len(asked), len(journal)) == (3, 2, 1)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ("x" * 2_000, 200, TooLarge),
        ("", 503, TransportFailure),
        ("", 429, Throttled),
        ("", 403, Incapable),
        ('{"Error": "The key exceeds the frequency limit(15)"}', 403, Throttled),
        ("<html>", 200, MalformedAnswer),
    ],
)
async def test_faults_have_their_kinds(body: str, status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        await asking(plain(body, status))


async def test_bytes_that_are_no_text() -> None:
    with pytest.raises(TransportFailure, match="not text"):
        await asking(lambda _: web.Response(body=b"\xff\xfe"))


async def speaking(
    status: int,
    body: str,
    *,
    sent: object = None,
    statuses: tuple[int, ...] = (),
    check: Callable[[object], None] | None = None,
) -> tuple[tuple[int, object], list[tuple[str, bytes]]]:
    """Status and value that `ask` returns, and what reached the server."""
    seen: list[tuple[str, bytes]] = []

    async def serve(request: web.Request) -> web.Response:
        seen.append((request.method, await request.read()))
        return web.Response(status=status, text=body)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", serve)
    async with TestServer(application) as server:
        endpoint = RestEndpoint(
            str(server.make_url("/")), "the server", SETTINGS, FakeTime().surroundings()
        )
        await endpoint.open()
        try:
            answer = await endpoint.ask("/x", body=sent, statuses=statuses, check=check, journal=[])
        finally:
            await endpoint.close()
    return answer[:2], seen


async def test_headers_go_both_ways_by_lower_case_name() -> None:
    async def serve(request: web.Request) -> web.Response:
        return web.Response(text="7", headers={"X-Height": request.headers["x-asked"]})

    application = web.Application()
    application.router.add_get("/x", serve)
    async with TestServer(application) as server:
        endpoint = RestEndpoint(
            str(server.make_url("/")), "the server", SETTINGS, FakeTime().surroundings()
        )
        await endpoint.open()
        try:
            answer = await endpoint.ask("/x", headers={"x-asked": "5"}, journal=[])
        finally:
            await endpoint.close()
    assert (answer.value, answer.headers["x-height"]) == (7, "5")


async def test_a_body_is_posted_and_nothing_is_got() -> None:
    assert await speaking(200, "[7]") == ((200, [7]), [("GET", b"")])
    assert await speaking(200, "[7]", sent={"a": 1}) == ((200, [7]), [("POST", b'{"a":1}')])


async def test_a_status_that_means_something_is_handed_over() -> None:
    answer, _ = await speaking(410, '{"error_code":"version_pruned"}', statuses=(410,))
    assert answer == (410, {"error_code": "version_pruned"})
    answer, _ = await speaking(404, "<html>", statuses=(404,))
    assert answer == (404, None)
    with pytest.raises(Incapable):
        await speaking(410, "{}")
    with pytest.raises(MalformedAnswer):
        await speaking(200, "<html>")


async def test_what_the_values_say_is_checked_while_another_try_may_help() -> None:
    seen: list[object] = []

    def check(value: object) -> None:
        seen.append(value)
        if len(seen) == 1:
            raise Throttled("slow down, it says")

    answer, sent = await speaking(200, "[7]", check=check)
    assert (answer[1], seen, len(sent)) == ([7], [[7], [7]], 2)
