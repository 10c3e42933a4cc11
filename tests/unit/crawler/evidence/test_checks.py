from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chains.adapter import SnapshotPoint
from crawler.evidence import checks
from crawler.evidence.container import open_bundle
from crawler.evidence.manifest import SIGNATURE
from crawler.evidence.record import Record, RecordError
from crawler.evidence.result import Replay
from tests.unit.crawler.evidence.conftest import _made, bundle

__all__ = ["_made", "bundle"]  # fixtures

POINT = SnapshotPoint("ethereum", 100, "0x" + "ab" * 32, None)


@dataclass
class Looked:
    """What `headers` found out about a record."""

    record: Record
    result: Replay = field(default_factory=lambda: Replay("00"))

    def __post_init__(self) -> None:
        checks.headers(self.record, self.result)


def header(text: str, block: str = POINT.block_hash) -> dict[tuple[str, str], dict[str, object]]:
    return {("ethereum", block): {"header": text}}


def test_a_run_names_what_it_was_about(bundle: Path) -> None:
    with open_bundle(bundle, lambda _: None) as opened:
        run = checks.read_run(opened)
        assert (run.entity, run.list_name, run.judge) == ("okx", "list.csv", True)
        assert checks.member_of(opened, "run.json").is_file()
        with pytest.raises(RecordError, match=r"no\.txt: is missing from the bundle"):
            checks.member_of(opened, "no.txt")


@pytest.mark.parametrize("text", ["", "{}", "[]", "\xff", '{"assay": 1}'])
def test_a_damaged_run_is_named(bundle: Path, text: str) -> None:
    (bundle / "run.json").write_text(text, encoding="latin-1")
    with (
        open_bundle(bundle, lambda _: None) as opened,
        pytest.raises(RecordError, match=r"^run\.json: "),
    ):
        checks.read_run(opened)


def test_an_unsigned_bundle_is_said_and_is_a_problem_where_a_signer_is_demanded(
    bundle: Path,
) -> None:
    with open_bundle(bundle, lambda _: None) as opened:
        result = Replay("00")
        checks.signature(opened, result, "")
        assert result.problems == []
        assert len(result.notes) == 1
        checks.signature(opened, result, "0xAB")
        assert result.problems == [f"{SIGNATURE}: the bundle is not signed by 0xAB"]


def test_a_block_without_its_header_is_counted_and_is_no_problem() -> None:
    looked = Looked(Record(pins={("ethereum", 100): POINT}))
    assert looked.result.problems == []
    assert looked.result.verified[0].startswith("0 of 1 snapshot blocks")


@pytest.mark.parametrize(("text", "why"), [("0xzz", "is damaged"), ("0xc0", "is damaged")])
def test_a_header_that_cannot_be_read_is_a_problem(text: str, why: str) -> None:
    looked = Looked(Record(pins={("ethereum", 100): POINT}, headers=header(text)))
    (problem,) = looked.result.problems
    assert why in problem
    assert "block 100 of ethereum" in problem


def test_a_header_of_no_pinned_block_is_a_problem() -> None:
    looked = Looked(Record(headers=header("0xc0", "0xcd")))
    assert looked.result.problems == [
        "answers.jsonl: a header of ethereum belongs to no pinned block"
    ]
    assert looked.result.verified == []
