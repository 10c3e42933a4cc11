from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.reports.findings import FindingLine, encode_line
from crawler.web.findings_index import CHOICES_KEPT, FindingsIndex, Page
from tests.unit.crawler.web.scenes import line

WORDS = ("match", "shortfall")
ASSETS = ("BTC", None)


def file_of(lines: list[FindingLine]) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the index closes it)
    file.writelines(map(encode_line, lines))
    file.flush()
    return file


def rows_of(page: Page) -> list[int]:
    return [json.loads(one)["row"] for one in page.lines]


@pytest.fixture
def index() -> Iterator[FindingsIndex]:
    lines = [
        line(number, finding=WORDS[number % 2], asset=ASSETS[number % 3 == 0])
        for number in range(20)
    ]
    made = FindingsIndex(file_of(lines))
    yield made
    made.close()


def test_pages_go_through_the_whole_file(index: FindingsIndex) -> None:
    first = index.page({}, 0, 15)
    assert rows_of(first) == list(range(15))
    assert (first.matched, first.following) == (20, 15)
    last = index.page({}, 15, 15)
    assert rows_of(last) == list(range(15, 20))
    assert last.following is None


def test_choices_are_all_kept(index: FindingsIndex) -> None:
    page = index.page({"finding": "shortfall", "asset": "BTC"}, 0, 3)
    assert rows_of(page) == [1, 5, 7]
    assert (page.matched, page.following) == (7, 11)
    assert index.page({"network": "nowhere"}, 0, 3) == Page([], 0, None)
    assert index.page({}, 20, 3) == Page([], 20, None)


def test_rows_of_an_unknown_asset_are_chosen_by_the_name_that_totals_give_it() -> None:
    unknown = {"asset": None, "network": None}
    lines = [
        line(0, coin="BTC", asset="BTC", network="bitcoin"),
        line(1, coin="NO-SUCH", **unknown), line(2, coin="OTHER", **unknown),
        line(3, coin="NO-SUCH", **unknown, kind=None),  # malformed: in no total
        line(4, coin="ALSO", asset="ALSO", network=None),
    ]  # fmt: skip
    index = FindingsIndex(file_of(lines))
    try:
        assert rows_of(index.page({"asset": "? NO-SUCH"}, 0, 9)) == [1]
        assert rows_of(index.page({"network": "?"}, 0, 9)) == [1, 2, 4]
        assert rows_of(index.page({"asset": "ALSO", "network": "?"}, 0, 9)) == [4]
        assert rows_of(index.page({"asset": "? OTHER", "network": "?"}, 0, 9)) == [2]
        for chosen in ({"asset": "? "}, {"asset": "?"}, {"asset": "? BTC"}, {"network": "? x"}):
            assert index.page(chosen, 0, 9).matched == 0
    finally:
        index.close()


def test_an_address_is_found_in_any_case_when_it_is_hexadecimal() -> None:
    lines = [line(1, address="0xAbCd"), line(2, address="bc1Q"), line(3, address="0xabcd")]
    index = FindingsIndex(file_of(lines))
    assert rows_of(index.page({"address": "0XABCD"}, 0, 9)) == [1, 3]
    assert rows_of(index.page({"address": "bc1Q"}, 0, 9)) == [2]
    assert rows_of(index.page({"address": "bc1q"}, 0, 9)) == []
    index.close()


def test_two_addresses_that_share_a_hash_are_told_apart(
    index: FindingsIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = line(3)["address"]
    monkeypatch.setattr(index, "_accounts", type(index._accounts)("q", [hash(wanted)] * 20))
    assert rows_of(index.page({"address": wanted}, 0, 9)) == [3]


def test_a_stream_is_the_file_or_the_chosen_lines(index: FindingsIndex) -> None:
    assert b"".join(index.pieces()) == b"".join(
        one + b"\n" for lines in index.lines({}) for one in lines
    )
    chosen = [one for lines in index.lines({"finding": "match"}) for one in lines]
    assert [json.loads(one)["row"] for one in chosen] == list(range(0, 20, 2))


def test_an_empty_file_is_an_empty_list() -> None:
    index = FindingsIndex(file_of([]))
    assert index.page({}, 0, 5) == Page([], 0, None)
    assert list(index.pieces()) == []
    index.close()


def test_only_so_many_choices_are_remembered(index: FindingsIndex) -> None:
    for number in range(CHOICES_KEPT + 5):
        index.page({"address": f"{number}"}, 0, 1)
    assert len(index._choices) == CHOICES_KEPT


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"row": 1}\n', "a finding cannot be read"),
        (b"not JSON\n", "a finding cannot be read"),
        (b'{"x": ' + b"[" * 3_000 + b"\n", "a finding cannot be read"),
        (encode_line(line(1))[:-1], "cut short"),
    ],
)
def test_what_is_no_file_of_findings_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        FindingsIndex(io.BytesIO(content))


def test_findings_of_another_run_are_refused() -> None:
    content = encode_line(line(1))
    with pytest.raises(ValueError, match="not those of the report"):
        FindingsIndex(io.BytesIO(content), hashlib.sha256(b"other").hexdigest())


def test_a_file_that_became_shorter_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "findings.jsonl"
    path.write_bytes(b"".join(encode_line(line(number)) for number in range(5)))
    index = FindingsIndex(path.open("rb"))
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="shorter"):
        index.page({}, 0, 5)
    index.close()


@given(
    kinds=st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(ASSETS)), max_size=30),
    limit=st.integers(1, 7),
    chosen=st.fixed_dictionaries(
        {}, optional={"finding": st.sampled_from(WORDS), "asset": st.just("BTC")}
    ),
)
def test_every_chosen_row_is_on_exactly_one_page(
    kinds: list[tuple[str, str | None]], limit: int, chosen: dict[str, Any]
) -> None:
    lines = [line(number, finding=word, asset=asset) for number, (word, asset) in enumerate(kinds)]
    index = FindingsIndex(file_of(lines))
    seen: list[int] = []
    start: int | None = 0
    while start is not None:
        page = index.page(chosen, start, limit)
        assert len(page.lines) <= limit
        seen += rows_of(page)
        start = page.following
    index.close()
    members: list[dict[str, Any]] = [dict(one) for one in lines]
    wanted = [one["row"] for one in members if chosen.items() <= {**one, "sources": 0}.items()]
    assert seen == wanted
