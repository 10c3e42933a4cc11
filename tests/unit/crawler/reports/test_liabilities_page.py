from __future__ import annotations

import dataclasses
from html.parser import HTMLParser

from crawler.liabilities.interface import Check, Grade, LiabilitiesResult, Outcome, PathStep
from crawler.models import Amount
from crawler.reports.liabilities_page import render

HOSTILE = '<script>alert("1")</script>&'
RESULT = LiabilitiesResult(
    system="okx-merkle-v1",
    checks=(Check("root hash", Outcome.PASSED, HOSTILE), Check("sums", Outcome.FAILED, "differ")),
    totals={"BTC": Amount(150, 2)},
    grade=Grade.CLAIMED,
    scope=("Not proven: the rest.",),
    root="aa",
    path=(
        PathStep("height 1", "leaf", "right one", "right", (("BTC", "0.5"),)),
        PathStep("height 2", "middle", "left one", "left"),
        PathStep("height 3", "top"),
    ),
    found=(("position", "1 of 4"),),
)


class Outline(HTMLParser):
    """Collects tags and text, and fails on what does not close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data.strip())


def outline(result: LiabilitiesResult) -> Outline:
    parsed = Outline()
    parsed.feed(render(result))
    parsed.close()
    assert parsed.open == []
    return parsed


def test_the_page_is_whole_and_loads_nothing() -> None:
    page = outline(RESULT)
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert "http" not in render(RESULT).replace("http-equiv", "")
    assert "Does not hold: sums." in page.text
    assert "1.50" in page.text


def test_hostile_text_stays_text() -> None:
    assert HOSTILE in "".join(outline(RESULT).text)
    assert "<script" not in render(RESULT)


def test_the_path_is_drawn_from_the_root_with_siblings_on_their_side() -> None:
    text = [part for part in outline(RESULT).text if part]
    drawn = text[text.index("From the root down to the leaf") + 1 :]
    order = [part for part in drawn if part in {"top", "left one", "middle", "leaf", "right one"}]
    assert order == ["top", "left one", "middle", "leaf", "right one"]


def test_without_a_path_there_is_no_tree() -> None:
    assert "From the root" not in "".join(outline(dataclasses.replace(RESULT, path=())).text)
