from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from crawler.liabilities.interface import Grade
from crawler.reports.model import EndpointLine, Owed, Report
from crawler.reports.page import (
    UNKNOWN,
    amount,
    bars,
    embedded,
    page_pieces,
    ratio,
    seen,
    share_of,
    shares,
)
from crawler.reports.rows import read_blocks
from crawler.reports.snapshots import ChangeCounts, ChangedRow, Changes, MovedTotal
from tests.unit.crawler.reports.samples import HOSTILE, finding_lines, packed, report

EXPLORERS = {
    "ethereum": "https://etherscan.io/address/{address}",
    "evil": "javascript:alert({address})",
}

VOID = {"meta", "link", "input"}


class Outline(HTMLParser):
    """Collects what a browser would make of a page, and fails on what does not close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {}
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        tag, attributes = self.open[-1] if self.open else ("", {})
        if tag in {"script", "style"}:
            self.inside.setdefault(attributes.get("id") or tag, []).append(data)
        else:
            self.text += data


def page(built: Report | None = None, changes: Changes | None = None) -> str:
    return "".join(page_pieces(built or report(), packed(finding_lines()), EXPLORERS, changes))


def outline(text: str) -> Outline:
    found = Outline()
    found.feed(text)
    found.close()
    assert found.open == []
    return found


def test_a_ratio_is_rounded_down_however_large_it_is() -> None:
    assert ratio("9" * 40 + ".999999") == "9" * 42 + ".99 %"


def test_what_is_claimed_again_is_told_where_it_is_an_amount() -> None:
    def told(duplicated: str) -> bool:
        lines = [
            line.model_copy(
                update={
                    "sums": line.sums.model_copy(update={"duplicated": duplicated}),
                    "findings": {"out-of-scope": 1},  # as a row that only names an owner
                }
            )
            for line in report().assets
        ]
        built = report().model_copy(update={"assets": lines, "networks": [], "custodians": []})
        return "Claimed again by later rows" in outline(page(built)).text

    assert told("0.10")
    assert not told("0.00")


def test_the_page_loads_nothing_and_every_element_closes() -> None:
    found = outline(page())
    assert [
        (tag, name) for tag, attributes in found.tags for name in attributes if name == "src"
    ] == []
    links = [attributes for tag, attributes in found.tags if tag == "link"]
    assert links == [{"rel": "icon", "href": "data:,"}]
    assert all(
        (attributes["href"] or "").startswith("#")
        for tag, attributes in found.tags if tag == "a"
    )  # fmt: skip
    assert [name for _, attributes in found.tags for name in attributes
            if name == "style" or name.startswith("on")] == []  # fmt: skip


def test_the_policy_allows_the_one_script_and_the_one_style() -> None:
    found = outline(page())
    (policy,) = [
        attributes["content"] or "" for tag, attributes in found.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]  # fmt: skip
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for name in ("script", "style"):
        digest = hashlib.sha256("".join(found.inside[name]).encode()).digest()
        assert f"{name}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    scripts = [attributes.get("type") for tag, attributes in found.tags if tag == "script"]
    assert scripts == ["application/json", "text/plain", None]


def test_every_row_is_inside() -> None:
    packed = base64.b64decode("".join(outline(page()).inside["rows"]))
    (block,) = read_blocks(io.BytesIO(packed))
    assert block["rows"] == len(finding_lines())


def test_only_https_explorers_get_in() -> None:
    facts = json.loads("".join(outline(page()).inside["facts"]))
    assert set(facts["explorers"]) == {"ethereum"}
    assert facts["rows"] == 8


def hostile(built: Report) -> Report:
    """Put hostile text wherever text of others can stand."""
    point = built.snapshots[0].model_copy(update={"network": HOSTILE, "block_hash": HOSTILE})
    lines = [
        line.model_copy(update={"asset": HOSTILE, "network": HOSTILE, "custodian": HOSTILE})
        for line in built.assets
    ]
    return built.model_copy(
        update={
            "verdict": f"Does not hold: {HOSTILE}",
            "entity": built.entity.model_copy(update={"title": HOSTILE}),
            "wallet_list": built.wallet_list.model_copy(
                update={"name": HOSTILE, "left_out": [HOSTILE]}
            ),
            "snapshots": [point],
            "assets": lines,
            "networks": lines,
            "custodians": lines,
            "digests": [one.model_copy(update={"message": HOSTILE}) for one in built.digests],
            "endpoint_notes": [HOSTILE],
            "form_problems": [
                one.model_copy(update={"form": HOSTILE, "detail": HOSTILE})
                for one in built.form_problems
            ],
            "summary": [one.model_copy(update={"coin": HOSTILE}) for one in built.summary],
        }
    )


def test_hostile_text_stays_text_and_what_is_hidden_is_seen() -> None:
    text = page(hostile(report()))
    found = outline(text)
    assert len([tag for tag, _ in found.tags if tag == "script"]) == 3
    assert found.text.count("<script>alert(1)</script>") > 15
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "\\u{202E}" in found.text


def changed() -> Changes:
    return Changes(
        entity="okx", previous="2025-12-01-00000000", current="2026-01-01-abababab",
        counts=ChangeCounts(new=1234, vanished=2, verdict=3, amount=4),
        totals=[
            MovedTotal(
                asset=HOSTILE, network=None, figure="claimed", before="1", after="2",
                difference="1",
            )
        ],
        rows=[
            ChangedRow(
                change="verdict", row=1, coin="ETH", network="ethereum", address=HOSTILE,
                claimed="1", ownership="failed", finding="match", before=("proven", "match"),
            )
        ],
    )  # fmt: skip


def test_changes_are_shown_when_there_are_any() -> None:
    assert "Since" not in outline(page()).text
    found = outline(page(changes=changed()))
    assert "Since 2025-12-01-00000000" in found.text
    assert "1,234" in found.text
    assert "proven, match" in found.text
    assert len([tag for tag, _ in found.tags if tag == "script"]) == 3


def test_what_is_owed_gets_its_columns_and_its_bar() -> None:
    assert "Attested / owed" not in page()
    built = report()
    owed = Owed(
        amount="10", grade=Grade.PROVEN, claimed_ratio="0.75", observed_ratio="0.6",
        attested_ratio="0.25",
    )  # fmt: skip
    line = built.assets[1].model_copy(update={"owed": owed})
    assert [(bar.name, bar.width) for bar in bars(line)] == [
        ("owed", 1000), ("claimed", 750), ("observed", 600), ("attested", 250),
    ]  # fmt: skip
    text = outline(page(built.model_copy(update={"assets": [line]}))).text
    assert "Attested / owed" in text
    assert "25.00 %" in text


def test_an_empty_report_is_a_page_too() -> None:
    built = report()
    nothing: dict[str, object] = {name: {} for name in ("findings", "ownership", "assurance")}
    zero = dict.fromkeys(("rows", "rows_observed", "rows_proven", "rows_attested"), 0)
    empty = built.model_copy(
        update={
            "entity": built.entity.model_copy(update={**nothing, **zero}),
            "assets": [], "networks": [], "custodians": [], "snapshots": [],
        }
    )  # fmt: skip
    assert "0rows in the list" in outline(page(empty)).text


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "\u2028", "]]>", "&amp;"])
def test_embedded_json_cannot_leave_its_element(text: str) -> None:
    encoded = embedded({text: text})
    assert re.search(r"[<>&\u2028]", encoded) is None
    assert json.loads(encoded) == {text: text}


def test_marks_are_around_what_is_hidden_only() -> None:
    assert seen("a\u200bb") == '<bdi>a<span class="hidden-mark">\\u{200B}</span>b</bdi>'
    assert seen("שלום <b>") == "<bdi>שלום &lt;b&gt;</bdi>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("0", "0"), ("0.000000000000000001", "0.000000…"), ("1234.5678", "1,234.56…"),
     ("1234567.000000", "1,234,567"), ("12.50", "12.5"), ("-3.25", "-3.25")],
)  # fmt: skip
def test_amounts_are_cut_and_never_rounded(text: str, shown: str) -> None:
    assert amount(text).endswith(f">{shown}</data>")
    assert f'value="{text}"' in amount(text)


def test_parts_fill_their_whole_without_gaps() -> None:
    found = shares({"a": 1, "b": 1, "c": 1}, 3)
    assert sum(part.width for part in found) == 1000
    assert [part.start for part in found[1:]] == [
        part.start + part.width for part in found[:-1]
    ]  # fmt: skip
    assert shares({}, 0) == []
    assert (share_of(1, 3), share_of(3, 3), share_of(0, 0)) == ("33.3 %", "100 %", UNKNOWN)


def test_the_day_is_that_of_the_block() -> None:
    march = datetime(2026, 3, 4, tzinfo=UTC)
    point = report().snapshots[0].model_copy(update={"block_time": march})
    assert "4 March 2026" in page(report().model_copy(update={"snapshots": [point]}))


def test_how_the_endpoints_did_stands_with_what_it_rests_on() -> None:
    said = EndpointLine(
        network="ethereum", endpoint=HOSTILE, standing="left", why=HOSTILE, requests=1234, calls=1,
        retries=0, hedged=0, throttled=0, failures={}, p50_ms=None, p95_ms=None, bytes_sent=0,
        bytes_received=0,
    )  # fmt: skip
    timing = report().timing.model_copy(update={"endpoints": [said]})
    text = outline(page(report().model_copy(update={"timing": timing}))).text
    assert "Endpoints that were asked" in text
    assert text.count("<script>alert(1)</script>") == 2
    assert "1,234" in text
