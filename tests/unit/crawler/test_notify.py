from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

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

    async def check(self, request: web.Request) -> web.Response:
        self.health.append(request.query_string)
        return web.Response(status=self.status)

    async def hook(self, request: web.Request) -> web.Response:
        self.changes.append(await request.json())
        return web.Response(status=self.status)


@pytest.fixture
async def listener() -> AsyncIterator[tuple[Listener, str]]:
    found = Listener()
    application = web.Application()
    application.router.add_get("/health/secret", found.check)
    application.router.add_post("/hook/secret", found.hook)
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


def test_nothing_to_tell() -> None:
    assert notify([OTHER], ExitCode.HOLDS, health_url="", webhook_url="") == []
