"""`assay serve`: bind, answer, and end well when told to."""

from __future__ import annotations

import asyncio
import errno
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from chains.errors import plain_text
from crawler.errors import CrawlerError
from crawler.web.api import Api
from crawler.web.catalog import Catalog
from crawler.web.folders import FolderPlace
from crawler.web.guard import guard, is_loopback, names_of, quiet_log, secure
from crawler.web.kept import Place
from crawler.web.pages import Pages
from crawler.web.shelf import Shelf
from crawler.web.stored import StorePlace

GRACE_S = 10
"""How long answers that are on their way may take when the server is told to end."""


class ServeError(CrawlerError):
    """The server cannot be reached where it was asked to be."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Where a server listens and what it shows."""

    host: str = "127.0.0.1"
    port: int = 8080
    """0: any free one."""
    store: str | None = None
    folders: tuple[Path, ...] = ()
    allowed_names: tuple[str, ...] = ()
    """Further names it answers to, for example behind a reverse proxy."""
    explorers: Mapping[str, str] = field(default_factory=dict)

    def places(self) -> list[Place]:
        """Return what snapshots are read from."""
        places: list[Place] = [FolderPlace(folder) for folder in self.folders]
        if self.store is not None:
            places.append(StorePlace(self.store))
        return places


CATALOG = web.AppKey("catalog", Catalog)


def application(options: ServeOptions) -> web.Application:
    """Return the application; what it opens is closed with it."""
    catalog, shelf = Catalog(options.places()), Shelf()
    made = web.Application(
        middlewares=[guard(names_of(options.host, options.allowed_names))], client_max_size=0
    )
    made[CATALOG] = catalog
    Api(catalog, shelf).add_to(made)
    Pages(catalog, shelf, options.explorers).add_to(made)
    made.on_response_prepare.append(secure)

    async def closing(_application: web.Application) -> AsyncIterator[None]:
        yield
        await shelf.close()
        await catalog.close()

    made.cleanup_ctx.append(closing)
    return made


@asynccontextmanager
async def serving(options: ServeOptions, made: web.Application | None = None) -> AsyncIterator[str]:
    """Serve while the block lasts, and give the URL. Raises ServeError when it cannot listen."""
    runner = web.AppRunner(
        made or application(options), access_log=None, logger=quiet_log(),
        shutdown_timeout=GRACE_S, keepalive_timeout=30, max_line_size=8190, max_field_size=8190,
    )  # fmt: skip
    await runner.setup()
    try:
        site = web.TCPSite(runner, options.host, options.port)
        try:
            await site.start()
        except OSError as error:
            raise _refused(options, error) from error
        (host, port, *_), *_ = runner.addresses
        yield f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    finally:
        await runner.cleanup()


def _refused(options: ServeOptions, error: OSError) -> ServeError:
    place = f"port {options.port} of {options.host}"
    if error.errno == errno.EADDRINUSE:
        return ServeError(
            f"{place} is taken by another program",
            hint="Choose another one with --port N, or any free one with --port 0.",
        )
    if error.errno == errno.EACCES:
        return ServeError(f"{place} is not for you to use", hint="Ports from 1024 on are.")
    return ServeError(f"nothing can listen at {place}", hint="--host is an address of this machine")


def serve(options: ServeOptions, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; answers that are on their way are finished first."""
    asyncio.run(_serve(options, say))


async def _serve(options: ServeOptions, say: Callable[[str], None]) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if not is_loopback(options.host):
        say(
            f"warning: {options.host} can be reached from other machines; there is no password, "
            "and everyone who reaches it reads everything"
        )
        if not options.allowed_names:
            say("warning: any Host header is answered; name yours with --allow-host")
    made = application(options)
    async with serving(options, made) as url:
        say(f"serving at {url} (Ctrl-C ends)")
        for problem in (await made[CATALOG].listing()).problems:
            say(f"warning: not shown: {plain_text(problem)}")
        await ended.wait()
    say("ended")
