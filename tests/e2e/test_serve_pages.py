"""The served pages in a real Chromium: what a reader does, and what hostile text does not do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from crawler.reports.findings import FindingLine
from crawler.web.server import ServeOptions, serving
from tests.e2e.test_report_page import HOSTILE, HOSTILE_CELLS, OUTPUT
from tests.fakes.chromium import WITHOUT_CHROMIUM, Browser, Page, chromium, find_chromium
from tests.unit.crawler.reports.samples import finding_lines
from tests.unit.crawler.reports.test_publication import month, publish
from tests.unit.crawler.web.scenes import MARCH, make_folder

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason=WITHOUT_CHROMIUM),
    pytest.mark.asyncio(loop_scope="module"),
]


def publish_hostile(folder: Path) -> None:
    """Publish two snapshots in which every text that comes from outside is hostile."""
    for number in (1, 2):
        made = month(number, entity=HOSTILE)
        lines = [
            line.model_copy(update={"asset": HOSTILE, "network": line.network and HOSTILE})
            for line in (made.assets[0], made.networks[0])
        ]
        built = made.model_copy(
            update={
                "entity": made.entity.model_copy(update={"title": HOSTILE, "rows": 1}),
                "wallet_list": made.wallet_list.model_copy(update={"name": HOSTILE}),
                "verdict": HOSTILE,
                "assets": lines[:1],
                "networks": lines[1:],
            }
        )
        row = {**finding_lines()[0], **dict.fromkeys(HOSTILE_CELLS, HOSTILE)}
        publish(folder / "hostile", built, [FindingLine(**row)])  # type: ignore[typeddict-item]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    folder = make_folder(tmp_path_factory.mktemp("served"))
    publish_hostile(folder)
    async with serving(ServeOptions(port=0, folders=(folder,))) as served:
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    async with chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, url: str) -> AsyncIterator[Page]:
    """The first page, open; afterwards nothing was complained of or asked of anybody else."""
    async with browser.page() as opened:
        await opened.open(url)
        yield opened
        assert opened.complaints == []
        outside = [one for one in opened.requests if not one.startswith((url, "data:"))]
        assert outside == []


async def follow(page: Page, selector: str) -> None:
    """Click a link and wait for where it leads."""
    await page.run("delete document.documentElement.dataset.ready")
    await page.run(f"document.querySelector({selector!r}).click()")
    await page.until("document.documentElement.dataset.ready")


async def keep(page: Page, name: str) -> None:
    OUTPUT.mkdir(exist_ok=True)
    (OUTPUT / f"serve-{name}.png").write_bytes(await page.screenshot())


async def heading(page: Page) -> str:
    return str(await page.run("document.querySelector('h1').textContent"))


async def test_a_reader_gets_from_the_entities_to_every_row(page: Page, url: str) -> None:
    assert await heading(page) == "3 entities"
    await keep(page, "entities")
    await follow(page, "a.card[href='/entities/okx']")
    assert await page.run("document.querySelectorAll('tbody tr').length") == 3
    box = "document.querySelector('polyline').getBoundingClientRect()"
    assert await page.run(f"{box}.width") > 300
    await keep(page, "entity")
    await follow(page, f"a[href$='{MARCH}']")
    await keep(page, "snapshot")
    await follow(page, "a[href*='#rows?'][href*='ownership=proven']")
    shown = int(str(await page.run("document.querySelectorAll('.row.item').length")))
    assert 0 < shown < 8
    await page.run("document.getElementById('clear').click()")
    await page.until("document.querySelectorAll('.row.item').length === 8")
    await keep(page, "report")
    assert page.requests[0] == url


@pytest.mark.parametrize("path", ["", "entities/okx", "entities/okx/snapshots/latest"])
async def test_a_narrow_window_in_the_dark_shows_everything(
    page: Page, url: str, path: str
) -> None:
    await page.send(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}]
    )
    await page.resize(360, 740)
    await page.open(url + path)
    assert await page.run("document.documentElement.scrollWidth") <= 360
    dark = await page.run("getComputedStyle(document.body).backgroundColor")
    assert dark == "rgb(21, 24, 28)"
    verdict = "document.querySelector('.verdict')?.getBoundingClientRect().width ?? 300"
    assert await page.run(verdict) >= 240  # words are not broken into a column of letters
    await keep(page, f"narrow-{path.count('/')}-{len(path)}")


async def test_hostile_text_is_shown_and_does_nothing(page: Page) -> None:
    await follow(page, "a.card[href*='img']")
    for link in ("tbody th a", "a[href$='report.html']"):
        assert "</script>" in await heading(page)
        assert await page.run("window.hurt") is None
        assert await page.run("document.querySelectorAll('img, b').length") == 0
        await follow(page, link)
    assert await page.run("document.querySelectorAll('.row.item').length") == 1
    assert await page.run("window.hurt") is None
    assert await page.run("document.querySelectorAll('img').length") == 0


async def test_what_is_not_there_is_said(browser: Browser, url: str) -> None:
    async with browser.page() as page:
        await page.send("Page.navigate", url=f"{url}entities/nobody")
        await page.until("document.querySelector('h1')")
        assert "no such entity" in await page.run("document.body.textContent")
