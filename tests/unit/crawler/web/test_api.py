from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crawler.reports.snapshots import Changes, Summary
from crawler.web.operations import OPERATIONS
from tests.unit.crawler.reports.samples import finding_lines
from tests.unit.crawler.web.scenes import (
    FEBRUARY,
    JANUARY,
    MARCH,
    OKX,
    Client,
    client_of,
    json_of,
)


async def test_entities_are_listed_a_page_at_a_time(client: Client) -> None:
    everything = await json_of(client, "/api/v1/entities")
    assert [one["entity"] for one in everything["items"]] == ["htx", "okx"]
    assert everything["next_cursor"] is None
    first = await json_of(client, "/api/v1/entities?limit=1")
    assert ([one["entity"] for one in first["items"]], first["next_cursor"]) == (["htx"], "htx")
    second = await json_of(client, "/api/v1/entities?limit=1&cursor=htx")
    assert ([one["entity"] for one in second["items"]], second["next_cursor"]) == (["okx"], None)
    assert await json_of(client, "/api/v1/entities/okx") == second["items"][0]
    assert second["items"][0]["latest"] == MARCH


async def test_snapshots_are_listed_newest_first(client: Client) -> None:
    first = await json_of(client, f"{OKX}?limit=2")
    assert [one["snapshot"] for one in first["items"]] == [MARCH, FEBRUARY]
    assert [one["has_report"] for one in first["items"]] == [True, False]
    rest = await json_of(client, f"{OKX}?limit=2&cursor={first['next_cursor']}")
    assert [one["snapshot"] for one in rest["items"]] == [JANUARY]
    assert (rest["next_cursor"], rest["total"]) == (None, 3)
    await json_of(client, f"{OKX}?cursor=2020-01-01-00000000", 404)


async def test_a_summary_is_the_one_that_the_folder_has(client: Client, folder: Path) -> None:
    for name in (JANUARY, MARCH):
        async with client.get(f"{OKX}/{name}") as answer:
            assert await answer.read() == (folder / "okx" / f"{name}.json").read_bytes()
    assert Summary(**await json_of(client, f"{OKX}/latest")).snapshot == MARCH


async def test_the_report_is_the_file(client: Client, folder: Path) -> None:
    async with client.get(f"{OKX}/latest/report") as answer:
        assert await answer.read() == (folder / "okx" / "report.json").read_bytes()
    refused = await json_of(client, f"{OKX}/{JANUARY}/report", 404)
    assert "a store keeps them all" in refused["detail"]


@pytest.mark.parametrize(("snapshot", "rows"), [(JANUARY, 6), (FEBRUARY, 7), (MARCH, 8)])
async def test_findings_go_page_by_page_and_as_lines(
    client: Client, snapshot: str, rows: int
) -> None:
    seen: list[Any] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = await json_of(client, f"{OKX}/{snapshot}/findings?limit=3&cursor={cursor}")
        assert (page["rows"], page["matched"]) == (rows, rows)
        seen += page["items"]
        cursor = page["next_cursor"]
    assert seen == finding_lines()[:rows]
    async with client.get(f"{OKX}/{snapshot}/findings.jsonl") as answer:
        assert answer.content_type == "application/x-ndjson"
        assert [json.loads(line) for line in (await answer.text()).splitlines()] == seen


async def test_findings_are_chosen_by_what_they_are(client: Client) -> None:
    wanted = [
        line
        for line in finding_lines()
        if (line["finding"], line["ownership"]) == ("match", "proven")
    ]
    page = await json_of(client, f"{OKX}/latest/findings?finding=match&ownership=proven&limit=1")
    assert page["items"] == wanted[:1]
    assert page["matched"] == len(wanted) == 2
    async with client.get(f"{OKX}/latest/findings.jsonl?finding=match&ownership=proven") as answer:
        assert [json.loads(line) for line in (await answer.text()).splitlines()] == wanted
    nobody = await json_of(client, f"{OKX}/latest/findings?address=0x00")
    assert (nobody["items"], nobody["matched"]) == ([], 0)


async def test_changes_are_from_the_file_or_worked_out(client: Client, folder: Path) -> None:
    latest = Changes(**await json_of(client, f"{OKX}/latest/changes"))
    assert latest == Changes.model_validate_json((folder / "okx" / "changes.json").read_bytes())
    older = Changes(**await json_of(client, f"{OKX}/{FEBRUARY}/changes"))
    assert (older.previous, older.current, older.counts.new) == (JANUARY, FEBRUARY, 1)
    refused = await json_of(client, f"{OKX}/{JANUARY}/changes", 404)
    assert refused["detail"] == "there is no snapshot before this one"


async def test_a_store_serves_every_report_and_its_changes(store: Path) -> None:
    async with client_of(store=str(store)) as client:
        for name, rows in ((JANUARY, 6), (FEBRUARY, 7)):
            assert (await json_of(client, f"{OKX}/{name}/report"))["entity"]["name"] == "okx"
            assert (await json_of(client, f"{OKX}/{name}/findings"))["rows"] == rows
        changes = Changes(**await json_of(client, f"{OKX}/latest/changes"))
        assert (changes.previous, changes.current) == (JANUARY, FEBRUARY)
        assert (await json_of(client, "/api/v1/healthz"))["status"] == "ok"


async def test_health_says_what_cannot_be_read(folder: Path) -> None:
    (folder / "okx" / f"{JANUARY}.json").write_text("{}")
    async with client_of(folders=(folder,)) as client:
        health = await json_of(client, "/api/v1/healthz", 503)
        assert health["status"] == "degraded"
        assert health["places"] == [
            {
                "place": "folder",
                "problems": [f"okx/{JANUARY}.json: no summary of this version, or damaged"],
            }
        ]
        listed = await json_of(client, "/api/v1/entities")
        assert listed["problems"] == [f"folder: {health['places'][0]['problems'][0]}"]


async def test_nothing_yet_is_an_empty_list(tmp_path: Path) -> None:
    async with client_of(folders=(tmp_path,)) as client:
        assert (await json_of(client, "/api/v1/entities"))["items"] == []
        assert (await json_of(client, "/api/v1/healthz"))["snapshots"] == 0


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/v1/entities?limit=0", 400, "limit: "),
        ("/api/v1/entities?limit=1001", 400, "limit: "),
        ("/api/v1/entities?limit=1_0", 400, "limit: "),
        ("/api/v1/entities?limit=1.0", 400, "limit: "),
        ("/api/v1/entities?limit=%2B1", 400, "limit: "),
        ("/api/v1/entities?limit=", 400, "limit: "),
        ("/api/v1/entities?limit=9" + "9" * 400, 400, "limit: "),
        ("/api/v1/entities?limit=1&limit=2", 400, "more than once: limit"),
        ("/api/v1/entities?page=2", 400, "page: "),
        ("/api/v1/entities?cursor=" + "x" * 201, 400, "cursor: "),
        (f"{OKX}/latest/findings?cursor=9", 404, "beyond the last row"),
        (f"{OKX}/latest/findings?cursor=-1", 400, "cursor: "),
        (f"{OKX}/latest/findings?cursor=" + "9" * 13, 400, "cursor: "),
        (f"{OKX}/latest/findings?finding=fraud", 400, "finding: "),
        (f"{OKX}/latest/findings?ownership=", 400, "ownership: "),
        (f"{OKX}/latest/findings.jsonl?limit=5", 400, "limit: "),
        (f"{OKX}/latest?x=%00", 400, "x: "),
        ("/api/v1/entities/kraken", 404, "no such entity"),
        ("/api/v1/entities/kraken/snapshots/latest", 404, "no such entity"),
        ("/api/v1/entities/" + "k" * 5000, 404, "no such entity"),
        ("/api/v1/entities/..%2f..%2fetc%2fpasswd/snapshots/latest", 404, "no such entity"),
        (f"{OKX}/2026-01-01-ffffffff", 404, "no such snapshot"),
        (f"{OKX}/%00", 404, "no such snapshot"),
        (f"{OKX}/latest/findings/1", 404, "nothing at this path"),
        ("/api/v2/entities", 404, "nothing at this path"),
        ("/api/", 404, "nothing at this path"),
    ],
)
async def test_bad_input_is_refused_with_a_reason(
    client: Client, path: str, status: int, words: str
) -> None:
    async with client.get(path) as answer:
        assert answer.status == status
        assert answer.content_type == "application/problem+json"
        problem = await answer.json(content_type=None)
        assert problem["status"] == status
        assert words in problem["detail"]
        assert "Traceback" not in await answer.text()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_nothing_can_be_written(client: Client, method: str) -> None:
    for path in ("/api/v1/entities", f"{OKX}/latest/findings", "/"):
        async with client.request(method, path, data=b"x" * 100) as answer:
            assert answer.status == 405
            assert answer.headers["Allow"] == "GET, HEAD"


async def test_every_operation_answers_head_and_knows_its_etag(client: Client) -> None:
    for operation in OPERATIONS:
        path = operation.path.format(entity="okx", snapshot="latest")
        async with client.get(path) as answer:
            assert answer.status == 200, path
            etag = answer.headers["ETag"]
            assert await answer.read()
        async with client.head(path) as answer:
            assert (answer.status, answer.headers["ETag"]) == (200, etag), path
            assert await answer.read() == b""
        for known in (etag, f'W/{etag}, "x"', f'"x", {etag}', "*"):
            async with client.get(path, headers={"If-None-Match": known}) as answer:
                assert answer.status == 304, (path, known)
                assert await answer.read() == b""
        async with client.get(path, headers={"If-None-Match": '"another"'}) as answer:
            assert answer.status == 200
