from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from crawler.assess import ExitCode
from crawler.notify import notify
from crawler.schedule import EntityRun

SAME = EntityRun("okx", ExitCode.HOLDS, "Holds.")
OTHER = EntityRun("htx", ExitCode.DOES_NOT_HOLD, "Does not hold.", changed=True)


class Listener:
    def __init__(self) -> None:
        self.health: list[str] = []
        self.changes: list[dict[str, object]] = []
        self.status = 200
        self.moved = ""
        """Where the hook sends those who come."""

    async def check(self, request: web.Request) -> web.Response:
        self.health.append(request.query_string)
        return web.Response(status=self.status)

    async def fine(self, _request: web.Request) -> web.Response:
        return web.Response()

    async def hook(self, request: web.Request) -> web.Response:
        self.changes.append(await request.json())
        headers = {"Location": self.moved} if self.moved else {}
        return web.Response(status=self.status, headers=headers)


@pytest.fixture
async def listener() -> AsyncIterator[tuple[Listener, str]]:
    found = Listener()
    application = web.Application()
    application.router.add_get("/health/secret", found.check)
    application.router.add_post("/hook/secret", found.hook)
    application.router.add_get("/fine/secret", found.fine)
    async with TestServer(application) as server:
        yield found, str(server.make_url("/"))


async def tell(url: str, *runs: EntityRun) -> list[str]:
    return await asyncio.to_thread(
        notify,
        runs,
        ExitCode.DOES_NOT_HOLD,
        health_url=f"{url}health/secret?source=cron",
        webhook_url=f"{url}hook/secret",
    )


def notify_hook(url: str) -> Callable[[], list[str]]:
    return partial(notify, [OTHER], ExitCode.HOLDS, health_url="", webhook_url=url)


async def test_health_in_every_run_and_the_hook_on_change(
    listener: tuple[Listener, str],
) -> None:
    found, url = listener
    assert await tell(url, SAME) == []
    assert await tell(url, SAME, OTHER) == []
    assert found.health == ["source=cron&exit_code=1"] * 2
    (document,) = found.changes
    assert document["exit_code"] == 1
    assert document["changes"] == [
        {"entity": "htx", "exit_code": 1, "verdict": "Does not hold.", "list_sha256": None}
    ]


async def test_what_does_not_get_through_is_said_without_the_key(
    listener: tuple[Listener, str],
) -> None:
    found, url = listener
    found.status = 500
    failures = await tell(url, OTHER) + await tell("http://127.0.0.1:9/", OTHER)
    assert len(failures) == 4
    assert not any("secret" in failure for failure in failures)


@pytest.mark.parametrize(
    ("status", "moved", "why"),
    [
        (302, "/fine/secret", "sends elsewhere by a GET"),
        (307, "/hook/secret", "TooManyRedirects"),
        (302, "http://[::1", "InvalidUrlRedirectClientError"),
        (302, "http://a..b/", "cannot be asked"),
        (302, "", "answered 302"),
        (404, "", "answered 404"),
    ],
)
async def test_a_hook_that_sends_elsewhere_is_not_told(
    listener: tuple[Listener, str], status: int, moved: str, why: str
) -> None:
    found, url = listener
    found.moved = moved
    found.status = status
    told = notify_hook(f"{url}hook/secret?key=secret-key")
    (failure,) = await asyncio.to_thread(told)
    assert why in failure
    assert "secret" not in failure
    assert failure.startswith(f"{url.removesuffix('/')} was not told: ")


async def test_a_hook_that_never_answers_is_said_to_be_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crawler.notify.TIMEOUT_S", 0.1)
    over = asyncio.Event()

    async def never(_request: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    application = web.Application()
    application.router.add_post("/hook", never)
    async with TestServer(application) as server:
        (failure,) = await asyncio.to_thread(notify_hook(str(server.make_url("/hook"))))
        over.set()
    assert failure.endswith("was not told: no answer within 0.1 s")


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 70}.example"])
def test_a_host_that_cannot_be_looked_up_is_no_fault_of_ours(host: str) -> None:
    (failure,) = notify_hook(f"http://{host}/secret")()
    assert failure.startswith(f"http://{host} was not told: its URL, or ")
    assert "secret" not in failure


async def test_the_exit_code_is_told_beside_a_fragment(listener: tuple[Listener, str]) -> None:
    found, url = listener
    tell = partial(notify, [SAME], ExitCode.HOLDS, webhook_url="")
    assert await asyncio.to_thread(tell, health_url=f"{url}health/secret#cron") == []
    assert found.health == ["exit_code=0"]


def test_nothing_to_tell() -> None:
    assert notify([OTHER], ExitCode.HOLDS, health_url="", webhook_url="") == []
