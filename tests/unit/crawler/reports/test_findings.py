from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chains.adapter import Assurance, Unresolved
from chains.errors import UnresolvedReason
from crawler.assess import assess, assess_malformed
from crawler.models import MalformedRow
from crawler.reports.findings import encode_line, finding_line, ownership_line, read_lines
from tests.unit.crawler.reports.samples import finding_lines
from tests.unit.crawler.samples import FAILED, POINT, PROVEN, claim, observed

FIRST = [
    "row", "coin", "asset", "network", "address", "height", "block_hash", "claimed", "observed",
    "assurance", "ownership", "finding", "reason", "detail",
]  # fmt: skip


def test_the_agreed_members_come_first_and_amounts_are_text() -> None:
    line = finding_line(assess(claim(7), PROVEN, observed(1_500_000)))
    assert list(line)[: len(FIRST)] == FIRST
    assert line["claimed"] == line["observed"] == "1.500000"
    assert (line["height"], line["block_hash"]) == (100, POINT.block_hash)
    assert (line["ownership"], line["finding"], line["assurance"]) == ("proven", "match", "node")
    assert line["sources"] == ["http://127.0.0.1"]


@pytest.mark.parametrize("content", [b"x\n", b'{"x": ' + b"[" * 3_000 + b"\n"])
def test_what_is_no_finding_is_said(content: bytes) -> None:
    with pytest.raises(ValueError, match="a finding cannot be read"):
        list(read_lines([content]))


def test_absent_values_are_null() -> None:
    gone = Unresolved(UnresolvedReason.UNREACHABLE, "No endpoint answered.")
    line = finding_line(assess(claim(7, mapped=False), PROVEN, gone))
    assert [line["observed"], line["assurance"], line["block_hash"], line["asset"]] == [None] * 4
    bad = finding_line(assess_malformed(MalformedRow("l", 3, "c", "a", "cells", "d"), FAILED))
    assert [bad["claimed"], bad["height"], bad["kind"]] == [None] * 3
    assert (bad["coin"], bad["address"], bad["reason"]) == ("c", "a", "malformed-cells")


def test_any_text_becomes_one_line_of_json() -> None:
    row = MalformedRow("l", 3, "a\nb\u2028", "\ud800\x00", "encoding", "d")
    encoded = encode_line(ownership_line(row, FAILED, ()))
    assert encoded.count(b"\n") == 1
    assert json.loads(encoded)["coin"] == "a\nb\u2028"
    assert json.loads(encoded)["address"] == "?\x00"


def test_a_verdict_line_names_digest_and_message() -> None:
    line = ownership_line(claim(7), PROVEN, ())
    assert (line["digest"], line["message"]) == ("evm-okx", "I am an OKX address")
    assert line["freshness"] == "static"
    assert ownership_line(claim(7), PROVEN, ["I am an OKX .*"])["freshness"] == "fresh"
    unproven = ownership_line(claim(7), FAILED, ())
    assert unproven["digest"] is unproven["freshness"] is None


def test_lines_come_back_from_pieces_of_any_size() -> None:
    lines = finding_lines()
    whole = b"".join(map(encode_line, lines))
    for size in (1, 7, len(whole)):
        pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
        assert list(read_lines(pieces)) == lines


@pytest.mark.parametrize("text", [b"{}\n", b"nonsense\n", b'{"row":'])
def test_damaged_lines_are_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="finding"):
        list(read_lines([text]))


def test_how_the_asset_is_held_stands_in_the_line() -> None:
    assert [line["holding"] for line in finding_lines()[-2:]] == ["native", None]


def test_the_height_is_that_of_the_block_that_was_read() -> None:
    assert finding_line(assess(claim(7, height=None), PROVEN, observed(1)))["height"] == 100
    elsewhere = replace(observed(1, Assurance.LIVE), point=replace(POINT, height=93))
    line = finding_line(assess(claim(7), PROVEN, elsewhere))
    assert (line["height"], line["finding"], line["reason"]) == (93, "unresolved", "live-only")
    assert (line["observed"], line["assurance"]) == ("0.000001", "live")
