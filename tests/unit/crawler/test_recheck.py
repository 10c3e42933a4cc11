"""One pass finds what verifying the list again finds: nothing in honest bundles, all in others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from crawler import settings
from crawler.recheck import RecheckingVerifier, Unconfirmed, is_suited
from crawler.wallet_list import open_wallet_list
from tests.fakes.evidence_scene import redo, write_list
from tests.fakes.replay_scene import (
    LINES,
    in_one_pass,
    line,
    make,
    own,
    row_by_row,
    said,
    xrpl,
)
from tests.unit.crawler.lists_of_ours import address, signature

FINDINGS = "findings.jsonl"
Change = Callable[[list[bytes]], object]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("replay"))


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    """A bundle of rows of every kind, to be damaged."""
    return Path(shutil.copytree(made, tmp_path / "bundle"))


def problems(told: list[str]) -> list[str]:
    return told[: told.index("")]


def test_the_scene_has_rows_of_every_kind(made: Path) -> None:
    lines = [json.loads(text) for text in (made / FINDINGS).read_bytes().splitlines()]
    reasons = {line["reason"] for line in lines} | {line["ownership_reason"] for line in lines}
    assert reasons >= {
        "equal", "observed-less", "observed-more", "duplicate", "unmapped-coin", "unreachable",
        "no-height", "bad-address", "malformed-amount", "wrong-signer", "no-signature",
        "control-owners", "control-master-disabled", "owner-signature",
    }  # fmt: skip
    assert len(lines) == len(LINES)


def test_an_honest_bundle_says_the_same_in_one_pass_and_row_by_row(made: Path) -> None:
    slowly = row_by_row(made)
    assert problems(slowly) == []
    assert "Who controls 6 accounts: what the endpoints said of the chain." in slowly
    assert in_one_pass(made) == slowly


@pytest.mark.parametrize("size", [300, 700, 2500])
def test_where_the_list_is_cut_makes_no_difference(made: Path, size: int) -> None:
    assert in_one_pass(made, block=size) == row_by_row(made)


def test_processes_say_the_same(made: Path) -> None:
    assert in_one_pass(made, block=300, workers=2) == row_by_row(made)


def test_rows_that_are_proven_and_still_ask_the_chain_are_left(tmp_path: Path) -> None:
    """A row that its own key proves asks whether that key is disabled (XRPL)."""
    path = make(tmp_path, [own(1), xrpl(3), xrpl(4), xrpl(5, bytes(19) + b"\x08")])
    assert problems(in_one_pass(path)) == []


def test_a_first_row_that_only_looks_undisputed_is_not_counted_twice(tmp_path: Path) -> None:
    """The second row of a holding is made with the first one's block out of sight."""
    rows = [own(1), *(own(number) for number in range(20, 30)), own(1), own(1)]
    path = make(tmp_path, rows)
    assert problems(in_one_pass(path, block=300)) == []
    assert in_one_pass(path, block=300) == row_by_row(path)


def changed(text: bytes, **members: object) -> bytes:
    """Return a line with other members, in the same spelling."""
    return json.dumps(
        {**json.loads(text), **members}, ensure_ascii=False, separators=(",", ":")
    ).encode() + b"\n"  # fmt: skip


def put(place: int, **members: object) -> Change:
    def change(lines: list[bytes]) -> None:
        assert changed(lines[place]) == lines[place]
        lines[place] = changed(lines[place], **members)

    return change


def swap(one: int, other: int) -> Change:
    def change(lines: list[bytes]) -> None:
        lines[one], lines[other] = lines[other], lines[one]

    return change


TAMPERINGS: dict[str, Change] = {
    "verdict": put(5, ownership="proven"),
    "verdict of a fine row": put(0, ownership="failed"),
    "finding": put(2, finding="match"),
    "claimed amount": put(0, claimed="2"),
    "balance": put(1, observed="1.000000000000000001"),
    "balance and detail": put(3, observed="0.25", detail="Equal."),
    "detail": put(3, detail="More."),
    "address": put(0, address=address(2)),
    "address of another case": put(12, address=address(10)),
    "address that is not ASCII": put(14, address="0x<è>"),
    "line number": put(4, row=11),
    "duplicate made a match": put(7, finding="match", reason="equal"),
    "a match made a duplicate": put(1, finding="out-of-scope", reason="duplicate"),
    "row that was not read": put(10, reason="no-state"),
    "malformed row": put(13, detail="Fine."),
    "settled by control": put(16, ownership="key-only"),
    "disabled key": put(21, ownership="proven", ownership_reason="address-signed"),
    "staking row": put(19, observed="32.000000000000000000"),
    "swapped neighbours": swap(29, 30),
    "swapped ends": swap(0, len(LINES) - 1),
    "first removed": lambda lines: lines.pop(0),
    "one removed": lambda lines: lines.pop(25),
    "last removed": lambda lines: lines.pop(),
    "added behind": lambda lines: lines.append(lines[-1]),
    "added before": lambda lines: lines.insert(0, lines[0]),
    "doubled": lambda lines: lines.insert(25, lines[25]),
    "line of another row": lambda lines: lines.__setitem__(25, lines[26]),
    "blank line": lambda lines: lines.insert(25, b"\n"),
    "line that is none": lambda lines: lines.insert(25, b'{"row":x}\n'),
    "emptied": lambda lines: lines.clear(),
    "last line end missing": lambda lines: lines.append(lines.pop().rstrip()),
    "blank added to a line": lambda lines: lines.__setitem__(3, lines[3].replace(b":", b": ", 1)),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_both_ways_name_the_same_lines(bundle: Path, name: str) -> None:
    lines = (bundle / FINDINGS).read_bytes().splitlines(keepends=True)
    before = list(lines)
    TAMPERINGS[name](lines)
    assert lines != before
    (bundle / FINDINGS).write_bytes(b"".join(lines))
    redo(bundle)
    quickly = said(bundle)
    assert problems(quickly)
    assert all(FINDINGS in problem for problem in problems(quickly))
    assert quickly == row_by_row(bundle)


@pytest.mark.parametrize("name", ["one removed", "doubled", "swapped ends", "emptied", "verdict"])
@pytest.mark.parametrize("size", [300, 900])
def test_nor_does_it_matter_where_the_list_is_cut(bundle: Path, name: str, size: int) -> None:
    lines = (bundle / FINDINGS).read_bytes().splitlines(keepends=True)
    TAMPERINGS[name](lines)
    (bundle / FINDINGS).write_bytes(b"".join(lines))
    redo(bundle)
    assert said(bundle, block=size) == row_by_row(bundle)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b',"1000000000000000000",', b',"1000000000000000001",'),
        (b',"5000000",', b',"4000000",'),
        (b'"word":"failed"', b'"word":"proven"'),
        (b'"word":"proven"', b'"word":"partial"'),
        (b'"reason":"unreachable"', b'"reason":"no-state"'),
    ],
)
def test_both_ways_name_the_rows_of_a_changed_answer(bundle: Path, old: bytes, new: bytes) -> None:
    text = (bundle / "answers.jsonl").read_bytes()
    assert old in text
    (bundle / "answers.jsonl").write_bytes(text.replace(old, new, 1))
    redo(bundle)
    quickly = said(bundle)
    assert problems(quickly)
    assert quickly == row_by_row(bundle)


@pytest.fixture(scope="session")
def damaged(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of few rows whose findings the examples of one test write anew."""
    folder = tmp_path_factory.mktemp("damaged")
    return make(folder, [*LINES[:4], LINES[7], LINES[13], LINES[16], LINES[21]])


@given(data=st.data())
@examples(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_one_changed_byte_anywhere_in_the_findings_is_found(
    damaged: Path, data: st.DataObject
) -> None:
    path = damaged / FINDINGS
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    content = bytearray(whole)
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        assert any(FINDINGS in problem for problem in problems(said(damaged)))
        redo(damaged)
        found = said(damaged)
        assert any(FINDINGS in problem for problem in problems(found))
        assert found == row_by_row(damaged)
    finally:
        path.write_bytes(whole)
        redo(damaged)


def test_what_cannot_be_confirmed_is_verified_row_by_row(made: Path) -> None:
    with patch.object(RecheckingVerifier, "check", side_effect=Unconfirmed) as asked:
        assert said(made) == row_by_row(made)
    assert asked.call_count == 1
    with patch.object(RecheckingVerifier, "_was_foreseen", return_value=False) as asked:
        assert said(made) == row_by_row(made)
    assert asked.call_count == 1


def test_more_rows_than_are_held_are_verified_row_by_row(made: Path) -> None:
    with (
        patch("crawler.recheck.MOST_LEFT", 3),
        patch.object(RecheckingVerifier, "differing", side_effect=AssertionError),
    ):
        assert said(made) == row_by_row(made)


def test_only_one_divided_file_whose_rows_are_judged_is_suited(tmp_path: Path) -> None:
    entity = settings.load(environment={}).entity("okx")
    wallet_list = open_wallet_list(write_list(tmp_path), entity, {})
    assert is_suited(wallet_list, judge=True, prove=False)
    assert not is_suited(wallet_list, judge=False, prove=False)
    assert not is_suited(wallet_list, judge=True, prove=True)


def test_a_holding_claimed_first_by_a_malformed_looking_row(tmp_path: Path) -> None:
    """Rows that name one account in two spellings are one holding for both ways."""
    shouted = line("ETH", address(1).upper().replace("X", "x"), "1", signed=signature(1))
    path = make(tmp_path, [shouted, own(1), own(2)])
    assert in_one_pass(path) == row_by_row(path)
