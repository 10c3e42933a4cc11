from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.demo.check import Stage, base_units, describe, misjudged, misread, read_findings
from crawler.demo.scene import Case, Chain, Coin, Scene, TokenCode
from crawler.errors import CrawlerError

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.demo.chain import Anvil

TOKEN = Coin("0x" + "c0" * 20, "Token", "TKN", 6)
CODE = TokenCode("0x", {"balanceOf(address)": "70a08231"})
CHAIN = Chain("ethereum", 1, 5_000, 0, {"TKN": TOKEN, "ETH": Coin(None, "", "ETH", 18)}, (), ())
HASH = "0x" + "ab" * 32


class Ledger:
    """Answers like a node where everybody holds 1.5 tokens and 2 ether at block 5000."""

    def ask_number(self, method: str, subject: object, height: str) -> int:
        assert height == hex(5_000)
        if method == "eth_getBalance":
            assert subject == "0x" + "aa" * 20
            return 2 * 10**18
        assert subject == {"to": TOKEN.contract, "data": "0x70a08231" + "00" * 12 + "aa" * 20}
        return 1_500_000


STAGES = {"ethereum": Stage(CHAIN, cast("Anvil", Ledger()), HASH)}


def finding(**changes: object) -> dict[str, Any]:
    return {
        "row": 4, "coin": "TKN", "network": "ethereum", "address": "0x" + "AA" * 20,
        "claimed": "1.5", "observed": "1.500000", "block_hash": HASH,
        "finding": "match", "reason": "equal", "ownership": "proven",
    } | changes  # fmt: skip


def scene(*cases: Case, rows: int = 1) -> Scene:
    return Scene("list.csv", rows, (CHAIN,), ("base",), cases)


# --- figures ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "honest",
    [
        {},
        {"coin": "ETH", "observed": "2"},
        {"network": "base", "observed": None},
        {"observed": None, "reason": "duplicate"},
    ],
    ids=["token", "native", "elsewhere", "repeated"],
)
def test_an_honest_finding_passes(honest: dict[str, Any]) -> None:
    assert list(misread(STAGES, CODE, {4: finding(**honest)})) == []


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"observed": "1.500001"}, "row 4: 1.500001 observed, but the node says 1500000"),
        ({"observed": "1.5000000000001"}, "but the node says"),
        ({"observed": "0"}, "but the node says"),
        ({"coin": "ETH", "observed": "2.000000000000000001"}, "but the node says"),
        ({"observed": None, "reason": "unreachable"}, "no balance was read (unreachable)"),
        ({"block_hash": "0x" + "cd" * 32}, "not at the snapshot"),
        ({"block_hash": None}, "not at the snapshot"),
        ({"network": "base", "observed": "1"}, "1 observed on base, where nothing is"),
    ],
)
def test_a_figure_that_the_node_contradicts_is_told(wrong: dict[str, Any], complaint: str) -> None:
    (told,) = misread(STAGES, CODE, {4: finding(**wrong)})
    assert complaint in told


@given(st.integers(min_value=0, max_value=10**30), st.integers(min_value=0, max_value=18))
def test_base_units_undo_the_writing_of_an_amount(units: int, decimals: int) -> None:
    whole, fraction = divmod(units, 10**decimals)
    text = f"{whole}.{fraction:0{decimals}d}" if decimals else str(whole)
    assert base_units(text, decimals) == units
    assert base_units(text + ("000" if decimals else ".000"), decimals) == units
    assert base_units(text + ("001" if decimals else ".001"), decimals) is None


# --- planted rows ----------------------------------------------------------------

SHORT = Case("short", (4,), {"finding": "shortfall", "ownership": "proven"}, "less is there")


def test_a_planted_row_that_was_found_passes() -> None:
    assert list(misjudged(scene(SHORT), {4: finding(finding="shortfall")})) == []


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"finding": "match"}, "short: row 4 has finding match, not shortfall."),
        ({"finding": "shortfall", "ownership": "failed"}, "row 4 has ownership failed, not proven"),
    ],
)
def test_a_planted_row_that_was_not_found_is_told(wrong: dict[str, Any], complaint: str) -> None:
    (told,) = misjudged(scene(SHORT), {4: finding(**wrong)})
    assert complaint in told


def test_a_planted_row_that_is_missing_is_told() -> None:
    assert list(misjudged(scene(SHORT), {5: finding(row=5)})) == [
        "short: row 4 is missing from the report."
    ]


def test_a_case_without_a_row_is_told() -> None:
    (told,) = misjudged(scene(Case("idle", (), {}, "")), {4: finding()})
    assert told == "idle: no row of the list carries it."


@pytest.mark.parametrize("rows", [0, 2])
def test_a_report_with_other_rows_than_the_list_is_told(rows: int) -> None:
    (told,) = misjudged(scene(rows=rows), {4: finding()})
    assert told == f"the list has {rows} rows, the report 1."


# --- the report file -------------------------------------------------------------


def test_findings_are_read_by_row(tmp_path: Path) -> None:
    path = tmp_path / "findings.jsonl"
    path.write_text("".join(json.dumps(finding(row=row)) + "\n" for row in (9, 4)))
    assert read_findings(path) == {4: finding(row=4), 9: finding(row=9)}


def test_two_findings_of_one_row_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "findings.jsonl"
    path.write_text(2 * (json.dumps(finding()) + "\n"))
    with pytest.raises(CrawlerError, match="more than one"):
        read_findings(path)


def test_a_missing_report_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CrawlerError, match="no findings"):
        read_findings(tmp_path / "findings.jsonl")


def test_a_finding_is_described_in_one_line() -> None:
    assert describe(finding()) == (
        "TKN claimed 1.5, observed 1.500000: match (equal), ownership proven"
    )
    assert describe(finding(observed=None)) == "TKN claimed 1.5: match (equal), ownership proven"
