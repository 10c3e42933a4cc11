"""report.html in a real Chromium: what a reader does with it, and what hostile text does not do.

Screenshots are kept in tests/output, which git ignores.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from crawler.reports.findings import FindingLine
from crawler.reports.model import Report
from crawler.reports.publication import publication
from tests.fakes.chromium import WITHOUT_CHROMIUM, Browser, Page, chromium, find_chromium
from tests.unit.crawler.reports.samples import finding_lines, report

OUTPUT = Path(__file__).resolve().parents[1] / "output"

ROWS = 12_000

HOSTILE = '</script><img src=x onerror="window.hurt=1"><b>\u202e\u200b\u2028\x1b{{7*7}}=1+1'

HOSTILE_CELLS = (
    "coin", "asset", "network", "address", "detail", "reason", "message", "ownership_reason",
    "ownership_detail", "custodian", "file", "block_hash",
)  # fmt: skip

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason=WITHOUT_CHROMIUM),
    pytest.mark.asyncio(loop_scope="module"),
]


def line(number: int, **members: object) -> FindingLine:
    asset = ("BTC", "ETH", "USDT")[number % 3]
    short = number % 50 == 0
    made = {
        "row": number + 10, "coin": asset, "asset": asset, "address": f"0x{number:040x}",
        "claimed": f"{number}.500000000000000001",
        "observed": f"{number - short}.500000000000000001",
        "finding": "shortfall" if short else "match",
        "ownership": "unsigned" if number % 7 == 0 else "proven",
    }  # fmt: skip
    return FindingLine(**{**finding_lines()[0], **made, **members})  # type: ignore[typeddict-item]


def publish(folder: Path, lines: list[FindingLine], built: Report | None = None) -> str:
    """Publish a report whose page holds `lines`, and return its URL."""
    built = built or report()
    entity = built.entity.model_copy(update={"rows": len(lines)})
    point = built.snapshots[0].model_copy(update={"block_time": datetime(2026, 1, 1, tzinfo=UTC)})
    with publication(folder, {"ethereum": "https://etherscan.io/address/{address}"}) as written:
        for each in lines:
            written.add(each)
        written.write(built.model_copy(update={"entity": entity, "snapshots": [point]}))
    return (folder / "report.html").as_uri()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    async with chromium(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return publish(tmp_path_factory.mktemp("report"), [line(number) for number in range(ROWS)])


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, url: str) -> AsyncIterator[Page]:
    """The page, open; afterwards it must have complained of nothing and asked for nothing."""
    async with browser.page() as opened:
        await opened.open(url)
        yield opened
        assert opened.complaints == []
        assert [asked.partition("#")[0] for asked in opened.requests if asked[:5] != "data:"] == [
            url
        ]


async def keep(page: Page, name: str) -> None:
    OUTPUT.mkdir(exist_ok=True)
    (OUTPUT / f"report-{name}.png").write_bytes(await page.screenshot())


COUNT = "document.getElementById('count').textContent"
ACTIVE = "document.getElementById('grid').getAttribute('aria-activedescendant')"
ITEMS = "[...document.querySelectorAll('.item')]"


async def column(page: Page, name: str, count: int = 3) -> list[str]:
    """Return the first cells of a column, from the top of what is drawn."""
    shown = await page.run(f"""{ITEMS}.sort((a, b) => a.dataset.position - b.dataset.position)
        .slice(0, {count}).map((row) => row.querySelector('.f-{name}').textContent)""")
    assert isinstance(shown, list)
    return shown


async def choose(page: Page, name: str, value: str) -> None:
    await page.run(f"""(() => {{
        const select = document.querySelector('[data-filter={name}]');
        select.value = {json.dumps("=" + value)};
        select.dispatchEvent(new Event('change', {{bubbles: true}}));
    }})()""")


async def counts(page: Page, text: str) -> None:
    await page.until(f"{COUNT} === {json.dumps(text)}")


async def test_it_opens_with_the_verdict_first_and_draws_only_what_is_in_view(page: Page) -> None:
    assert (await page.run("document.querySelector('h1').textContent")).startswith("Does not hold")
    assert await page.run(COUNT) == "12,000 rows"
    assert await column(page, "row") == ["10", "11", "12"]
    assert 5 < await page.run(f"{ITEMS}.length") < 60
    assert await page.run("document.getElementById('grid').getAttribute('aria-rowcount')") == (
        "12001"
    )
    await keep(page, "light")


async def test_filters_are_combined_and_taken_back(page: Page) -> None:
    await choose(page, "finding", "shortfall")
    await counts(page, "240 of 12,000 rows")
    await choose(page, "asset", "ETH")
    await counts(page, "80 of 12,000 rows")
    assert await column(page, "asset") == ["ETH"] * 3
    await choose(page, "ownership", "unsigned")
    await counts(page, "11 of 12,000 rows")
    await page.run("document.getElementById('clear').click()")
    await counts(page, "12,000 rows")


async def test_search_finds_an_address_and_what_rows_have_in_common(page: Page) -> None:
    for text, found in (("0X00000000000000000000000000000000000000FF", 1), ("unsigned", 1715)):
        await page.run(f"""(() => {{
            const box = document.getElementById('search');
            box.value = {json.dumps(text)};
            box.dispatchEvent(new Event('input', {{bubbles: true}}));
        }})()""")
        await counts(page, f"{found:,} of 12,000 rows")


async def test_columns_sort_both_ways_by_amount_and_not_by_text(page: Page) -> None:
    button = "document.querySelector('[data-sort=claimed] button')"
    await page.run(f"{button}.click()")
    assert await column(page, "claimed", 2) == ["0.500000000000000001", "1.500000000000000001"]
    await page.run(f"{button}.click()")
    assert (await column(page, "claimed", 1))[0] == "11,999.500000000000000001"
    sort = "document.querySelector('[data-sort=claimed]').getAttribute('aria-sort')"
    assert await page.run(sort) == "descending"
    await page.run("document.querySelector('[data-sort=asset] button').click()")
    assert await column(page, "asset") == ["BTC"] * 3
    assert await column(page, "row") == ["10", "13", "16"]


async def test_the_end_of_a_long_list_is_reached_by_scrolling(page: Page) -> None:
    await page.run("document.getElementById('view').scrollTop = 1e9")
    await page.until(f"{ITEMS}.some((row) => row.dataset.position === '11999')")


ACTIVE_IS_IN_VIEW = """(() => {
    const box = document.querySelector('.active').getBoundingClientRect();
    const view = document.getElementById('view').getBoundingClientRect();
    return box.top >= view.top - 1 && box.bottom <= view.bottom + 1; })()"""


async def test_a_list_taller_than_any_element_is_reached_to_its_end(page: Page) -> None:
    # 12,000 rows of 1,000 px are 12 million, and an element may have 8.
    await page.run("document.getElementById('view').style.height = '3000px'")
    await page.run("document.documentElement.style.setProperty('--row', '62.5rem')")
    await page.run("document.getElementById('grid').focus()")
    for key, row in (("End", "r11999"), ("ArrowUp", "r11998"), ("Home", "r0"), ("PageDown", "r2")):
        await page.press(key)
        assert await page.run(ACTIVE) == row
        assert await page.run(ACTIVE_IS_IN_VIEW)
    assert await page.run("document.getElementById('space').offsetHeight") == 8_000_000


async def test_keys_move_open_sort_and_close(page: Page) -> None:
    await page.run("document.getElementById('grid').focus()")
    await page.press("End")
    assert await page.run(ACTIVE) == "r11999"
    assert await page.run(ACTIVE_IS_IN_VIEW)
    await page.press("Home")
    for _ in range(3):
        await page.press("ArrowDown")
    await page.press("Enter")
    assert await page.run("document.getElementById('detail-title').textContent") == "Line 13"
    await page.press("Escape")
    await page.until("!document.getElementById('detail').open")
    assert await page.run("document.activeElement.id") == "grid"
    await page.press("4")
    assert await page.run("document.querySelector('[aria-sort=ascending]').dataset.sort") == (
        "address"
    )


async def test_a_figure_leads_to_its_rows_and_a_row_to_its_explorer(page: Page) -> None:
    link = "[...document.querySelectorAll('[data-group=all] a')].find((a) => a.hash.includes"
    await page.run(f"{link}('asset=ETH&balance=observed&ownership=proven')).click()")
    proven = sum(number % 3 == 1 and number % 7 != 0 for number in range(ROWS))
    await counts(page, f"{proven:,} of 12,000 rows")
    assert await column(page, "asset") == ["ETH"] * 3
    top = "document.getElementById('findings').getBoundingClientRect().top"
    await page.until(f"Math.abs({top}) < 40")
    await page.run("document.querySelector('.item').click()")
    explorer = await page.run("""(() => { const a = document.querySelector('#explorer a');
        return [a.href, a.rel, a.target]; })()""")
    assert explorer == [
        f"https://etherscan.io/address/0x{1:040x}", "noopener noreferrer", "_blank",
    ]  # fmt: skip
    await keep(page, "row")


async def test_an_asset_opens_to_show_how_it_divides(page: Page) -> None:
    button = "document.querySelector('[data-group=all] .expand')"
    shown = "document.querySelector('.more').checkVisibility()"
    assert not await page.run(shown)
    await page.run(f"{button}.click()")
    assert await page.run(shown)
    assert await page.run(f"{button}.getAttribute('aria-expanded')") == "true"
    await page.run("document.querySelector('[data-table=network]').click()")
    assert await page.run("document.querySelector('[data-group=network]').checkVisibility()")
    assert not await page.run("document.querySelector('[data-group=all]').checkVisibility()")


CONTRAST = r"""(() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const light = (colour) => {
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
      .map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!/, 0\)$/.test(colour) && colour !== 'transparent') return colour;
    }
    return 'white';
  };
  const bad = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !element.checkVisibility()) continue;
    if (element.closest('.sr, .skip, script, option')) continue;
    const [a, b] = [getComputedStyle(element).color, behind(element)].map(light);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.add(element.tagName + '.' + element.className + ' ' + ratio.toFixed(2));
  }
  return [...bad];
})()"""
"""Elements with text whose contrast is below what WCAG 2.2 AA asks of text (1.4.3)."""


async def test_light_and_dark_both_have_contrast(page: Page) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    before = await page.run(background)
    assert await page.run(CONTRAST) == []
    await page.run("document.getElementById('theme').click()")
    assert await page.run(background) != before
    assert await page.run(CONTRAST) == []
    await keep(page, "dark")
    scheme = [{"name": "prefers-color-scheme", "value": "dark"}]
    await page.run("delete document.documentElement.dataset.theme")
    await page.send("Emulation.setEmulatedMedia", features=scheme)
    assert await page.run(background) != before


@pytest.mark.parametrize("width", [320, 390, 768])
async def test_a_narrow_window_never_scrolls_sideways(page: Page, width: int) -> None:
    await page.resize(width, 844)
    await page.run("document.querySelectorAll('.expand, summary').forEach((b) => b.click())")
    assert await page.run("document.documentElement.scrollWidth <= innerWidth")
    assert await page.run(f"{ITEMS}.every((row) => row.scrollWidth <= row.clientWidth + 1)")
    for cell in (".f-network", ".f-finding"):  # a long amount beside them takes no room from them
        cells = f"{ITEMS}.map((row) => row.querySelector('{cell}'))"
        assert await page.run(f"{cells}.every((one) => one.scrollWidth <= one.clientWidth)"), cell
    await page.run("document.querySelector('.assets').scrollIntoView()")
    await keep(page, f"width-{width}")


async def test_in_print_all_tables_are_there_and_controls_are_not(page: Page) -> None:
    await page.send("Emulation.setEmulatedMedia", media="print")
    shown = "document.querySelector('{}').checkVisibility()"
    assert await page.run(shown.format("[data-group=network]"))
    assert await page.run(shown.format(".more"))
    assert not await page.run(shown.format("#findings"))
    assert not await page.run(shown.format("#theme"))


async def test_every_control_has_a_name_and_every_table_its_headers(page: Page) -> None:
    nameless = await page.run("""[...document.querySelectorAll('button, select, input, a')]
        .filter((e) => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length))
        .map((e) => e.outerHTML)""")
    assert nameless == []
    assert await page.run("document.documentElement.lang") == "en"
    assert (
        await page.run("""[...document.querySelectorAll('table')].every((t) =>
        t.querySelector('th[scope=col]'))""")
        is True
    )
    levels = await page.run("""[...document.querySelectorAll('h1, h2, h3')].map((h) => h.tagName)
        .filter((tag) => tag === 'H1').length""")
    assert levels == 1


async def test_hostile_text_in_every_cell_does_nothing_and_is_seen(
    browser: Browser, tmp_path: Path
) -> None:
    cells = dict.fromkeys(HOSTILE_CELLS, HOSTILE)
    lines = [line(number, **cells, sources=[HOSTILE]) for number in range(3)]
    built = report()
    assets = [one.model_copy(update={"asset": HOSTILE}) for one in built.assets]
    opened = publish(tmp_path, lines, built.model_copy(update={"assets": assets}))
    async with browser.page() as page:
        await page.open(opened)
        await page.run("document.querySelector('.item').click()")
        await page.run("document.querySelectorAll('.expand, summary').forEach((b) => b.click())")
        assert await page.run("window.hurt") is None
        assert await page.run("document.images.length") == 0
        detail = await page.run("document.getElementById('detail').innerText")
        assert detail.count('</script><img src=x onerror="window.hurt=1"><b>') >= 12
        assert "\\u{202E}\\u{200B}\\u{2028}\\u{1B}" in detail
        assert "\u202e" not in await page.run("document.body.innerText")
        assert await page.run("document.querySelector('#explorer a')") is None
        assert page.complaints == []
        assert page.requests == [opened]
        await keep(page, "hostile")


async def test_a_list_without_rows_is_a_page_too(browser: Browser, tmp_path: Path) -> None:
    opened = publish(tmp_path, [])
    async with browser.page() as page:
        await page.open(opened)
        await page.run("document.getElementById('grid').focus()")
        for key in ("End", "Enter", "2"):
            await page.press(key)
        assert await page.run(COUNT) == "0 rows"
        assert page.complaints == []


async def test_without_the_means_to_unpack_the_page_says_so(browser: Browser, url: str) -> None:
    async with browser.page() as page:
        await page.send(
            "Page.addScriptToEvaluateOnNewDocument", source="delete window.DecompressionStream"
        )
        await page.open(url)
        assert "findings.jsonl" in await page.run("document.getElementById('loading').textContent")
        assert await page.run("document.querySelectorAll('.totals tbody tr').length") > 0
