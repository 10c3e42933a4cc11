"""A real Chromium without a window, driven over the DevTools protocol.

Debian's package of that name. Its profile is a folder of the test's, it asks
nothing of its makers' servers, and it is gone when the context ends.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

WITHOUT_CHROMIUM = "there is no chromium here; Debian's package of that name will do"

PATIENCE_S = 90
"""For any one answer; a machine may be slow, and a test then only takes longer."""

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--no-first-run", "--no-default-browser-check", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--mute-audio",
    "--disable-features=Translate,OptimizationHints,MediaRouter", "--remote-debugging-port=0",
    "about:blank",
)  # fmt: skip

KEYS = {
    "Enter": 13, "Escape": 27, "Tab": 9, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36,
    "ArrowUp": 38, "ArrowDown": 40,
}  # fmt: skip
"""Virtual key codes; a character has its own."""


def find_chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Page:
    """One tab. What it logged, threw and asked for is kept."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self.session = session
        self.complaints: list[str] = []
        """Console messages, exceptions and log entries, of any level."""
        self.requests: list[str] = []
        """URLs asked for, the page's own included."""

    async def send(self, method: str, **params: object) -> dict[str, Any]:
        return await self._browser.send(method, self.session, **params)

    def notice(self, method: str, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(json.dumps(params["args"]))
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])

    async def open(self, url: str) -> None:
        """Go to a report and wait until its rows are drawn."""
        answer = await self.send("Page.navigate", url=url)
        if "errorText" in answer:
            raise RuntimeError(f"{url}: {answer['errorText']}")
        await self.until("document.documentElement.dataset.ready")

    async def run(self, script: str) -> Any:  # noqa: ANN401 (whatever JSON the script gives)
        """Return the value of an expression; a promise is waited for."""
        answer = await self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    async def until(self, condition: str) -> None:
        """Wait until an expression is true in the page."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with suppress(RuntimeError):  # the page is only just being made
                    if await self.run(f"Boolean({condition})"):
                        return
                await asyncio.sleep(0.02)

    async def press(self, key: str) -> None:
        """Press a key where the focus is."""
        event = {"key": key, "windowsVirtualKeyCode": KEYS.get(key, ord(key[0]))}
        text = "\r" if key == "Enter" else key if len(key) == 1 else ""
        await self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **event)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **event)

    async def resize(self, width: int, height: int) -> None:
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    async def screenshot(self) -> bytes:
        """Return what is in view as a PNG."""
        shot = await self.send("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])


class Browser:
    """The connection to one Chromium."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._pages: dict[str, Page] = {}

    async def send(self, method: str, session: str = "", **params: object) -> dict[str, Any]:
        """Return the answer to one command. Raises RuntimeError when it is refused."""
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params}
        await self._socket.send_json({**message, "sessionId": session} if session else message)
        async with asyncio.timeout(PATIENCE_S):
            found: dict[str, Any] = await answer
        return found

    async def listen(self) -> None:
        """Hand out answers and events until the connection ends."""
        async for message in self._socket:
            event = json.loads(message.data)
            if "id" in event:
                answer = self._waiting.pop(event["id"])
                if answer.done():
                    continue
                if "error" in event:
                    answer.set_exception(RuntimeError(event["error"]["message"]))
                else:
                    answer.set_result(event["result"])
            elif event.get("sessionId") in self._pages:
                self._pages[event["sessionId"]].notice(event["method"], event["params"])
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(RuntimeError("chromium has gone"))

    @asynccontextmanager
    async def page(self, width: int = 1280, height: int = 900) -> AsyncIterator[Page]:
        """Give a tab with a profile of its own."""
        context = await self.send("Target.createBrowserContext")
        target = await self.send("Target.createTarget", url="about:blank", **context)
        try:
            attached = await self.send("Target.attachToTarget", flatten=True, **target)
            page = self._pages[attached["sessionId"]] = Page(self, attached["sessionId"])
            for domain in ("Page", "Runtime", "Log", "Network"):
                await page.send(f"{domain}.enable")
            await page.resize(width, height)
            yield page
        finally:
            await self.send("Target.disposeBrowserContext", **context)


@asynccontextmanager
async def chromium(profile: Path) -> AsyncIterator[Browser]:
    """Give a running Chromium whose profile lies in `profile`; it is killed at the end."""
    found = find_chromium()
    if found is None:
        raise RuntimeError(WITHOUT_CHROMIUM)
    process = await asyncio.create_subprocess_exec(
        found, f"--user-data-dir={profile}", *FLAGS,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(profile), "XDG_CONFIG_HOME": str(profile)},
        start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        url = await _listening(process.stderr)
        # No task group: a fixture may be left by another task than the one that entered it.
        said = asyncio.create_task(process.stderr.read())  # or it would block on a full pipe
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url, max_msg_size=0) as socket,
        ):
            browser = Browser(socket)
            listener = asyncio.create_task(browser.listen())
            try:
                yield browser
            finally:
                _kill(process)
                await asyncio.gather(process.wait(), said, listener)
    finally:
        _kill(process)
        await process.wait()


async def _listening(stream: asyncio.StreamReader) -> str:
    """Return the address that a starting Chromium says it listens at."""
    said = []
    async with asyncio.timeout(PATIENCE_S):
        while line := (await stream.readline()).decode(errors="replace"):
            if "DevTools listening on " in line:
                return line.split("DevTools listening on ")[1].strip()
            said.append(line)
    raise RuntimeError("chromium did not start:\n" + "".join(said))


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill the browser with all the processes it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
