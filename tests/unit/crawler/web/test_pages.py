from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from crawler.reports.metrics import metrics_text
from crawler.reports.page import page_policy
from tests.unit.crawler.reports.samples import HOSTILE
from tests.unit.crawler.reports.test_publication import month, publish
from tests.unit.crawler.web.scenes import JANUARY, MARCH, Client, client_of, json_of

SNAPSHOTS = "/entities/okx/snapshots"


async def text_of(client: Client, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status
        return await answer.text()


async def test_pages_lead_to_one_another(client: Client) -> None:
    assert 'href="/entities/okx"' in await text_of(client, "/")
    entity = await text_of(client, "/entities/okx")
    assert f'href="{SNAPSHOTS}/{MARCH}"' in entity
    assert entity.count("<polyline") % 3 == 0
    assert "<polyline" in entity
    snapshot = await text_of(client, f"{SNAPSHOTS}/{MARCH}")
    for link in re.findall(r'href="(/[^"]*)"', entity + snapshot):
        await text_of(client, html.unescape(link))


async def test_a_number_leads_to_its_rows(client: Client) -> None:
    newest = await text_of(client, f"{SNAPSHOTS}/{MARCH}")
    figures = month(3)
    (line,) = [one for one in figures.networks if one.asset == "USDT"][:1]
    chosen = f"asset={line.asset}&amp;network={line.network}"
    assert f'{MARCH}/report.html#rows?{chosen}&amp;balance=observed&amp;ownership=proven"' in newest
    older = await text_of(client, f"{SNAPSHOTS}/{JANUARY}")
    assert "#rows?" not in older  # there is no report, but there are the rows
    for page in (newest, older):
        (link,) = re.findall(rf'href="(/api[^"]*/findings[?]{chosen})"', page)
        found = await json_of(client, html.unescape(link))
        assert found["matched"] == line.coverage.rows
        assert {row["network"] for row in found["items"]} == {line.network}


async def test_figures_by_custodian_are_shown_where_the_report_is(client: Client) -> None:
    newest = await text_of(client, f"{SNAPSHOTS}/{MARCH}")
    (line,) = [one for one in month(3).custodians if one.asset == "USDT"]
    chosen = f"asset=USDT&amp;custodian={line.custodian}"
    assert f'#rows?asset=USDT&amp;finding=unresolved&amp;custodian={line.custodian}"' in newest
    (link,) = re.findall(rf'href="(/api[^"]*/findings[?]{chosen})"', newest)
    found = await json_of(client, html.unescape(link))
    assert found["matched"] == line.coverage.rows
    assert "By custodian" not in await text_of(client, f"{SNAPSHOTS}/{JANUARY}")


async def test_figures_by_custodian_are_left_out_when_the_report_is_damaged(
    client: Client, folder: Path
) -> None:
    await text_of(client, f"{SNAPSHOTS}/{MARCH}")
    (folder / "okx" / "report.json").write_text("{}")
    assert "By custodian" not in await text_of(client, f"{SNAPSHOTS}/{MARCH}")


async def test_the_report_is_the_page_that_the_run_wrote(client: Client, folder: Path) -> None:
    page = await text_of(client, f"{SNAPSHOTS}/latest/report.html")
    assert page == (folder / "okx" / "report.html").read_text()
    async with client.head(f"{SNAPSHOTS}/latest/report.html") as answer:
        assert answer.headers["Content-Security-Policy"].startswith(page_policy())


async def test_an_older_snapshot_of_a_folder_has_no_report(client: Client) -> None:
    page = await text_of(client, f"{SNAPSHOTS}/{JANUARY}/report.html", 404)
    assert "a store keeps them all" in page
    assert "report.html" not in await text_of(client, f"{SNAPSHOTS}/{JANUARY}")


async def test_a_report_is_shown_when_the_rows_before_cannot_be_read(folder: Path) -> None:
    (folder / "okx" / "changes.json").unlink()
    (folder / "okx" / "2026-02-01-02020202.rows.jsonl.gz").write_bytes(b"damaged")
    async with client_of(folders=(folder,)) as client:
        assert "</html>" in await text_of(client, f"{SNAPSHOTS}/latest/report.html")


async def test_an_empty_server_says_how_to_fill_it(tmp_path: Path) -> None:
    async with client_of(folders=(tmp_path,), store=str(tmp_path / "none.sqlite")) as client:
        page = await text_of(client, "/")
        assert "Nothing has been verified yet" in page
        assert "assay verify" in page
        assert "the store is not there yet" in page
        assert await text_of(client, "/metrics") == metrics_text([])


async def test_hostile_text_stays_text(tmp_path: Path) -> None:
    made = month(1)
    hostile = f"{HOSTILE}\u200b\"'&"
    entity = made.entity.model_copy(update={"title": hostile, "name": "a/b {ü}"})
    listed = made.wallet_list.model_copy(update={"name": hostile})
    line = made.assets[0].model_copy(update={"asset": hostile})
    built = made.model_copy(
        update={
            "entity": entity, "wallet_list": listed, "verdict": hostile,
            "assets": [line, *made.assets[1:]],
        }
    )  # fmt: skip
    later = built.model_copy(update={"snapshots": month(2).snapshots})
    later = later.model_copy(
        update={"wallet_list": listed.model_copy(update={"sha256": "02" * 32})}
    )
    publish(tmp_path, built)
    publish(tmp_path, later)
    async with client_of(folders=(tmp_path,)) as client:
        pages = [await text_of(client, "/")]
        (link,) = re.findall(r'class="card" href="([^"]*)"', pages[0])
        assert link == "/entities/a%2Fb%20%7B%C3%BC%7D"
        pages += [await text_of(client, f"{link}{rest}") for rest in ("", "/snapshots/latest")]
    for page in pages:
        assert "<script" not in page
        assert "\x1b" not in page
        assert "\u202e" not in page
        assert "\u200b" not in page
        assert "&lt;script&gt;" in page


async def test_metrics_are_of_the_newest_report_of_each_entity(client: Client) -> None:
    async with client.get("/metrics") as answer:
        assert answer.content_type == "text/plain"
        text = await answer.text()
    assert text == metrics_text([month(1, entity="htx"), month(3)])
    assert await text_of(client, "/metrics") == text


@pytest.mark.parametrize("content", ["{}", "no JSON"])
async def test_a_report_that_was_damaged_meanwhile_is_no_page(
    tmp_path: Path, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def report(*_: object) -> bytes:
        return content.encode()

    monkeypatch.setattr("crawler.web.folders.FolderPlace.report", report)
    publish(tmp_path, month(1))
    async with client_of(folders=(tmp_path,)) as client:
        page = await text_of(client, f"{SNAPSHOTS}/latest/report.html", 503)
        assert "the report" in page
